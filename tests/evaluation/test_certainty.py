"""What figures are sure enough to tell: of few sentences, of who has learned little, of near ties."""

from __future__ import annotations

import math
from typing import Any

import pytest
from support.evaluations import evaluation

from vae.evaluation import certainty
from vae.evaluation.figures import FIGURES


@pytest.mark.parametrize(
    ("values", "little", "judge_little"),
    [
        ({}, False, False),
        ({"bits_per_character": 3.0}, True, False),  # three quarters of what it takes letter by letter
        ({"bits_per_character": 3.0, "letter_bits": 9.0}, False, False),  # of a script with many more characters
        ({"perplexity": 900.0}, True, False),
        ({"perplexity": 900.0, "words": 600}, False, False),  # two a sentence: the script sets no spaces
        ({"perplexity": math.nan}, True, False),
        ({"shared_words": 0.2}, True, False),
        ({"shared_words": 0.2, "real_shared_words": 0.3}, False, False),  # of so few words even real text has no more
        ({"forward_perplexity": 900.0}, True, False),
        ({"forward_perplexity": 900.0, "real_perplexity": 900.0}, False, True),  # it is the judge that knows nothing
        ({"real_bits_per_character": 3.0}, False, True),
        ({"perplexity": None, "bits_per_character": None, "real_perplexity": None, "real_bits_per_character": None},
         False, False),
    ],
)  # fmt: skip
def test_who_has_learned_too_little(values: dict[str, Any], little: bool, judge_little: bool) -> None:
    known = evaluation(**values)
    assert certainty.learned_little(known) is little
    assert certainty.judge_learned_little(known) is judge_little


def test_judge_that_has_learned_little_takes_only_its_own_figures_away() -> None:
    known = evaluation(real_perplexity=900.0)
    told = {name for name, figure in FIGURES.items() if certainty.told_by(figure, known)}
    assert {"token_accuracy", "sample_distinct", "active_units"} <= told
    assert not told & {"perplexity", "sample_perplexity_ratio", "path_fluent", "nll"}


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("reconstruction_bleu", (10.0, 30.0, 20.0), {1}),
        ("reconstruction_bleu", (10.0, 85.0, 95.0), {1, 2}),  # past the good end nothing is gained
        ("reconstruction_bleu", (81.0, 90.0, 99.0), set()),
        ("reconstruction_bleu", (0.01, 0.02, 0.0), set()),  # nobody is good at it
        ("reconstruction_bleu", (29.0, 30.0, 28.0), set()),  # closer than chance
        ("reconstruction_bleu", (29.0, 30.0, 10.0), {0, 1}),
        ("reconstruction_bleu", (10.0, math.nan, 20.0), {2}),
        ("reconstruction_bleu", (20.0, None, None), set()),  # of nobody else
        ("perplexity", (40.0, 35.0, None), {1}),
        ("perplexity", (40.0, 39.0, None), set()),
        ("kl", (1.0, 4.0, 2.0), set()),  # a matter of taste
    ],
)  # fmt: skip
def test_best_are_those_of_whom_nobody_is_surely_better(name: str, values: tuple[Any, ...], best: set[int]) -> None:
    figure = FIGURES[name]
    models = [evaluation(**{name: value}) for value in values]
    assert certainty.leaders(figure, models) == best


def test_nobody_is_best_of_too_few_sentences_and_who_learned_little_is_left_out() -> None:
    figure = FIGURES["reconstruction_bleu"]
    few = [evaluation(reconstruction_bleu=value, sentences=19, words=190) for value in (10.0, 60.0)]
    assert certainty.leaders(figure, few) == set()
    models = [evaluation(reconstruction_bleu=value) for value in (10.0, 30.0)]
    assert certainty.leaders(figure, [*models, evaluation(reconstruction_bleu=70.0, perplexity=900.0)]) == {1}


def test_figure_without_an_interval_is_as_sure_as_its_sentences_are_many() -> None:
    share, amount = FIGURES["sample_distinct"], FIGURES["nll_iw"]
    assert certainty.bounds(share, evaluation(between=False, sample_distinct=0.5, drawn=100)) == pytest.approx(
        (0.4, 0.6)
    )
    assert certainty.bounds(amount, evaluation(between=False, nll_iw=50.0, sentences=100)) == pytest.approx((45, 55))
    assert certainty.bounds(amount, evaluation(between=False, nll_iw=math.inf)) is None
