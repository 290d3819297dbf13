"""Beta and the learning rate over a run."""

from __future__ import annotations

import itertools

import pytest

from vae import schedules


def test_beta_is_zero_then_rises_straight_then_stays() -> None:
    values = [schedules.beta(i / 10, final=2.0, autoencoder=0.2, warmup=0.4) for i in range(11)]
    assert values == pytest.approx([0, 0, 0, 0.5, 1, 1.5, 2, 2, 2, 2, 2])


def test_beta_without_phases_is_final_from_the_start() -> None:
    assert schedules.beta(0.0, final=0.7, autoencoder=0.0, warmup=0.0) == 0.7


def test_beta_without_warm_up_jumps() -> None:
    assert schedules.beta(0.49, final=1.0, autoencoder=0.5, warmup=0.0) == 0.0
    assert schedules.beta(0.5, final=1.0, autoencoder=0.5, warmup=0.0) == 1.0


def test_learning_rate_rises_to_its_peak_and_falls_to_its_floor() -> None:
    rates = [schedules.learning_rate(i / 1000, peak=0.1) for i in range(1001)]
    top = rates.index(max(rates))
    assert 0 < rates[0] < 0.01  # the first update counts, a little
    assert max(rates) == pytest.approx(0.1)
    assert top == 20
    assert rates[-1] == pytest.approx(0.005)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(abs(a - b) for a, b in itertools.pairwise(rates)) < 0.006  # no jump


def test_learning_rate_is_halfway_down_in_the_middle() -> None:
    middle = 0.02 + 0.98 / 2
    assert schedules.learning_rate(middle, peak=1.0) == pytest.approx((1 + 0.05) / 2)
