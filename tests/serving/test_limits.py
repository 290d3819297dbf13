"""What a server allows: from the environment, within ranges, told in the documents."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from vae.serving.limits import Limits

MANUAL = Path(__file__).parents[2] / "docs" / "reliability.md"
EVERY = fields(Limits)


def environment(limit: Any, value: object) -> dict[str, str]:
    return {limit.metadata["variable"]: str(value)}


def test_defaults_hold_where_the_environment_says_nothing() -> None:
    assert Limits.from_environment({}) == Limits()
    assert Limits.from_environment({each.metadata["variable"]: " " for each in EVERY}) == Limits()


@pytest.mark.parametrize("limit", EVERY, ids=lambda limit: limit.name)
def test_each_limit_is_settable_over_its_range(limit: Any) -> None:
    low, high = limit.metadata["range"]
    for value in (low, high):
        assert getattr(Limits.from_environment(environment(limit, f" {value} ")), limit.name) == value
    assert low <= limit.default <= high
    assert limit.metadata["help"]


@pytest.mark.parametrize("limit", EVERY, ids=lambda limit: limit.name)
def test_each_limit_is_refused_outside_of_its_range_by_name(limit: Any) -> None:
    low, high = limit.metadata["range"]
    for value in (low - 1, high + 1, "many", "1.5", "1e3", "٣x"):
        with pytest.raises(ValueError, match=f"{limit.metadata['variable']} is .+ whole number from {low} to {high}"):
            Limits.from_environment(environment(limit, value))
    for wrong in (True, 1.0, None):
        with pytest.raises(ValueError, match=limit.metadata["variable"]):
            Limits(**{limit.name: wrong})


def test_variables_are_all_different_and_ours() -> None:
    variables = [each.metadata["variable"] for each in EVERY]
    assert len(set(variables)) == len(variables)
    assert all(variable.startswith("VAE_") for variable in variables)


def test_manual_lists_every_limit() -> None:
    manual = MANUAL.read_text("utf-8")
    missing = [each.metadata["variable"] for each in EVERY if f"`{each.metadata['variable']}`" not in manual]
    assert not missing
