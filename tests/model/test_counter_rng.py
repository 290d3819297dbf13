"""The noise of a training: what a draw hangs on, what it does not, and that it is distributed as it says."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from vae.model.counter_rng import CounterRng

INDEX = torch.arange(400)


def draws(noise: CounterRng) -> list[Tensor]:
    return [noise.uniform(30), noise.normal(30), noise.bernoulli(30, 0.3).float()]


def test_same_address_gives_the_same_numbers() -> None:
    for a, b in zip(draws(CounterRng(1, 7, INDEX)), draws(CounterRng(1, 7, INDEX)), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("other", [CounterRng(2, 7, INDEX), CounterRng(1, 8, INDEX), CounterRng(1, 7, INDEX + 400)])
def test_another_seed_step_or_sentence_gives_others(other: CounterRng) -> None:
    for a, b in zip(draws(CounterRng(1, 7, INDEX)), draws(other), strict=True):
        assert abs(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1]) < 0.05


def test_sentence_meets_the_same_noise_in_any_batch() -> None:
    order = torch.randperm(400, generator=torch.Generator().manual_seed(1))
    for part in (order, order[:7], order[100:101]):
        for whole, some in zip(draws(CounterRng(1, 7, INDEX)), draws(CounterRng(1, 7, INDEX[part])), strict=True):
            assert torch.equal(whole[part], some)


def test_column_does_not_hang_on_the_number_of_columns() -> None:
    assert torch.equal(CounterRng(1, 7, INDEX).uniform(50)[:, :9], CounterRng(1, 7, INDEX).uniform(9))


def test_successive_draws_are_independent() -> None:
    noise = CounterRng(1, 7, INDEX)
    a, b = noise.uniform(50), noise.uniform(50)
    assert abs(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1]) < 0.03


def test_rows_and_columns_are_independent() -> None:
    values = torch.stack([CounterRng(1, t, INDEX[:40]).uniform(25) for t in range(1000)])  # (steps, 40, 25)
    for table in (values.flatten(1)[:, :200], values.transpose(0, 1).flatten(1).T):
        found = torch.corrcoef(table.T)
        apart = found[~torch.eye(len(found), dtype=torch.bool)]
        assert apart.abs().max() < 5.5 / len(table) ** 0.5


def test_uniform_fills_its_range_evenly() -> None:
    values = torch.cat([CounterRng(3, t, INDEX).uniform(50).flatten() for t in range(20)])
    assert 0 <= values.min() < 1e-4
    assert 1 - 1e-4 < values.max() < 1
    counts = torch.histc(values, 100, 0, 1)
    expected = len(values) / 100
    chi_squared = float(((counts - expected) ** 2 / expected).sum())
    assert abs(chi_squared - 99) < 5 * math.sqrt(2 * 99)


def test_normal_has_the_moments_of_a_normal() -> None:
    values = torch.cat([CounterRng(3, t, INDEX).normal(50).flatten() for t in range(20)]).double()
    assert values.isfinite().all()
    n = len(values)
    for power, moment, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(float((values**power).mean()) - moment) < 5 * math.sqrt(spread / n)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.9, 1.0])
def test_hits_come_as_often_as_asked(p: float) -> None:
    hits = torch.cat([CounterRng(3, t, INDEX).bernoulli(50, p).flatten() for t in range(20)])
    assert abs(float(hits.float().mean()) - p) <= 5 * math.sqrt(p * (1 - p) / len(hits))


def test_far_sentence_numbers_have_noise_of_their_own() -> None:
    far = torch.tensor([5, 5 + 2**32, 5 + 2**40])
    rows = CounterRng(1, 1, far).uniform(100)
    assert not torch.equal(rows[0], rows[1])
    assert not torch.equal(rows[0], rows[2])
