"""What every family of sentence models offers, so that training and decoding need to know only this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from vae.config.families import FamilySpec
from vae.data.batches import Batch
from vae.model.priors.interface import Prior


class Losses(NamedTuple):
    """Of one batch. `loss` is what is minimised, a scalar; the others are (B,) in nats, kl being (B, D).

    Of several processes, each has its own sentences, and a share of the loss: their sum is the loss of the step.
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
    """A model that learns from batches and generates one token after another.

    Its z has `latent` dimensions and the distribution `prior`. A family without a latent space has 0 of them: all that
    is about z then comes as tensors of no columns.

    The state of N sentences is a NamedTuple of tensors with N rows each, so that rows can be dropped and doubled.
    """

    latent: int
    spec: FamilySpec

    @property
    def prior(self) -> Prior: ...
    @property
    def device(self) -> torch.device: ...
    def step(self, batch: Batch, t: int) -> Losses: ...
    def losses(self, batch: Batch, t: int) -> Losses: ...
    def objective(self, nll: float, kl: Sequence[float]) -> float: ...
    def posterior(self, batch: Batch) -> Posterior: ...
    def divergence(self, posterior: Posterior) -> Tensor: ...
    def nll(self, batch: Batch, z: Tensor) -> Tensor: ...
    def logits(self, batch: Batch, z: Tensor) -> Tensor: ...
    def begin(self, n: int, z: Tensor | None = None) -> Any: ...
    def advance(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]: ...
