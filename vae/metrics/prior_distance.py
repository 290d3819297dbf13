"""How far the codes of a text, all together, lie from the prior: what random points can be expected to say."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_MAX_POINTS = 2000  # points at most, since each is compared with each


def mean_distance(mu: Tensor) -> float | None:
    """How far the mean of the codes lies from the prior's, 0: the root mean square over dimensions.

    As in `covariance_distance`, it is the product of what two halves of the codes give: chance, which is another one in
    each, then does not count as distance.

    Args:
        mu: posterior means, (B, D).
    Returns:
        In widths of the prior; None of fewer than 2 codes, which tell nothing.
    """
    if len(mu) < 2:
        return None
    first, second = (mu[half::2].mean(0) for half in (0, 1))
    return math.sqrt(max(0.0, (first * second).mean().item()))


def covariance_distance(mu: Tensor, logvar: Tensor) -> float | None:
    """How much the covariance of the codes differs from the prior's, I: the Frobenius norm of the difference over that
    of I, so that 1 is as far as if all codes were one point.

    Args:
        mu, logvar: posteriors, (B, D) each; their own width is part of the codes'.
    Returns:
        None of fewer than 4 codes, whose halves have no covariance.
    """
    if len(mu) < 4:
        return None
    first, second = (_covariance(mu[half::2]) + (logvar[half::2].exp().mean(0) - 1).diag() for half in (0, 1))
    return math.sqrt(max(0.0, (first * second).sum().item()) / mu.shape[1])


def _covariance(x: Tensor) -> Tensor:
    """(N, D) -> (D, D)."""
    centred = x - x.mean(0)
    return centred.t() @ centred / (len(x) - 1)


def mmd(x: Tensor, y: Tensor) -> float | None:
    """The squared maximum mean discrepancy between two sets of as many points, without bias: around 0 if they come from
    one distribution (and then as often below).

    Its kernel is C / (C + |a - b|^2) with C = 2 D, what two points of N(0, I) are apart: no bandwidth hangs on the
    points, so models with equally many dimensions compare. The first 2,000 points are used.

    Args:
        x, y: (N, D) each.
    Returns:
        None of fewer than 2 points.
    Source: Gretton et al. 2012, A kernel two-sample test, lemma 6; Tolstikhin et al. 2018, arXiv:1711.01558 (kernel).
    """
    x, y = x[:_MAX_POINTS].double(), y[:_MAX_POINTS].double()
    n, scale = len(x), 2 * x.shape[1]
    if n < 2:
        return None
    within = sum((_kernel(points, points, scale).sum() - n) / (n * (n - 1)) for points in (x, y))
    return float(within - 2 * _kernel(x, y, scale).mean())


def _kernel(x: Tensor, y: Tensor, scale: float) -> Tensor:
    """(N, D), (M, D) -> (N, M)."""
    return scale / (scale + torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square())
