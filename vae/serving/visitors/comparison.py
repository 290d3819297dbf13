"""A comparison as the server keeps it: the models, the sentences, how far it is, and what was found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, get_args

from vae.config.families import FAMILIES
from vae.messages.message import Message
from vae.serving.jobs.service import Status
from vae.serving.visitors import corpus_sources
from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.run_history import RunHistory
from vae.serving.visitors.session import Session
from vae.text.readable_name import readable_name

if TYPE_CHECKING:
    from vae.serving.jobs.evaluation_process import EvaluatedModel
    from vae.text.corpus import Corpus

SENTENCES, CHARACTERS = 300, 24_000  # of the text, to measure on, at most
MAX_REAL = 20_000  # training sentences in which copies are looked for
END_WORDS = range(4, 15)  # of a sentence at an end of an interpolation: neither a cry nor a story
FALLBACK = "everyday-english.tsv"  # to measure on where the visitor has no text
CURVE_POINTS = 60  # of a training, to be drawn

State = Literal["training", "measuring", "done", "stopped", "failed"]
Slot = Literal["compare", "evaluate"]  # a visitor has one of each
SLOTS: tuple[Slot, ...] = get_args(Slot)


@dataclass(eq=False)
class Column:
    """One of the models compared: how far its training is, if it needs one, and what became of it."""

    title: str
    family: str
    about: str
    model: ModelEntry | None = None
    run: str = ""
    status: Status | None = None
    history: RunHistory = field(default_factory=RunHistory)
    events_seen: int = 0
    problem: Message | None = None  # why it cannot be compared
    remark: Message | None = None  # on how its training ended, where that is not what was wished for
    took: float | None = None  # seconds of its training, where another server has watched it
    curve: list[tuple[int, float]] = field(default_factory=list)  # of its training: steps, nats a sentence

    @property
    def seconds(self) -> float | None:
        """What its training took, if it was watched."""
        return self.history.progress.seconds if self.history.progress else self.took

    def note_curve(self) -> None:
        """Keep of the history what will be drawn."""
        points = [(int(point["step"]), float(point["nll_trend"])) for point in self.history.train]
        every = -(-len(points) // CURVE_POINTS) or 1
        self.curve = points[::-every][::-1]  # the last is one of them


@dataclass(eq=False)
class Comparison:
    """Models on their way to being measured on the same sentences, and what was found."""

    text: str  # its name
    columns: list[Column]
    sentences: tuple[str, ...] = ()  # to measure on
    text_id: str = ""  # of the visitor's; nothing if it is ours
    real: tuple[str, ...] = ()  # that models have learned from
    judge: ModelEntry | None = None  # of fluency
    state: State = "training"
    measuring: Message | None = None  # how far that is
    problem: Message | None = None
    evaluated: dict[Column, EvaluatedModel] = field(default_factory=dict)
    driver: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self.state in ("training", "measuring")

    @property
    def ends(self) -> tuple[str, str] | None:
        """Two of the sentences to go between."""
        suitable = [sentence for sentence in self.sentences if len(sentence.split()) in END_WORDS]
        chosen = suitable if len(suitable) > 1 else self.sentences
        return (chosen[0], chosen[1]) if len(chosen) > 1 else None


def judge(session: Session, comparison: Comparison) -> ModelEntry | None:
    """The first language model that is compared; or else one of the visitor's that has learned from the same text."""
    compared = [column.model for column in comparison.columns if column.model]
    learned = [model for model in session.models() if model.name == readable_name(comparison.text)]
    return next((model for model in [*compared, *learned] if not FAMILIES[model.family].has_latent_space), None)


def split(text: Corpus | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of a text, or else of ours: what models of it have learned from, and what they have not.

    No more than can be measured soon.
    """
    text = text or corpus_sources.read_once(corpus_sources.bundled_corpus(FALLBACK).data, FALLBACK)
    train, held_out = text.split()
    sizes = accumulate(len(sentence) for sentence in held_out[:SENTENCES])
    few = [sentence for sentence, size in zip(held_out, sizes, strict=False) if size <= CHARACTERS]
    return tuple(train[:MAX_REAL]), tuple(few or held_out[:1])
