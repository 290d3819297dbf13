"""How far codes lie from the prior, against distributions whose distance is known and a slow double loop."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from vae.metrics.prior_distance import covariance_distance, mean_distance, mmd


def normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def by_hand(x: Tensor, y: Tensor) -> float:
    """The unbiased MMD by its definition, pair by pair."""

    def kernel(a: Tensor, b: Tensor) -> float:
        c = 2 * len(a)
        return c / (c + sum((float(p) - float(q)) ** 2 for p, q in zip(a, b, strict=True)))

    n = len(x)
    within = sum(kernel(s[i], s[j]) for s in (x, y) for i in range(n) for j in range(n) if i != j)
    return within / (n * (n - 1)) - 2 * sum(kernel(a, b) for a in x for b in y) / n**2


def test_mmd_equals_the_double_loop() -> None:
    x, y = normal(17, 3, seed=1), 0.5 * normal(17, 3, seed=2) + 1
    assert mmd(x, y) == pytest.approx(by_hand(x, y), abs=1e-6)
    assert by_hand(x, y) > 0.05


def test_mmd_of_one_distribution_is_none_on_average_and_of_two_is_not() -> None:
    same = [mmd(normal(100, 4, seed=i), normal(100, 4, seed=1000 + i)) or 0.0 for i in range(60)]
    assert abs(sum(same) / 60) < 0.001
    assert min(same) < 0 < max(same)  # without bias: as often below
    near = mmd(normal(1000, 4, seed=1), normal(1000, 4, seed=2) + 0.3)
    far = mmd(normal(1000, 4, seed=1), normal(1000, 4, seed=2) + 1)
    narrow = mmd(normal(1000, 4, seed=1), 0.5 * normal(1000, 4, seed=2))
    assert near is not None
    assert far is not None
    assert narrow is not None
    assert 0.002 < near < far
    assert narrow > 0.01


def test_centre_is_how_far_the_means_are_apart() -> None:
    shift = torch.tensor([0.6, -0.3, 0.0])
    found = mean_distance(normal(20_000, 3, seed=1) + shift)
    assert found == pytest.approx(math.sqrt((0.36 + 0.09) / 3), abs=0.02)


def test_shape_is_the_distance_of_the_covariances() -> None:
    # the codes' own width counts: .5 from the means, .5 from the posteriors, together the prior's 1
    mu = normal(20_000, 3, seed=1) * math.sqrt(0.5)
    assert covariance_distance(mu, torch.full_like(mu, math.log(0.5))) == pytest.approx(0, abs=0.03)
    # twice the width in one dimension: |diag(3, 0, 0)| / |I|
    wide = normal(20_000, 3, seed=1) * torch.tensor([2.0, 1.0, 1.0])
    assert covariance_distance(wide, torch.full_like(wide, -30.0)) == pytest.approx(3 / math.sqrt(3), abs=0.1)
    point = torch.zeros(100, 3)
    assert covariance_distance(point, torch.full_like(point, -30.0)) == pytest.approx(1, abs=0.02)


def test_shape_sees_what_dimensions_have_in_common() -> None:
    z = normal(20_000, 3, seed=1)
    z[:, 1] = 0.8 * z[:, 0] + 0.6 * z[:, 1]
    assert covariance_distance(z, torch.full_like(z, -30.0)) == pytest.approx(0.8 * math.sqrt(2 / 3), abs=0.05)


def test_chance_is_no_distance() -> None:
    # of few codes a plain norm would read sqrt(3 / 30) and more
    found = [mean_distance(normal(30, 3, seed=i)) or 0.0 for i in range(200)]
    assert sum(value**2 for value in found) / 200 < 0.03
    assert sum(value == 0 for value in found) > 60


def test_too_few_codes_tell_nothing() -> None:
    assert mean_distance(torch.zeros(1, 3)) is None
    assert covariance_distance(torch.zeros(3, 3), torch.zeros(3, 3)) is None
    assert mmd(torch.zeros(1, 3), torch.zeros(1, 3)) is None
