"""The tables of a comparison as drawable values: a row a figure, a column a model, bars and marks where they tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vae.evaluation import certainty
from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES, GROUPS, Figure
from vae.messages import durations
from vae.serving.visitors.comparison import Column
from vae.training.events import plain

if TYPE_CHECKING:
    from vae.serving.jobs.evaluation_process import EvaluatedModel

ENDLESS = 1_000_000  # a figure past it says no more than that
ROUND = 1_000  # a figure past it has no need of what stands behind its point
GLANCE = ("perplexity", "token_accuracy", "sample_perplexity_ratio", "sample_distinct", "path_different")
BLIND = "no better than guessing"  # a word of the text


def glance(measured: Sequence[EvaluatedModel], *, own: bool) -> dict[str, Any]:
    """The few figures that say most, of all groups, as far as any model has them."""
    figures = [FIGURES[name] for name in GLANCE if any(name not in known.missing for known in measured)]
    if any(certainty.judge_learned_little(known.evaluation) for known in measured):
        figures = [figure for figure in figures if not figure.takes]
    return _table("At a glance", [_row(figure, measured, own=own) for figure in figures], len(measured))


def group(name: str, measured: Sequence[EvaluatedModel], *, own: bool) -> dict[str, Any]:
    """A group of figures: rows; `without`, why a column has none of them, or ""; `missing`, what no column has.

    `own`: the judge is one of the models.
    """
    figures = [figure for figure in FIGURES.values() if figure.group == name]
    shown = [figure for figure in figures if any(figure.name not in known.missing for known in measured)]
    why: dict[str, list[str]] = {}
    for figure in figures:
        if figure not in shown:
            reason = " ".join(map(str, dict.fromkeys(known.missing[figure.name] for known in measured)))
            why.setdefault(reason, []).append(figure.title)
    without = [
        str(known.missing[shown[0].name]) if shown and all(figure.name in known.missing for figure in shown) else ""
        for known in measured
    ]
    missing = [f"{', '.join(titles)}: {reason}" for reason, titles in why.items()]
    return _table(GROUPS[name], [_row(figure, measured, own=own) for figure in shown], len(measured), without, missing)


def took(columns: Sequence[Column], measured: Sequence[EvaluatedModel]) -> dict[str, Any]:
    """What each model is, and what its training took."""
    evaluations = [known.evaluation for known in measured]
    times = [
        {"text": durations.duration(column.seconds), "value": round(column.seconds, 1)} if column.seconds
        else {"text": _meant(known)}
        for column, known in zip(columns, evaluations, strict=True)
    ]  # fmt: skip
    learned = [{"text": f"{known.trained_on}, {known.trained_sentences:,} sentences"} for known in evaluations]
    rows = [
        ("Training time", "From the first step to the last.", times),
        ("Steps", "Updates of its weights.", [_count(known.steps) for known in evaluations]),
        ("Size", "Numbers that it has learned.", [_count(known.parameters) for known in evaluations]),
        ("Learned from", "Its training text.", learned),
    ]
    rows_drawn = [
        {"title": title, "help": help, "better": "", "unit": "", "cells": cells} for title, help, cells in rows
    ]
    return _table("What it took", rows_drawn, len(measured))


def _count(value: int) -> dict[str, Any]:
    return {"text": f"{value:,}", "value": value}


def _meant(known: Evaluation) -> str:
    return f"meant to be {durations.duration(60 * known.minutes)}" if known.minutes else "not known"


def _table(
    title: str, rows: list[dict[str, Any]], columns: int, without: Sequence[str] = (), missing: Sequence[str] = ()
) -> dict[str, Any]:
    return {"title": title, "rows": rows, "without": list(without or [""] * columns), "missing": list(missing)}


def _row(figure: Figure, measured: Sequence[EvaluatedModel], *, own: bool) -> dict[str, Any]:
    bars = not (own and figure.group == "density")  # which go by the judge's own figures: it would be its own measure
    return {
        "title": figure.title, "help": figure.help, "better": figure.better,
        "unit": figure.unit.replace("share", ""), "cells": cells(figure, measured, bars=bars),
    }  # fmt: skip


def cells(figure: Figure, measured: Sequence[EvaluatedModel], *, bars: bool = True) -> list[dict[str, Any]]:
    """A row of a table, perhaps with bars. Bars and the mark of the best stand where figures tell something."""
    best = certainty.leaders(figure, [known.evaluation for known in measured])
    return [_cell(figure, known, best=place in best, bar=bars) for place, known in enumerate(measured)]


def _cell(figure: Figure, known: EvaluatedModel, *, best: bool, bar: bool) -> dict[str, Any]:
    values: dict[str, Any] = asdict(known.evaluation)
    value = values[figure.name]
    if value is None:
        return {"text": "none", "why": str(known.missing[figure.name])}
    cell = {"text": told(figure, value), "unit": figure.unit.replace("share", ""), "value": plain(value)}
    if figure.name in certainty.PERPLEXITIES and certainty.past_vocabulary(known.evaluation, value):
        words = known.evaluation.vocabulary
        return {**cell, "text": f"over {words:,}", "note": BLIND}
    bar = bar and certainty.told_by(figure, known.evaluation)
    bounds = figure.bounds(values) if bar else None
    between = known.evaluation.intervals.get(figure.name)
    return {
        **cell, "best": best, "share": figure.share(values) if bar else None,
        "ends": [told(figure, end) for end in reversed(bounds)] if bounds else None,
        "range": told_range(figure, known.evaluation),
        "between": plain(between) if between else None,
    }  # fmt: skip


def told(figure: Figure, value: float) -> str:
    """A value as people read it: a share in percent; what is beyond all measure is told as that."""
    if not math.isfinite(value):
        return "not a number"
    if figure.unit == "share":
        return f"{100 * value:.{int(0 < value < 0.1)}f}%"
    if abs(value) >= ENDLESS:
        return f"over {ENDLESS:,}"
    return figure.format_value(value) if abs(value) < ROUND else f"{value:,.0f}"


def told_range(figure: Figure, known: Evaluation) -> str:
    """Between which a value lies, 19 times in 20: "44–52%"; nothing where that is not known, or says no more."""
    ends = [told(figure, end) for end in known.intervals.get(figure.name, ())]
    if not ends or ends[0] == ends[1]:
        return ""
    low = ends[0].removesuffix("%") if figure.unit == "share" else ends[0]
    return f"{low}–{ends[1]}"
