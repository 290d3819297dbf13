"""Codes and states brought to one scale."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae.system import distributed

_EPSILON = 1e-5  # variance below which a dimension is not stretched


def optional_layer_norm(size: int, enabled: bool) -> nn.Module:
    """A layer norm, or nothing in its place."""
    return nn.LayerNorm(size) if enabled else nn.Identity()


class BatchNorm(nn.Module):
    """Codes of a batch at a fixed spread around a learned centre, so that none of their dimensions can collapse.

    With the spread s, the mean KL of a dimension is at least s^2 / 2. While it learns, the moments are those of the
    step's sentences, over all processes; otherwise a running mean of those, which is saved with the weights.
    Source: Zhu et al. 2020, arXiv:2004.12585; Ioffe & Szegedy 2015, arXiv:1502.03167.
    """

    moments: Tensor  # (2, D): mean and variance

    def __init__(self, size: int, spread: float) -> None:
        super().__init__()
        self.spread = spread
        self.centre = nn.Parameter(torch.zeros(size))
        self.register_buffer("moments", torch.stack([torch.zeros(size), torch.ones(size)]))
        self._step_moments = self.moments

    def forward(self, x: Tensor, global_size: int = 0) -> Tensor:
        """x: (B, D) -> (B, D).  global_size: sentences of the step over all processes while it learns, else 0."""
        mean, variance = self.moments
        if global_size:
            mean = distributed.sum_over_ranks(x.sum(0) / global_size, same_gradient=False)
            variance = distributed.sum_over_ranks((x - mean).square().sum(0) / global_size, same_gradient=False)
            self._step_moments = torch.stack([mean, variance]).detach()
        normal: Tensor = (x - mean) * (variance + _EPSILON).rsqrt()
        return self.spread * normal + self.centre

    @torch.no_grad()
    def update_moments(self, applied: Tensor) -> None:
        """Move the running moments a tenth of the way to the last step's, if its update was applied (a bool scalar)."""
        self.moments.copy_(torch.where(applied, self.moments.lerp(self._step_moments, 0.1), self.moments))
