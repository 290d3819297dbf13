"""What the page shows of a comparison: how far it is, and at last its table and its sentences, as drawable values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vae.config.families import FAMILIES
from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES, GROUPS, Figure
from vae.messages import durations
from vae.serving.visitors.comparison import Column, Comparison
from vae.ui.compare import notices
from vae.ui.components import drawn
from vae.ui.components.run_progress import progress

if TYPE_CHECKING:
    from vae.model.text_model import Point
    from vae.serving.jobs.evaluation_process import EvaluatedModel

JUDGE = "The judge of fluency is {}: it tells how likely it finds what the others say."
NOT_ITSELF = "It cannot judge itself, since what it finds likely is just what it says."
NO_JUDGE = "There is no language model of this text to judge how fluent samples are. Train one to see that."
QUICK = (
    "Quick estimates, on {} held out from {}: {} draws a sentence for the bound, {} sentences drawn at random. The "
    "command line measures more thoroughly:"
)


def steps(comparison: Comparison) -> list[dict[str, Any]] | None:
    """How far it is: a line for each training, and one for the measuring. None when it is over."""
    if not comparison.busy:
        return None
    trained = [
        {"title": name, **_step(column)}
        for name, column in zip(titles(comparison.columns), comparison.columns, strict=True)
        if column.run
    ]
    measuring = comparison.state == "measuring"
    words = str(comparison.measuring) if measuring else "When all are trained."
    return [*trained, {"title": "Measuring", "share": None if measuring else 0.0, "text": words}]


def _step(column: Column) -> dict[str, Any]:
    if column.problem:
        return {"share": 0.0, "text": str(column.problem)}
    if column.model:
        return {"share": 1.0, "text": f"Trained in {durations.duration(column.seconds or 0)}."}
    return progress(column.status, column.history) or {"share": 0.0, "text": "Waiting."}


def titles(columns: Sequence[Column]) -> list[str]:
    """A name for each column: those that share one are told apart by their families, or else by numbers."""
    names = [column.title for column in columns]
    kinds = [FAMILIES[column.family].title for column in columns]
    if len(set(names)) == 1 and len(set(kinds)) == len(names) > 1:
        return kinds
    return [
        f"{name} {names[: place + 1].count(name)}" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def note(comparison: Comparison) -> dict[str, str] | None:
    """How it came to its end, where that is not what was wished for."""
    if comparison.state == "failed":
        reasons = dict.fromkeys(column.problem for column in comparison.columns if column.problem)
        return drawn.note_value("error", " ".join(map(str, [comparison.problem, *reasons])))
    if comparison.state == "stopped":
        return drawn.note_value("note", "Stopped. Models that were trained by then are among yours.")
    lost = [column for column in comparison.columns if column.problem]
    if lost and comparison.state == "done":
        told = " ".join(f"{column.title}: {column.problem}" for column in lost)
        return drawn.note_value("error", f"Not all could be compared. {told}")
    if comparison.state == "done":
        what = "The table is" if len(comparison.columns) > 1 else "The figures are"
        return drawn.note_value("done", f"Done. {what} below.")
    return None


def result(comparison: Comparison) -> dict[str, Any] | None:
    """The table, the sentences side by side, and what to notice; None until it is done."""
    if comparison.state != "done":
        return None
    measured = list(comparison.evaluated.items())
    names = titles([column for column, _ in measured])
    ids = {column.model.id: name for name, (column, _) in zip(names, measured, strict=True) if column.model}
    told = [
        notices.Told(name, column.family, known.evaluation, column.seconds)
        for name, (column, known) in zip(names, measured, strict=True)
    ]
    first = measured[0][1].evaluation
    own = comparison.judge is not None and comparison.judge.id in ids
    sentences = "1 sentence" if first.sentences == 1 else f"{first.sentences:,} sentences"
    abouts = [_about(column) for column, _ in measured]
    return {
        "columns": [{"title": name, "about": about} for name, about in zip(names, abouts, strict=True)],
        "notice": notices.notices(told),
        "judge": _judge(comparison, ids),
        "groups": [_took(measured), *(_group(group, [known for _, known in measured], own=own) for group in GROUPS)],
        "dimensions": [_finite(value) for value in first.kl_per_dimension] if len(measured) == 1 else [],
        "samples": [_points(known.samples, known) for _, known in measured],
        "given": [
            {"source": source, "cells": [_at(known.reconstructions, row, known) for _, known in measured]}
            for row, source in enumerate(
                comparison.sentences[: max(len(known.reconstructions) for _, known in measured)]
            )
        ],
        "ends": list(comparison.ends or ()),
        "ways": [_points(known.interpolation, known) for _, known in measured],
        "lacks": [notices.lacks(known.evaluation) for _, known in measured],
        "quick": QUICK.format(sentences, comparison.text, first.samples, first.drawn),
        "command": command(len(measured), judged=comparison.judge is not None),
    }


def _about(column: Column) -> str:
    return f"{column.about}. {column.remark}" if column.remark else column.about


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0  # a model that ran away; neither JSON nor a bar has NaN


def command(models: int, *, judged: bool) -> str:
    """What measures the same with more patience."""
    files = " ".join(f"model-{i + 1}.safetensors" for i in range(models)) if models > 1 else "model.safetensors"
    verb = "compare" if models > 1 else "evaluate"
    judge = " --judge judge.safetensors" if judged else ""
    return f"python -m vae {verb} {files} held-out.txt --train text.txt --samples 500{judge}"


def _judge(comparison: Comparison, names: Mapping[str, str]) -> str:
    """Who judges fluency; `names` of the models compared, by their ids."""
    judge = comparison.judge
    if judge is None:
        return NO_JUDGE
    if judge.id not in names:
        return JUDGE.format(f"your language model “{judge.name}”")
    return f"{JUDGE.format(notices.called(names[judge.id]))} {NOT_ITSELF}"


def _took(measured: Sequence[tuple[Column, EvaluatedModel]]) -> dict[str, Any]:
    """What each model is, beside its figures."""
    evaluations = [known.evaluation for _, known in measured]
    times = [
        {"text": durations.duration(column.seconds)} if column.seconds else {"text": _meant(known.evaluation)}
        for column, known in measured
    ]
    rows = [
        ("Training time", "From the first step to the last.", times),
        ("Size", "Numbers that it has learned.", [{"text": f"{known.parameters:,}"} for known in evaluations]),
        (
            "Learned from", "Its training text.",
            [{"text": f"{known.trained_on}, {known.trained_sentences:,} sentences"} for known in evaluations],
        ),
    ]  # fmt: skip
    return {
        "title": "What it took",
        "rows": [{"title": title, "help": help, "better": "", "cells": cells} for title, help, cells in rows],
        "without": [""] * len(measured),
        "missing": [],
    }


def _meant(known: Evaluation) -> str:
    return f"meant to be {durations.duration(60 * known.minutes)}" if known.minutes else "not known"


def _group(group: str, measured: Sequence[EvaluatedModel], *, own: bool) -> dict[str, Any]:
    """A group of figures: rows; `without`, why a column has none of them, or ""; `missing`, what no column has.

    `own`: the judge is one of the models.
    """
    figures = [figure for figure in FIGURES.values() if figure.group == group]
    bars = not (own and group == "density")  # which go by the judge's own figures: it would be compared with itself
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
    return {
        "title": GROUPS[group],
        "rows": [
            {"title": figure.title, "help": figure.help, "better": figure.better, "cells": cells}
            for figure, cells in zip(shown, [_cells(figure, measured, bars=bars) for figure in shown], strict=True)
        ],
        "without": without,
        "missing": [f"{', '.join(names)}: {reason}" for reason, names in why.items()],
    }


def _cells(figure: Figure, measured: Sequence[EvaluatedModel], *, bars: bool = True) -> list[dict[str, Any]]:
    """A row of the table, perhaps with bars. The best is marked where one is better than another as they are read."""
    rows: list[dict[str, Any]] = [asdict(known.evaluation) for known in measured]
    bounds = [figure.bounds(row) if bars else None for row in rows]
    shares = [figure.share(row) if bars else None for row in rows]
    good = [_clipped(figure, row[figure.name], ends) for row, ends in zip(rows, bounds, strict=True)]
    best = _best(figure, good, shares)
    cells: list[dict[str, Any]] = []
    for row, one, ends, share, clipped in zip(rows, measured, bounds, shares, good, strict=True):
        value = row[figure.name]
        if value is None:
            cells.append({"text": "none", "why": str(one.missing[figure.name])})
            continue
        cells.append({
            "text": told(figure, value), "unit": figure.unit.replace("share", ""), "share": share,
            "best": best is not None and clipped is not None and told(figure, clipped) == best,
            "ends": [figure.format_value(end) for end in reversed(ends)] if ends else None,
        })  # fmt: skip
    return cells


def _clipped(figure: Figure, value: float | None, ends: tuple[float, float] | None) -> float | None:
    """A value, but none better than the good end of the bar, past which nothing is gained. None if it is no number."""
    if value is None or not math.isfinite(value):
        return None
    if ends is None or not figure.better:
        return float(value)
    return float(max(value, ends[0]) if figure.better == "lower" else min(value, ends[0]))


def _best(figure: Figure, good: Sequence[float | None], shares: Sequence[float | None]) -> str | None:
    """The best of the clipped values as it is read; None if all read the same, or all are as poor as can be."""
    known = [value for value in good if value is not None]
    filled = [share for share in shares if share is not None]
    if not figure.better or len({told(figure, value) for value in known}) < 2:
        return None
    if filled and not any(filled):
        return None
    return told(figure, min(known) if figure.better == "lower" else max(known))


def told(figure: Figure, value: float) -> str:
    """A value as people read it; what is beyond all measure is told as that."""
    return figure.format_value(value) if abs(value) < notices.ENDLESS else f"over {notices.ENDLESS:,}"


def _points(points: Sequence[Point], known: EvaluatedModel) -> list[dict[str, Any]]:
    by = drawn.order(known.kl)
    return [{"text": point.text, "z": drawn.fingerprint(point.z, by)} for point in points]


def _at(points: Sequence[Point], row: int, known: EvaluatedModel) -> dict[str, Any] | None:
    return _points(points[row : row + 1], known)[0] if row < len(points) else None
