"""The commands that measure models: evaluate, compare."""

from __future__ import annotations

import argparse
import math
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import Any

from vae.cli import reading_flags
from vae.cli.generate import Command
from vae.cli.terminal import StatusLine, print_json
from vae.evaluation.evaluate import compare
from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES, GROUPS, Figure
from vae.evaluation.missing_figures import reason_missing
from vae.model import checkpoint

_BAR = 10  # characters of a full bar


def add(command: Command) -> None:
    """The commands with their arguments; `command` adds one, from its name, its function and its help."""
    evaluated = command("evaluate", _evaluate, "Measure a model on a text with a sentence a line.")
    compared = command("compare", _compare, "Measure several models on a text, side by side.")
    for parser in (evaluated, compared):
        parser.add_argument(
            "file", metavar="FILE", help="a text with a sentence a line, all of which count; or any file"
        )
        reading_flags.add(parser)
        parser.add_argument(
            "--samples", type=int, default=100, metavar="S",
            help="draws a sentence of the importance-weighted bound (default 100; 500 to compare with other work)",
        )  # fmt: skip
        parser.add_argument("--judge", metavar="MODEL", help="a language model (--family lm) that tells what is fluent")
        parser.add_argument(
            "--train", metavar="TEXT", help="text to learn from, a sentence a line, such as the models'"
        )
        parser.add_argument("--drawn", type=int, default=1000, metavar="N", help="sentences to draw (default 1000)")


def _evaluate(arguments: argparse.Namespace) -> int:
    (evaluation,) = _evaluate_models([arguments.model], arguments)
    if arguments.json:
        print_json(asdict(evaluation))
        return 0
    print("\n".join([_headline(evaluation), evaluation.verdict, *_unknown_words(evaluation)]))
    values = asdict(evaluation)
    for title, figures in _figures_by_group():
        print(f"\n{title}")
        for figure in figures:
            value = f"{figure.format_value(values[figure.name])} {figure.unit}"
            text = reason_missing(evaluation, figure.name) or figure.help + _comparison(figure, values)
            if ends := evaluation.intervals.get(figure.name):
                text = f"{text} Between {' and '.join(map(figure.format_value, ends))}, 19 times in 20."
            print(f"  {figure.title:24}{value:>16}  {_bar(figure, values)}  {text}")
    print("\nSome of what it says")
    print("\n".join(f"  {sentence}" for sentence in evaluation.said))
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    evaluations = _evaluate_models(arguments.model, arguments)
    if arguments.json:
        print_json({"evaluations": [asdict(evaluation) for evaluation in evaluations]})
        return 0
    width = max(14, min(40, (shutil.get_terminal_size().columns - 26) // (len(evaluations) + 1)))

    def row(title: str, cells: Sequence[str]) -> None:
        columns = [textwrap.wrap(cell, width - 2) for cell in cells]
        for i, line in enumerate(zip_longest(*columns, fillvalue="")):
            print(f"{title if not i else '':26}{''.join(f'{cell:{width}}' for cell in line)}".rstrip())

    row("", [*(evaluation.name for evaluation in evaluations), "Real text"])
    row("", [evaluation.family for evaluation in evaluations])
    row("Sentences learned from", [f"{evaluation.trained_sentences:,}" for evaluation in evaluations])
    row("Steps", [f"{evaluation.steps:,}" for evaluation in evaluations])
    row("Minutes", ["–" if evaluation.minutes is None else f"{evaluation.minutes:g}" for evaluation in evaluations])
    for title, figures in _figures_by_group():
        print(f"\n{title}")
        for figure in figures:
            cells = [figure.format_value(getattr(evaluation, figure.name)) for evaluation in evaluations]
            row(f"  {figure.title}", [*cells, _real_text(figure, asdict(evaluations[0]))])
    if not_comparable := [f"  {each.name}: {line}" for each in evaluations for line in _unknown_words(each)]:
        print("\nWhat does not compare")
        print("\n".join(not_comparable))
    print("\nSome of what they say")
    for samples in zip_longest(*(evaluation.said for evaluation in evaluations), fillvalue=""):
        row("", samples)
    reasons = {(each.family, reason): None for each in evaluations for reason in _reasons_missing(each)}
    if reasons:
        print("\nWhere there is no figure")
        print("\n".join(f"  {family}: {reason}" for family, reason in reasons))
    return 0


def _evaluate_models(models: Sequence[str], arguments: argparse.Namespace) -> list[Evaluation]:
    """The figures of each model on the text. What can be wrong with a file is said before the work begins."""
    sentences = reading_flags.sentences(arguments.file, arguments)
    real = reading_flags.sentences(arguments.train, arguments) if arguments.train else None
    judge = checkpoint.load(arguments.judge) if arguments.judge else None
    checkpoints = [
        judge if judge and Path(model).exists() and Path(model).samefile(arguments.judge) else checkpoint.load(model)
        for model in models
    ]
    with StatusLine(quiet=arguments.json) as status:
        return compare(
            checkpoints, sentences, samples=arguments.samples, seed=arguments.seed, judge=judge, real=real,
            drawn=arguments.drawn, report=status,
        )  # fmt: skip


def _figures_by_group() -> list[tuple[str, list[Figure]]]:
    return [
        (title, [figure for figure in FIGURES.values() if figure.group == group]) for group, title in GROUPS.items()
    ]


def _reasons_missing(evaluation: Evaluation) -> list[str]:
    return [str(reason) for name in FIGURES if (reason := reason_missing(evaluation, name))]


def _headline(evaluation: Evaluation) -> str:
    judged = f", judged by {evaluation.judge}" if evaluation.judge else ""
    return (
        f"{evaluation.name} ({evaluation.family}) on {evaluation.sentences:,} sentences: {evaluation.samples} draw"
        f"{'s' * (evaluation.samples > 1)} of z each, {evaluation.drawn:,} samples{judged}"
    )


def _unknown_words(evaluation: Evaluation) -> list[str]:
    """A warning where the model gives words away cheaply that it cannot tell from each other; mostly none."""
    if not evaluation.unknown_words or evaluation.perplexity is None:
        return []
    share = f"{100 * evaluation.unknown_words:.3g} %"
    return [f"{share} of the words are unknown to this model, and cost it little: its perplexity does not compare."]


def _comparison(figure: Figure, values: dict[str, Any]) -> str:
    """What to compare a figure with, if it is known: that of the sentences themselves, or the largest possible."""
    if real := _real_text(figure, values):
        return f" Real text: {real}."
    largest = values[figure.against] if figure.against in ("mi_ceiling", "latent_dim") and figure.better else None
    return "" if largest is None else f" At most: {figure.format_value(largest)}."


def _real_text(figure: Figure, values: dict[str, Any]) -> str:
    """The same figure of the sentences themselves, as the judge or they have it; nothing if it is not known."""
    value = values[figure.against] if figure.against.startswith("real_") else None
    return "" if value is None else figure.format_value(math.copysign(value, figure.good))


def _bar(figure: Figure, values: dict[str, Any]) -> str:
    share = figure.share(values)
    if share is None:
        return " " * _BAR
    filled = round(share * _BAR)
    return "█" * filled + "░" * (_BAR - filled)
