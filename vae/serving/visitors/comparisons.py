"""What the Compare tab and its endpoints do on behalf of a visitor: train, then measure. Pure of widgets.

A comparison is driven by a task of the server's own, so that it goes on when nobody looks; its trainings do so for as
long as any other that nobody watches, and then end with what they have learned.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vae.config.families import FAMILIES
from vae.messages.message import Message
from vae.serving.jobs import status_messages
from vae.serving.jobs.evaluation_process import EvaluationError, EvaluationRunner, EvaluationTask
from vae.serving.jobs.service import JobError, Jobs, Status
from vae.serving.jobs.status_messages import message_of
from vae.serving.visitors.comparison import FALLBACK, Column, Comparison, Slot, judge, split
from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.run_history import RunHistory
from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.trainings import MODEL_STATES, Trainings, configure
from vae.serving.visitors.validation import choice
from vae.system.notifier import Notifier

if TYPE_CHECKING:
    from vae.config.config import Config
    from vae.text.corpus import Corpus

MAX_MODELS = 4  # side by side
_log = logging.getLogger(__name__)


class Comparisons:
    """The comparisons and evaluations of all visitors: the newest of each."""

    def __init__(self, jobs: Jobs, trainings: Trainings) -> None:
        self._jobs, self._trainings = jobs, trainings
        self._runner = EvaluationRunner(process_limits=jobs.process_limits, threads=jobs.threads)
        self._newest: weakref.WeakKeyDictionary[Session, dict[str, Comparison]] = weakref.WeakKeyDictionary()
        self._notifiers: weakref.WeakKeyDictionary[Session, Notifier] = weakref.WeakKeyDictionary()

    def find(self, session: Session, slot: Slot = "compare") -> Comparison | None:
        """The visitor's newest, under way or over."""
        return self._newest.get(session, {}).get(slot)

    async def compare(
        self, session: Session, families: object, models: object, preset: object, settings: Mapping[str, object]
    ) -> Comparison:
        """Begin to train a model of each family on the visitor's text, and then to measure all.

        Args:
            families: names of FAMILIES.  models: ids of the visitor's models, beside those.
            preset, settings: of every training, as `configure` takes them.
        Raises:
            RefusedError: a value is none, there is nothing to compare, or one is under way.
            JobError: the trainings cannot be queued.
            ValueError: a setting is out of its range.
        """
        names = [choice(name, "Family", tuple(FAMILIES)) for name in _names(families, "Families")]
        chosen = [_own_model(session, model) for model in _names(models, "Models")]
        if not 2 <= len(names) + len(chosen) <= MAX_MODELS:
            raise RefusedError(Message("serving.choose_models", most=MAX_MODELS))
        text = await asyncio.to_thread(lambda: session.corpus) if names else None
        if names and text is None:
            raise RefusedError(session.text_problem or Message("serving.no_text"))
        configs = [configure(preset, {**settings, "family": name}) for name in names]
        new = [Column(FAMILIES[name].title, name, "trained here", history=RunHistory(name)) for name in names]
        async with self._new(session, "compare", [*new, *map(_column, chosen)]) as comparison:
            for column, config in zip(new, configs, strict=True):
                assert text is not None
                await self._submit(session, column, config, text)
        return comparison

    async def evaluate(self, session: Session, model: object = "") -> Comparison:
        """Begin to measure one of the visitor's models, by default the one in use. If it is under way, it goes on.

        Raises:
            RefusedError: there is no such model, or another is being measured.
        """
        chosen = session.model() if model == "" else _own_model(session, model)
        going = self.find(session, "evaluate")
        if going is not None and going.busy:
            if going.columns[0].model != chosen:
                raise RefusedError(Message("serving.other_model_measured"))
            return going
        async with self._new(session, "evaluate", [_column(chosen)]) as comparison:
            pass
        return comparison

    def stop(self, session: Session, slot: Slot = "compare") -> None:
        """End what is under way. Models that are trained by then stay among the visitor's.

        To be called on the event loop on which it was begun.

        Raises:
            RefusedError: nothing is under way.
        """
        comparison = self.find(session, slot)
        if comparison is None or not comparison.busy:
            raise RefusedError(Message("serving.nothing_to_stop"))
        comparison.state = "stopped"
        self._end_runs(session, comparison)
        if comparison.driver is not None:
            comparison.driver.cancel()
        self._notifier(session).notify()

    def collect_interrupted_models(self, session: Session) -> bool:
        """Take over what was trained for a comparison that a restart of the server has ended; whether there was any.

        Models go only where there are too many: so what is missing where there is room was never taken over.
        """
        if session in self._newest:
            return False
        before = len(session.models())
        for run in self._jobs.runs(session.owner):
            if not run.aside or run.run_id in session.run_models or session.is_full:
                continue
            try:
                if run.state in ("paused", "failed"):  # there is no Resume for it
                    self._jobs.stop(session.owner, run.run_id)
                self._trainings.collect_model(session, run.run_id, use=False)
            except ValueError:
                continue  # its file cannot be used, or it has just gone
        return len(session.models()) > before

    async def follow(self, session: Session) -> AsyncIterator[None]:
        """Now, and whenever there is news of either slot, until neither is under way."""
        with self._jobs.watching_group(session.owner), self._notifier(session).subscribe() as news:
            busy = True
            while busy:
                news.clear()
                busy = any(comparison.busy for comparison in self._newest.get(session, {}).values())
                yield  # who shows it may take a while: if all ends meanwhile, the end is shown next
                if busy:
                    await news.wait()

    def _notifier(self, session: Session) -> Notifier:
        return self._notifiers.setdefault(session, Notifier())

    @asynccontextmanager
    async def _new(self, session: Session, slot: Slot, columns: list[Column]) -> AsyncIterator[Comparison]:
        """A new one, driven from the end of the block on. If that fails, the one before is the newest again."""
        before = self.find(session, slot)
        if before is not None and before.busy:
            raise RefusedError(Message("serving.comparison_under_way"))
        comparison = Comparison(session.text.name if session.text else FALLBACK, columns)
        newest = self._newest.setdefault(session, {})
        newest[slot] = comparison  # before anything is awaited, so that there is one
        pinned = session.pinned[slot] = {column.model.id for column in columns if column.model}
        try:
            comparison.real, comparison.sentences = await asyncio.to_thread(lambda: split(session.corpus))
            yield comparison
        except BaseException:  # the queue is full, or whoever asked is gone
            self._end_runs(session, comparison)
            pinned.clear()
            if newest[slot] is comparison:
                newest.pop(slot)
                newest.update({slot: before} if before else {})
            raise
        if comparison.busy:
            comparison.driver = asyncio.create_task(self._drive(session, comparison, pinned))
        else:  # it was stopped by now
            self._end_runs(session, comparison)
            pinned.clear()
        self._notifier(session).notify()

    async def _submit(self, session: Session, column: Column, config: Config, text: Corpus) -> None:
        """Queue a training. Who leaves meanwhile leaves it known, so that it can be ended."""

        def submit() -> None:
            column.run = self._jobs.submit(session.owner, config, text, aside=True)

        submitting = asyncio.ensure_future(asyncio.to_thread(submit))
        try:
            await asyncio.shield(submitting)
        finally:
            await asyncio.wait({submitting})

    async def _drive(self, session: Session, comparison: Comparison, pinned: set[str]) -> None:
        try:
            await asyncio.gather(*(self._train(session, column, pinned) for column in comparison.columns if column.run))
            await self._measure(session, comparison, pinned)
        except asyncio.CancelledError:
            comparison.state = "stopped"
        except Exception as error:
            foreseen = isinstance(error, ValueError)
            problem = message_of(error) if foreseen else Message("serving.comparison_unforeseen")
            comparison.state, comparison.problem = "failed", problem
            self._end_runs(session, comparison)
            if not foreseen:
                _log.exception("a comparison broke off")
        finally:
            comparison.real = ()  # it is large, and has done its work
            pinned.clear()
            self._notifier(session).notify()

    async def _train(self, session: Session, column: Column, pinned: set[str]) -> None:
        """Follow a training to its end and take its model over."""
        notifier = self._notifier(session)
        try:
            status = await self._watched(session, column)
            if status.state in ("failed", "paused"):  # there is no Resume here: what it saved by now is all there is
                why = status_messages.without_advice(status.message)
                column.remark = Message("serving.column_broke_off", why=why)
                self._jobs.stop(session.owner, column.run)
                status = await self._watched(session, column)
            elif status.state == "diverged":
                column.remark = Message("serving.column_diverged")
            if status.model is None or status.state not in MODEL_STATES:
                column.problem = Message("serving.column_without_model", why=column.remark or status.message)
                return
            if column.remark:
                column.remark = Message("serving.column_best_model", why=column.remark)
            await asyncio.to_thread(self._trainings.collect_model, session, column.run, use=False)
            column.model = self._trainings.model(session, column.run)
            pinned.add(column.model.id)
        except ValueError as error:  # its file cannot be used, or the visitor is gone
            column.problem = message_of(error)
        finally:
            notifier.notify()

    async def _watched(self, session: Session, column: Column) -> Status:
        """Follow a training until it rests."""
        async for status, events in self._jobs.watch(session.owner, column.run, column.events_seen, attended=False):
            column.status = status
            column.events_seen += len(events)
            column.history.add(events)
            self._notifier(session).notify()
        return status

    async def _measure(self, session: Session, comparison: Comparison, pinned: set[str]) -> None:
        ready = {column: column.model.path for column in comparison.columns if column.model}
        if not ready:
            raise EvaluationError(Message("serving.nothing_to_compare"))
        comparison.judge = judge(session, comparison)
        if comparison.judge:
            pinned.add(comparison.judge.id)
        notifier = self._notifier(session)

        def report(message: Message) -> None:
            comparison.measuring = message
            notifier.notify()

        comparison.state = "measuring"
        report(Message("serving.measuring_starts"))
        task = EvaluationTask(
            tuple(ready.values()), comparison.sentences, comparison.real,
            comparison.judge.path if comparison.judge else None, ends=comparison.ends,
        )  # fmt: skip
        found = await self._runner.measure(task, report)
        for column, evaluated in zip(ready, found, strict=True):
            if isinstance(evaluated, Message):
                column.problem = evaluated
            else:
                comparison.evaluated[column] = evaluated
                if evaluated.evaluation.judge is None:  # its file cannot be used
                    comparison.judge = None
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
        raise RefusedError(Message("serving.not_names", what=what))
    return list(dict.fromkeys(values or ()))


def _own_model(session: Session, model: object) -> ModelEntry:
    for entry in session.models():
        if entry.id == model:
            return entry
    raise RefusedError(Message("serving.not_your_model"))


def _column(model: ModelEntry) -> Column:
    return Column(model.name, model.family, model.about, model)
