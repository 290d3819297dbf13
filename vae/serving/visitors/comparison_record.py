"""A comparison as one text for the records, and back: what was found outlasts the server, and what was not goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from vae.config.families import FAMILIES
from vae.evaluation.evaluation import Evaluation
from vae.messages.message import Message
from vae.serving.jobs.evaluation_process import EvaluatedModel
from vae.serving.visitors.comparison import Column, Comparison, State
from vae.serving.visitors.model_entry import ModelEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vae.model.text_model import Point


def to_json(comparison: Comparison) -> str:
    """All of it but what it takes to measure anew: the text that models have learned from."""
    return json.dumps({
        "text": comparison.text, "text_id": comparison.text_id, "sentences": comparison.sentences,
        "state": comparison.state, "problem": _message(comparison.problem), "judge": _model(comparison.judge),
        "columns": [{
            "title": column.title, "family": column.family, "about": column.about, "run": column.run,
            "model": _model(column.model), "seconds": column.seconds, "curve": column.curve,
            "problem": _message(column.problem), "remark": _message(column.remark),
            "found": _found(comparison.evaluated.get(column)),
        } for column in comparison.columns],
    }, ensure_ascii=False, separators=(",", ":"))  # fmt: skip


def from_json(text: str, models: Mapping[str, ModelEntry]) -> Comparison | None:
    """The comparison that `to_json` wrote; None for any other text, such as that of another version.

    Args:
        models: of the visitor, by id. One that has gone keeps its name, but no file.
    """
    try:
        return _comparison(json.loads(text), models)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def _comparison(raw: dict[str, Any], models: Mapping[str, ModelEntry]) -> Comparison:
    if raw["state"] not in get_args(State):
        raise ValueError(raw["state"])
    columns = {}
    for one in raw["columns"]:
        column = Column(
            one["title"], one["family"], one["about"], _entry(one["model"], models), one["run"],
            took=one["seconds"], curve=[(int(step), float(nats)) for step, nats in one["curve"]],
            problem=_said(one["problem"]), remark=_said(one["remark"]),
        )  # fmt: skip
        column.history.family = FAMILIES[column.family].name
        columns[column] = _evaluated(one["found"]) if one["found"] else None
    return Comparison(
        raw["text"], list(columns), tuple(raw["sentences"]), text_id=raw["text_id"], state=raw["state"],
        problem=_said(raw["problem"]), judge=_entry(raw["judge"], models),
        evaluated={column: found for column, found in columns.items() if found},
    )  # fmt: skip


def _message(message: Message | None) -> str | None:
    return message.to_json() if message else None


def _said(text: str | None) -> Message | None:
    return None if text is None else Message.from_json(text)


def _model(model: ModelEntry | None) -> dict[str, str] | None:
    return {"id": model.id, "name": model.name, "origin": model.origin, "family": model.family} if model else None


def _entry(raw: dict[str, str] | None, models: Mapping[str, ModelEntry]) -> ModelEntry | None:
    if raw is None:
        return None
    return models.get(raw["id"]) or ModelEntry(raw["id"], raw["name"], raw["origin"], Path(raw["id"]), raw["family"])


def _found(known: EvaluatedModel | None) -> dict[str, Any] | None:
    if known is None:
        return None
    return {
        "evaluation": asdict(known.evaluation), "kl": known.kl,
        "missing": {name: reason.to_json() for name, reason in known.missing.items()},
        **{name: [(point.text, list(point.z)) for point in getattr(known, name)]
           for name in ("samples", "reconstructions", "interpolation")},
    }  # fmt: skip


def _evaluated(raw: dict[str, Any]) -> EvaluatedModel:
    values = raw["evaluation"]
    values |= {name: tuple(values[name]) for name in ("kl_per_dimension", "said")}
    values["intervals"] = {name: (low, high) for name, (low, high) in values["intervals"].items()}
    if values.keys() != {field.name for field in fields(Evaluation)}:
        raise ValueError("an evaluation of another version")
    return EvaluatedModel(
        Evaluation(**values), {name: Message.from_json(reason) for name, reason in raw["missing"].items()},
        tuple(raw["kl"]), _points(raw["samples"]), _points(raw["reconstructions"]), _points(raw["interpolation"]),
    )  # fmt: skip


def _points(raw: Sequence[tuple[str, Sequence[float]]]) -> tuple[Point, ...]:
    from vae.model.text_model import Point  # which brings torch

    return tuple(Point(text, tuple(map(float, z))) for text, z in raw)
