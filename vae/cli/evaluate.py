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

from vae.cli.generate import Command
from vae.cli.terminal import StatusLine, print_json
from vae.evaluation.evaluate import Evaluation, compare, missing
from vae.evaluation.figures import FIGURES, GROUPS, Figure
from vae.model import checkpoint
from vae.text import corpus

_BAR = 10  # characters of a full bar


def add(command: Command) -> None:
    """The commands with their arguments; `command` adds one, from its name, its function and its help."""
    evaluated = command("evaluate", _evaluate, "Measure a model on a text with a sentence a line.")
    compared = command("compare", _compare, "Measure several models on a text, side by side.")
    for added in (evaluated, compared):
        added.add_argument("file", metavar="FILE", help="a text with a sentence a line; nothing in it is dropped")
        added.add_argument(
            "--samples", type=int, default=100, metavar="S",
            help="draws a sentence of the importance-weighted bound (default 100; 500 to compare with other work)",
        )  # fmt: skip
        added.add_argument("--judge", metavar="MODEL", help="a language model (--family lm) that tells what is fluent")
        added.add_argument("--train", metavar="TEXT", help="text to learn from, a sentence a line, such as the models'")
        added.add_argument("--drawn", type=int, default=1000, metavar="N", help="sentences to draw (default 1000)")


def _evaluate(arguments: argparse.Namespace) -> int:
    (found,) = _measured([arguments.model], arguments)
    if arguments.json:
        print_json(asdict(found))
        return 0
    print("\n".join([_about(found), found.verdict, *_unknown(found)]))
    values = asdict(found)
    for title, figures in _grouped():
        print(f"\n{title}")
        for figure in figures:
            said = f"{figure.told(values[figure.name])} {figure.unit}"
            words = missing(found, figure.name) or figure.help + _beside(figure, values)
            print(f"  {figure.title:24}{said:>16}  {_bar(figure, values)}  {words}")
    print("\nSome of what it says")
    print("\n".join(f"  {sentence}" for sentence in found.said))
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    found = _measured(arguments.model, arguments)
    if arguments.json:
        print_json({"evaluations": [asdict(each) for each in found]})
        return 0
    width = max(14, min(40, (shutil.get_terminal_size().columns - 26) // (len(found) + 1)))

    def row(title: str, cells: Sequence[str]) -> None:
        columns = [textwrap.wrap(cell, width - 2) for cell in cells]
        for i, line in enumerate(zip_longest(*columns, fillvalue="")):
            print(f"{title if not i else '':26}{''.join(f'{cell:{width}}' for cell in line)}".rstrip())

    row("", [*(each.name for each in found), "Real text"])
    row("", [each.family for each in found])
    row("Sentences learned from", [f"{each.trained_sentences:,}" for each in found])
    row("Steps", [f"{each.steps:,}" for each in found])
    row("Minutes", ["–" if each.minutes is None else f"{each.minutes:g}" for each in found])
    for title, figures in _grouped():
        print(f"\n{title}")
        for figure in figures:
            cells = [figure.told(getattr(each, figure.name)) for each in found]
            row(f"  {figure.title}", [*cells, _real(figure, asdict(found[0]))])
    if unknown := [f"  {each.name}: {line}" for each in found for line in _unknown(each)]:
        print("\nWhat does not compare")
        print("\n".join(unknown))
    print("\nSome of what they say")
    for said in zip_longest(*(each.said for each in found), fillvalue=""):
        row("", said)
    reasons = {
        f"{each.family}: {missing(each, name)}": None for each in found for name in FIGURES if missing(each, name)
    }
    if reasons:
        print("\nWhere there is no figure")
        print("\n".join(f"  {reason}" for reason in reasons))
    return 0


def _measured(models: Sequence[str], arguments: argparse.Namespace) -> list[Evaluation]:
    """The figures of each model on the text. What can be wrong with a file is said before the work begins."""
    sentences = corpus.lines(Path(arguments.file).read_bytes())
    real = corpus.lines(Path(arguments.train).read_bytes()) if arguments.train else None
    judge = checkpoint.load(arguments.judge) if arguments.judge else None
    loaded = [
        judge if judge and Path(model).exists() and Path(model).samefile(arguments.judge) else checkpoint.load(model)
        for model in models
    ]
    with StatusLine(quiet=arguments.json) as say:
        return compare(
            loaded, sentences, samples=arguments.samples, seed=arguments.seed, judge=judge, real=real,
            drawn=arguments.drawn, say=say,
        )  # fmt: skip


def _grouped() -> list[tuple[str, list[Figure]]]:
    return [
        (title, [figure for figure in FIGURES.values() if figure.group == group]) for group, title in GROUPS.items()
    ]


def _about(found: Evaluation) -> str:
    judged = f", judged by {found.judge}" if found.judge else ""
    return (
        f"{found.name} ({found.family}) on {found.sentences:,} sentences: {found.samples} draw"
        f"{'s' * (found.samples > 1)} of z each, {found.drawn:,} samples{judged}"
    )


def _unknown(found: Evaluation) -> list[str]:
    """A warning where the model gives words away cheaply that it cannot tell from each other; mostly none."""
    if not found.unknown_words or found.perplexity is None:
        return []
    share = f"{100 * found.unknown_words:.3g} %"
    return [f"{share} of the words are unknown to this model, and cost it little: its perplexity does not compare."]


def _beside(figure: Figure, values: dict[str, Any]) -> str:
    """What the bar goes by, if it is known: the same figure of the sentences themselves, or the largest possible."""
    if real := _real(figure, values):
        return f" Real text: {real}."
    most = values[figure.against] if figure.against in ("mi_ceiling", "latent_dim") and figure.better else None
    return "" if most is None else f" At most: {figure.told(most)}."


def _real(figure: Figure, values: dict[str, Any]) -> str:
    """The same figure of the sentences themselves, as the judge or they have it; nothing if it is not known."""
    known = values[figure.against] if figure.against.startswith("real_") else None
    return "" if known is None else figure.told(math.copysign(known, figure.good))


def _bar(figure: Figure, values: dict[str, Any]) -> str:
    share = figure.share(values)
    if share is None:
        return " " * _BAR
    filled = round(share * _BAR)
    return "█" * filled + "░" * (_BAR - filled)
