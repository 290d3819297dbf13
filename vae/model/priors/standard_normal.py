"""The prior of a plain VAE."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae.model import gaussian

_LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True, slots=True)
class StandardNormal:
    """N(0, I) of `latent` dimensions, which may be 0.

    Source: Kingma & Welling 2014, arXiv:1312.6114.
    """

    latent: int

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws: (n, D) float32, made on the processor for any device."""
        return torch.randn(n, self.latent, generator=generator)

    def log_prob(self, z: Tensor) -> Tensor:
        """log N(z; 0, I): (..., D) -> (...), nats."""
        return -0.5 * (z.square() + _LOG_2PI).sum(-1)

    def kl(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """KL(N(mu, exp(logvar)) || N(0, I)), of each dimension: (B, D) each -> (B, D), nats."""
        return gaussian.kl_to_prior(mu, logvar)
