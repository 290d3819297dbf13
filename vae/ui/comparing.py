"""What the Compare tab and its endpoints do on behalf of a visitor: train, then measure. Pure of widgets.

A comparison is driven by a task of the server's own, so that it goes on when nobody looks.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from vae.bell import Bell
from vae.jobs import JobError, Jobs, Status
from vae.kinds import KINDS
from vae.measuring import Measurer, MeasuringError, Task
from vae.ui import corpus_tab
from vae.ui.checks import choice
from vae.ui.model import Model, readable
from vae.ui.session import RefusedError, Session
from vae.ui.train_view import Story
from vae.ui.training import MODEL_STATES, Trainings, configure

if TYPE_CHECKING:
    from vae.corpus import Corpus
    from vae.measuring import Measured

MOST = 4  # models side by side
SENTENCES, CHARACTERS = 300, 24_000  # of the text, to measure on, at most
READ = 20_000  # training sentences in which copies are looked for
WORDS = range(4, 15)  # of a sentence at an end of a way: neither a cry nor a story
FALLBACK = "everyday-english.tsv"  # to measure on where the visitor has no text
_log = logging.getLogger(__name__)

State = Literal["training", "measuring", "done", "stopped", "failed"]
Slot = Literal["compare", "evaluate"]  # a visitor has one of each


@dataclass(eq=False)
class Column:
    """One of the models compared: how far its training is, if it needs one, and what became of it."""

    title: str
    family: str
    about: str
    model: Model | None = None
    run: str = ""
    status: Status | None = None
    story: Story = field(default_factory=Story)
    problem: str = ""  # why it cannot be compared

    @property
    def seconds(self) -> float | None:
        """What its training took, if it was watched."""
        return self.story.progress.seconds if self.story.progress else None


@dataclass(eq=False)
class Comparison:
    """Models on their way to being measured on the same sentences, and what was found."""

    text: str  # its name
    sentences: tuple[str, ...]
    real: tuple[str, ...]
    columns: list[Column]
    judge: Model | None = None  # of fluency
    state: State = "training"
    said: str = ""  # how far the measuring is
    problem: str = ""
    measured: dict[Column, Measured] = field(default_factory=dict)
    driver: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self.state in ("training", "measuring")

    @property
    def ends(self) -> tuple[str, str] | None:
        """Two of the sentences to go between."""
        fit = [sentence for sentence in self.sentences if len(sentence.split()) in WORDS]
        both = fit if len(fit) > 1 else self.sentences
        return (both[0], both[1]) if len(both) > 1 else None


class Comparisons:
    """The comparisons and evaluations of all visitors: the newest of each."""

    def __init__(self, jobs: Jobs, trainings: Trainings) -> None:
        self._jobs, self._trainings = jobs, trainings
        self._measurer = Measurer()
        self._known: weakref.WeakKeyDictionary[Session, dict[str, Comparison]] = weakref.WeakKeyDictionary()
        self._bells: weakref.WeakKeyDictionary[Session, Bell] = weakref.WeakKeyDictionary()

    def find(self, session: Session, slot: Slot = "compare") -> Comparison | None:
        """The visitor's newest, under way or over."""
        return self._known.get(session, {}).get(slot)

    async def compare(
        self, session: Session, families: object, models: object, preset: object, settings: Mapping[str, object]
    ) -> Comparison:
        """Begin to train a model of each family on the visitor's text, and then to measure all.

        Args:
            families: names of KINDS.  models: ids of the visitor's models, beside those.
            preset, settings: of every training, as `configure` takes them.
        Raises:
            RefusedError: a value is none, there is nothing to compare, or one is under way.
            JobError: the trainings cannot be queued.
            ValueError: a setting is out of its range.
        """
        kinds = [choice(name, "Family", tuple(KINDS)) for name in _names(families, "Families")]
        chosen = [_own(session, model) for model in _names(models, "Models")]
        if not 2 <= len(kinds) + len(chosen) <= MOST:
            raise RefusedError(f"Choose two to {MOST} models to compare: families to train, or models that you have.")
        if kinds and session.corpus is None:
            raise RefusedError("There is no text to train on yet. Choose one in Corpus first.")
        configs = [configure(preset, {**settings, "family": kind}) for kind in kinds]
        new = [Column(KINDS[kind].title, kind, "trained here", story=Story(kind)) for kind in kinds]
        text, before = session.corpus, self.find(session)
        comparison = self._begin(session, "compare", [*new, *map(_column, chosen)])
        try:
            for column, config in zip(new, configs, strict=True):
                assert text is not None
                column.run = await asyncio.to_thread(self._jobs.submit, session.owner, config, text, aside=True)
        except BaseException:  # the queue is full, or whoever asked is gone
            self._end_runs(session, comparison)
            if before is None:
                del self._known[session]["compare"]
            else:
                self._known[session]["compare"] = before
            raise
        if comparison.busy:
            self._drive(session, comparison)
        else:  # it was stopped by now
            self._end_runs(session, comparison)
        return comparison

    async def evaluate(self, session: Session, model: object = "") -> Comparison:
        """Begin to measure one of the visitor's models, by default the one in use. If it is under way, it goes on.

        Raises:
            RefusedError: there is no such model, or another is being measured.
        """
        chosen = session.model() if model == "" else _own(session, model)
        going = self.find(session, "evaluate")
        if going is not None and going.busy:
            if going.columns[0].model != chosen:
                raise RefusedError("Another of your models is being measured. Wait until that is done.")
            return going
        comparison = self._begin(session, "evaluate", [_column(chosen)])
        self._drive(session, comparison)
        return comparison

    def stop(self, session: Session, slot: Slot = "compare") -> None:
        """End what is under way. Models that are trained by then stay among the visitor's.

        To be called on the event loop on which it was begun.

        Raises:
            RefusedError: nothing is under way.
        """
        comparison = self.find(session, slot)
        if comparison is None or not comparison.busy:
            raise RefusedError("Nothing is under way that could be stopped.")
        comparison.state = "stopped"
        self._end_runs(session, comparison)
        if comparison.driver is not None:
            comparison.driver.cancel()

    async def follow(self, session: Session) -> AsyncIterator[None]:
        """Now, and whenever there is news of either slot, until neither is under way."""
        with self._bell(session).heard() as news:
            while True:
                news.clear()
                yield
                if not any(comparison.busy for comparison in self._known.get(session, {}).values()):
                    return
                await news.wait()

    def _bell(self, session: Session) -> Bell:
        return self._bells.setdefault(session, Bell())

    def _begin(self, session: Session, slot: Slot, columns: list[Column]) -> Comparison:
        before = self.find(session, slot)
        if before is not None and before.busy:
            raise RefusedError("Your comparison has not ended yet. Stop it before you begin another.")
        text = session.corpus
        train, held_out = _split(text or corpus_tab.read_once(corpus_tab.ours(FALLBACK).data, FALLBACK))
        comparison = Comparison(text.name if text else FALLBACK, held_out, train, columns)
        self._known.setdefault(session, {})[slot] = comparison
        return comparison

    def _drive(self, session: Session, comparison: Comparison) -> None:
        comparison.driver = asyncio.create_task(self._go(session, comparison))
        self._bell(session).ring()

    async def _go(self, session: Session, comparison: Comparison) -> None:
        try:
            await asyncio.gather(*(self._train(session, column) for column in comparison.columns if column.run))
            await self._measure(session, comparison)
        except asyncio.CancelledError:
            comparison.state = "stopped"
        except Exception as error:
            comparison.state, comparison.problem = "failed", str(error)
            if not isinstance(error, ValueError):
                _log.exception("a comparison broke off")
                comparison.problem = (
                    "The comparison broke off at an unexpected error; the server's log has the details."
                )
        self._bell(session).ring()

    async def _train(self, session: Session, column: Column) -> None:
        """Follow a training to its end and take its model over."""
        bell = self._bell(session)
        try:
            async for status, events in self._jobs.watch(session.owner, column.run):
                column.status = status
                column.story.add(events)
                bell.ring()
            if status.model is None or status.state not in MODEL_STATES:
                column.problem = status.message
                return
            await asyncio.to_thread(self._trainings.collect, session, column.run, use=False)
            column.model = self._trainings.model(session, column.run)
        except ValueError as error:  # its file cannot be used, or the visitor is gone
            column.problem = str(error)
        finally:
            bell.ring()

    async def _measure(self, session: Session, comparison: Comparison) -> None:
        ready = {column: column.model.path for column in comparison.columns if column.model}
        if not ready:
            raise MeasuringError("None of the models was trained, so there is nothing to compare.")
        comparison.judge = _judge(session, comparison)
        bell = self._bell(session)

        def say(line: str) -> None:
            comparison.said = line
            bell.ring()

        comparison.state = "measuring"
        say("Getting ready to measure.")
        task = Task(
            tuple(ready.values()), comparison.sentences, comparison.real,
            comparison.judge.path if comparison.judge else None, ends=comparison.ends,
        )  # fmt: skip
        found = await self._measurer.measure(task, say)
        comparison.measured = dict(zip(ready, found, strict=True))
        comparison.real = ()  # it is large, and has done its work
        comparison.state = "done"

    def _end_runs(self, session: Session, comparison: Comparison) -> None:
        for column in comparison.columns:
            if column.run and column.model is None:
                try:
                    self._jobs.stop(session.owner, column.run)
                except JobError:
                    continue  # it has ended by itself


def _names(values: object, what: str) -> list[object]:
    """A list of different things. Raises RefusedError: it is none."""
    if not isinstance(values, list | tuple | None) or not all(isinstance(value, str) for value in values or ()):
        raise RefusedError(f"{what} are a list of names.")
    return list(dict.fromkeys(values or ()))


def _own(session: Session, model: object) -> Model:
    for known in session.models():
        if known.id == model:
            return known
    raise RefusedError("This model is not among yours. Choose one from the list.")


def _column(model: Model) -> Column:
    return Column(model.name, model.family, model.about, model)


def _judge(session: Session, comparison: Comparison) -> Model | None:
    """The first language model that is compared; or else one of the visitor's that has learned from the same text."""
    compared = [column.model for column in comparison.columns if column.model]
    learned = [model for model in session.models() if model.name == readable(comparison.text)]
    return next((model for model in [*compared, *learned] if not KINDS[model.family].space), None)


def _split(text: Corpus) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of a text: what models of it have learned from, and what they have not; no more than can be measured soon."""
    train, held_out = text.split()
    sizes = accumulate(len(sentence) for sentence in held_out[:SENTENCES])
    few = [sentence for sentence, size in zip(held_out, sizes, strict=False) if size <= CHARACTERS]
    return tuple(train[:READ]), tuple(few or held_out[:1])
