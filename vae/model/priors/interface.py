"""What a prior over codes offers: samples, the KL of the loss and the bound on the likelihood know only this."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Prior(Protocol):
    """p(z), a distribution over codes of D dimensions.

    The critic of an adversarial autoencoder draws from N(0, I) whatever it is.
    """

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws: (n, D) float32, made on the processor for any device.

        Args:
            generator: whose state they follow from; torch's own without one.
        """
        ...

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z): (..., D) -> (...), nats, summed over D."""
        ...

    def kl(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """KL(N(mu, exp(logvar)) || p) of diagonal Gaussians, of each dimension: (B, D) each -> (B, D), nats."""
        ...
