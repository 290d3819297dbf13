"""What every family of sentence models offers, so that training and decoding need to know only this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from vae.config.families import FamilySpec
from vae.data.batches import Batch


class Losses(NamedTuple):
    """Of one batch. `loss` is what is minimised, a scalar; the others are (B,) in nats, kl being (B, D).

    Of several processes, each has its own sentences, and a share of the loss: their sum is the whole.
    """

    loss: Tensor
    nll: Tensor
    kl: Tensor
    beta: float
    finite: Tensor | bool = True  # false: the loss or its gradient was not, and no update was applied
    critic: Tensor | None = None  # what the family's critic minimises while it learns, a scalar, if it has one


class Posterior(NamedTuple):
    """q(z|x) of B sentences: a diagonal Gaussian, (B, D) each."""

    mu: Tensor
    logvar: Tensor


class SentenceModel(Protocol):
    """A model that learns from batches and says one token after another.

    Its z has `latent` dimensions; of a family without a latent space it has none, and what is asked about z then
    comes as tensors of no columns.

    The state of N sentences is a NamedTuple of tensors with N rows each, so that rows can be dropped and doubled.
    """

    latent: int
    kind: FamilySpec

    @property
    def device(self) -> torch.device: ...
    def step(self, batch: Batch, t: int) -> Losses: ...
    def losses(self, batch: Batch, t: int) -> Losses: ...
    def objective(self, nll: float, kl: Sequence[float]) -> float: ...
    def posterior(self, batch: Batch) -> Posterior: ...
    def divergence(self, posterior: Posterior) -> Tensor: ...
    def draw(self, n: int, generator: torch.Generator | None = None) -> Tensor: ...
    def nll(self, batch: Batch, z: Tensor) -> Tensor: ...
    def begin(self, n: int, z: Tensor | None = None) -> Any: ...
    def advance(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]: ...
