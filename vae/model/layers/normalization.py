"""Codes and states brought to one scale."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae.system import distributed

_TINY = 1e-5  # variance below which a dimension is not stretched


def scaling(size: int, wanted: bool) -> nn.Module:
    return nn.LayerNorm(size) if wanted else nn.Identity()


class BatchNorm(nn.Module):
    """Codes of a batch at a fixed spread around a learned centre, so that none of their dimensions can collapse.

    With the spread s, the mean KL of a dimension is at least s^2 / 2. While it learns, the moments are those of the
    step's sentences, over all processes; otherwise those that it has seen of late, which are saved with the weights.
    Source: Zhu et al. 2020, arXiv:2004.12585; Ioffe & Szegedy 2015, arXiv:1502.03167.
    """

    moments: Tensor  # (2, D): mean and variance

    def __init__(self, size: int, spread: float) -> None:
        super().__init__()
        self.spread = spread
        self.centre = nn.Parameter(torch.zeros(size))
        self.register_buffer("moments", torch.stack([torch.zeros(size), torch.ones(size)]))
        self._seen = self.moments

    def forward(self, x: Tensor, whole: int = 0) -> Tensor:
        """x: (B, D).  whole: sentences of the step over all processes while it learns, else 0."""
        mean, variance = self.moments
        if whole:
            mean = distributed.sum_over_ranks(x.sum(0) / whole, same_gradient=False)
            variance = distributed.sum_over_ranks((x - mean).square().sum(0) / whole, same_gradient=False)
            self._seen = torch.stack([mean, variance]).detach()
        normal: Tensor = (x - mean) * (variance + _TINY).rsqrt()
        return self.spread * normal + self.centre

    @torch.no_grad()
    def remember(self, step: Tensor) -> None:
        """Move the saved moments a tenth of the way to those of the last step, if it counts (a bool scalar)."""
        self.moments.copy_(torch.where(step, self.moments.lerp(self._seen, 0.1), self.moments))
