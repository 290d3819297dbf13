"""Intervals by bootstrap, against those of the normal approximation."""

from __future__ import annotations

import random
import statistics

import pytest

from vae.metrics.bootstrap import interval


def test_interval_of_a_mean_is_about_two_standard_errors_each_way() -> None:
    rng = random.Random(1)
    values = [rng.gauss(3, 2) for _ in range(400)]
    low, high = interval(values, statistics.fmean)
    error = statistics.stdev(values) / 20
    assert low == pytest.approx(statistics.fmean(values) - 1.96 * error, abs=0.5 * error)
    assert high == pytest.approx(statistics.fmean(values) + 1.96 * error, abs=0.5 * error)


def test_interval_of_one_value_is_that_value_and_follows_from_its_seed() -> None:
    assert interval([2.0], statistics.fmean) == (2.0, 2.0)
    values = [1.0, 2.0, 3.0, 7.0]
    assert interval(values, statistics.median, seed=5) == interval(values, statistics.median, seed=5)
