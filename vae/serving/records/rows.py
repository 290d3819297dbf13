"""What is remembered of visitors, texts, models, trainings and shares: a row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar


@dataclass(frozen=True, slots=True)
class VisitorRow:
    """A visitor: when they were last seen (seconds since 1970), the id of their text, that of the model in use."""

    table: ClassVar[str] = "visitors"
    owner: str
    seen: float
    corpus: str = ""
    in_use: str = ""


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """A text of a visitor, as it was read."""

    table: ClassVar[str] = "corpora"
    id: str
    owner: str
    name: str
    sentences: int
    created: float


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of a visitor; `run`: the training that it came from, or nothing."""

    table: ClassVar[str] = "models"
    id: str
    owner: str
    name: str
    origin: str
    family: str
    run: str
    created: float


@dataclass(frozen=True, slots=True)
class RunRow:
    """A training, where it stood last.

    Args:
        config: as JSON.
        start_from: path of the model that it began with, or nothing.
        aside: 1 if it is part of something larger.
        state, resumable: as `Status` tells them.
        message: as `Message.to_json` writes it; plain English in records of older versions.
        model: 1 when its best model is on disk, as its folder has it.
        turn: its round in the fair order of the queue.
        threads: of its process; a run goes on with as many, so that its numbers stay the same.
        asked: when it was last put into the queue: the order in which runs of one round go.
    """

    table: ClassVar[str] = "runs"
    id: str
    owner: str
    name: str
    config: str
    start_from: str
    aside: int
    state: str
    message: str
    model: int
    resumable: int
    turn: int
    threads: int
    created: float
    asked: float = 0.0


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A way to watch a "run" or to copy a "model" for whoever has the code; `code` is its hash."""

    table: ClassVar[str] = "shares"
    code: str
    owner: str
    kind: str
    target: str
    created: float


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """The newest comparison of a visitor, or their newest evaluation; `content` as JSON."""

    table: ClassVar[str] = "comparisons"
    id: str
    owner: str
    slot: str
    content: str
    created: float


AnyRow = VisitorRow | CorpusRow | ModelRow | RunRow | ShareRow | ComparisonRow
Row = TypeVar("Row", VisitorRow, CorpusRow, ModelRow, RunRow, ShareRow, ComparisonRow)
ROW_TYPES = (VisitorRow, CorpusRow, ModelRow, RunRow, ShareRow, ComparisonRow)
