"""Beta and the learning rate over a run."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from vae.config.config import Config
from vae.model import schedules

KINDS = ("constant", "linear", "logistic", "cyclical")


def betas(steps: int, **settings: Any) -> list[float]:
    config = Config(**settings)
    return [schedules.beta(i / steps, config) for i in range(steps + 1)]


def test_beta_is_zero_then_rises_straight_then_stays() -> None:
    values = betas(10, beta=2.0, autoencoder=0.2, warmup=0.4)
    assert values == pytest.approx([0, 0, 0, 0.5, 1, 1.5, 2, 2, 2, 2, 2])


def test_constant_beta_is_there_when_the_autoencoder_phase_ends() -> None:
    assert betas(10, beta=2.0, beta_schedule="constant", autoencoder=0.2, warmup=0.4) == [0, 0, *[2] * 9]


def test_logistic_beta_rises_slowly_then_fast_then_slowly() -> None:
    values = betas(10, beta_schedule="logistic", autoencoder=0.0, warmup=1.0)
    assert values[:6] == pytest.approx([1 / (1 + math.exp(12 * (0.5 - i / 10))) for i in range(6)])
    assert values[5] == 0.5
    assert values[10] == 1.0
    assert [a + b for a, b in zip(values[1:], values[9:0:-1], strict=False)] == pytest.approx([1.0] * 9)


def test_cyclical_beta_rises_in_the_first_half_of_each_cycle_and_ends_at_its_value() -> None:
    values = betas(20, beta=2.0, beta_schedule="cyclical", cycles=2, autoencoder=0.0, warmup=0.8)
    cycle = [0, 0.5, 1, 1.5, 2, 2, 2, 2]
    assert values == pytest.approx([*cycle, *cycle, *[2] * 5])


@pytest.mark.parametrize("kind", KINDS)
def test_beta_without_phases_is_final_from_the_start(kind: str) -> None:
    assert schedules.beta(0.0, Config(beta=0.7, beta_schedule=kind, autoencoder=0.0, warmup=0.0)) == 0.7


@pytest.mark.parametrize("kind", KINDS)
def test_beta_without_warm_up_jumps(kind: str) -> None:
    config = Config(beta_schedule=kind, autoencoder=0.5, warmup=0.0)
    assert schedules.beta(0.49, config) == 0.0
    assert schedules.beta(0.5, config) == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_losses_compare_once_beta_has_settled(kind: str) -> None:
    config = Config(beta=0.9, beta_schedule=kind, autoencoder=0.2, warmup=0.4)
    settled = [i / 1000 for i in range(1001) if not schedules.changes_the_loss(i / 1000, config)]
    assert {schedules.beta(fraction, config) for fraction in settled} == {0.9}
    assert settled[0] == pytest.approx(0.2 if kind == "constant" else 0.6, abs=0.0015)


@pytest.mark.parametrize("steps", [1, 7, 20, 1000])
@pytest.mark.parametrize("autoencoder", [0.0, 0.001, 0.2, 0.5, 1.0])
def test_one_step_is_the_first_after_the_autoencoder_phase(steps: int, autoencoder: float) -> None:
    config = Config(steps=steps, autoencoder=autoencoder, warmup=0.0)
    first = [t for t in range(steps) if schedules.ends_autoencoder_phase(t, config)]
    expected = [t for t in range(steps) if schedules.beta(t / steps, config)][:1] if autoencoder else []
    assert first == expected


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
