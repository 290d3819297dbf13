"""The words and the bars of the figures."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES, GROUPS, Figure

FIELDS = {field.name for field in fields(Evaluation)}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_figure_is_one_of_the_evaluations_and_says_what_it_is(figure: Figure) -> None:
    assert figure.name in FIELDS
    assert figure.group in GROUPS
    assert figure.against in {"", *FIELDS}
    assert figure.takes in {"", "judge", "real"}
    assert figure.title[0].isupper()
    assert "\n" not in figure.help
    assert 20 < len(figure.help) < 130
    assert figure.help[-1] == "."
    assert {"lower": figure.good < figure.poor, "higher": figure.good > figure.poor, "": True}[figure.better]


def test_every_group_has_figures_in_its_order() -> None:
    assert list(dict.fromkeys(figure.group for figure in FIGURES.values())) == list(GROUPS)


def test_bar_fills_from_poor_to_good() -> None:
    lower = Figure("nll", "density", "T", "H", better="lower", good=2.0, poor=6.0)
    assert lower.bounds({}) == (2, 6)
    assert [lower.share({"nll": value}) for value in (1.0, 2.0, 3.0, 6.0, 9.0)] == [1, 1, 0.75, 0, 0]
    assert lower.share({"nll": None}) is None
    assert lower.share({"nll": math.nan}) is None
    higher = Figure("x", "density", "T", "H", better="higher", good=1.0, poor=0.0)
    assert [higher.share({"x": value}) for value in (-1, 0, 0.25, 2)] == [0, 0, 0.25, 1]


def test_bar_relative_to_the_text_scales_with_it() -> None:
    figure = Figure("x", "samples", "T", "H", better="lower", good=1.0, poor=3.0, against="real")
    assert figure.bounds({"real": 40.0}) == (40, 120)
    assert figure.share({"x": 60.0, "real": 40.0}) == pytest.approx(0.75)
    for nothing in ({"x": 60.0}, {"x": 60.0, "real": None}, {"x": 60.0, "real": 0.0}, {"x": 60.0, "real": math.inf}):
        assert figure.bounds(nothing) is None
        assert figure.share(nothing) is None


def test_values_are_told_for_people() -> None:
    assert FIGURES["perplexity"].format_value(1234.56) == "1,234.6"
    assert FIGURES["active_units"].format_value(64) == "64"
    assert FIGURES["prior_mmd"].format_value(-0.00012) == "-0.0001"
    assert FIGURES["kl"].format_value(None) == "–"
    assert FIGURES["perplexity"].format_value(999_999.0) == "999,999.0"
    assert FIGURES["perplexity"].format_value(12_345_678.9) == "1.2e+07"
    assert FIGURES["elbo"].format_value(-1e300) == "-1.0e+300"
    assert FIGURES["active_units"].format_value(12_345_678) == "12,345,678"
