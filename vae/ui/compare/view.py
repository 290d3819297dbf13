"""What the page shows of a comparison: how far it is, and at last its table and its sentences, as drawable values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vae.config.families import FAMILIES
from vae.evaluation import certainty
from vae.evaluation.figures import GROUPS
from vae.messages import durations
from vae.serving.visitors.comparison import Column, Comparison
from vae.ui.compare import notices, summary, tables
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
    return None


def told(comparison: Comparison) -> list[summary.Told]:
    """The models that were measured, as sentences speak of them."""
    names = titles(list(comparison.evaluated))
    return [
        summary.Told(name, column.family, known.evaluation, column.seconds)
        for name, (column, known) in zip(names, comparison.evaluated.items(), strict=True)
    ]


def summarized(comparison: Comparison) -> tuple[list[str], list[str]]:
    """Who is best at what, where there are several; and what cannot be told."""
    models = told(comparison)
    if not models:
        return [], []
    sentences = summary.sentences(models) if len(models) > 1 else []
    return sentences, summary.cautions(models, _called_judge(comparison, _ids(comparison)))


def result(comparison: Comparison) -> dict[str, Any] | None:
    """The summary, the tables, the sentences side by side, and what to notice; None until it is done."""
    if comparison.state != "done":
        return None
    columns, measured = list(comparison.evaluated), list(comparison.evaluated.values())
    models, ids = told(comparison), _ids(comparison)
    first = measured[0].evaluation
    own = comparison.judge is not None and comparison.judge.id in ids
    count = "1 sentence" if first.sentences == 1 else f"{first.sentences:,} sentences"
    sentences, cautions = summarized(comparison)
    return {
        "columns": [{"title": one.title, "about": _about(column, one)}
                    for one, column in zip(models, columns, strict=True)],
        "text": comparison.text,
        "summary": sentences,
        "cautions": cautions,
        "glance": tables.glance(measured, own=own),
        "notice": notices.notices(models),
        "judge": _judge(comparison, ids),
        "groups": {name: tables.group(name, measured, own=own) for name in GROUPS},
        "took": tables.took(columns, measured),
        "curves": [{"title": one.title, "points": column.curve}
                   for one, column in zip(models, columns, strict=True) if len(column.curve) > 1],
        "dimensions": [_finite(value) for value in first.kl_per_dimension] if len(measured) == 1 else [],
        "samples": [_points(known.samples, known) for known in measured],
        "given": [
            {"source": source, "cells": [_at(known.reconstructions, row, known) for known in measured]}
            for row, source in enumerate(comparison.sentences[: max(len(known.reconstructions) for known in measured)])
        ],
        "ends": list(comparison.ends or ()),
        "ways": [_points(known.interpolation, known) for known in measured],
        "lacks": [notices.lacks(known.evaluation) for known in measured],
        "quick": QUICK.format(count, comparison.text, first.samples, first.drawn),
        "command": command(len(measured), judged=comparison.judge is not None),
    }  # fmt: skip


def _about(column: Column, model: summary.Told) -> str:
    """What stands beneath its name."""
    about = f"{column.about}. {column.remark}" if column.remark else column.about
    if certainty.too_few(model.known) or not certainty.learned_little(model.known):
        return about
    return f"{about.rstrip('.')}. Has learned too little to compare."


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0  # a model that ran away; neither JSON nor a bar has NaN


def command(models: int, *, judged: bool) -> str:
    """What measures the same with more patience."""
    files = " ".join(f"model-{i + 1}.safetensors" for i in range(models)) if models > 1 else "model.safetensors"
    verb = "compare" if models > 1 else "evaluate"
    judge = " --judge judge.safetensors" if judged else ""
    return f"python -m vae {verb} {files} held-out.txt --train text.txt --samples 500{judge}"


def _ids(comparison: Comparison) -> dict[str, str]:
    """The names of the models compared, by their ids."""
    columns = list(comparison.evaluated)
    return {column.model.id: name for name, column in zip(titles(columns), columns, strict=True) if column.model}


def _called_judge(comparison: Comparison, names: Mapping[str, str]) -> str:
    """How the judge is called in a sentence; nothing without one."""
    judge = comparison.judge
    if judge is None:
        return ""
    return summary.called(names[judge.id]) if judge.id in names else f"your language model “{judge.name}”"


def _judge(comparison: Comparison, names: Mapping[str, str]) -> str:
    """Who judges fluency; `names` of the models compared, by their ids."""
    judge = comparison.judge
    if judge is None:
        return NO_JUDGE
    told = JUDGE.format(_called_judge(comparison, names))
    return f"{told} {NOT_ITSELF}" if judge.id in names else told


def _points(points: Sequence[Point], known: EvaluatedModel) -> list[dict[str, Any]]:
    by = drawn.order(known.kl)
    return [{"text": point.text, "z": drawn.fingerprint(point.z, by)} for point in points]


def _at(points: Sequence[Point], row: int, known: EvaluatedModel) -> dict[str, Any] | None:
    return _points(points[row : row + 1], known)[0] if row < len(points) else None
