"""What the Compare tab and its endpoints do on behalf of a visitor: train, then measure. Pure of widgets.

A comparison is driven by a task of the server's own, so that it goes on when nobody looks; its trainings do so for as
long as any other that nobody watches, and then end with what they have learned.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vae.config.families import FAMILIES
from vae.messages.message import Message
from vae.serving.jobs.service import Jobs
from vae.serving.records.rows import ComparisonRow
from vae.serving.visitors.comparison import FALLBACK, SLOTS, Column, Comparison, Slot, split
from vae.serving.visitors.comparison_driver import ComparisonDriver
from vae.serving.visitors.comparison_record import from_json, to_json
from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.run_history import RunHistory
from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.trainings import Trainings, configure
from vae.serving.visitors.validation import choice
from vae.system.notifier import Notifier

if TYPE_CHECKING:
    from vae.config.config import Config
    from vae.serving.jobs.evaluation_process import EvaluatedModel
    from vae.serving.records.database import Records
    from vae.text.corpus import Corpus

MAX_MODELS = 4  # side by side
_log = logging.getLogger(__name__)


class Comparisons:
    """The comparisons and evaluations of all visitors: the newest of each.

    What is asked of them is asked on the event loop on which they were begun, but for `collect_interrupted_models`.

    Args:
        records: in which they outlast the server; None forgets them with it.
    """

    def __init__(self, jobs: Jobs, trainings: Trainings, records: Records | None = None) -> None:
        self._jobs, self._trainings, self._records = jobs, trainings, records
        self._driver = ComparisonDriver(jobs, trainings)
        self._newest: weakref.WeakKeyDictionary[Session, dict[Slot, Comparison]] = weakref.WeakKeyDictionary()
        self._looked_after: weakref.WeakSet[Session] = weakref.WeakSet()  # whose interrupted models were taken over
        self._notifiers: weakref.WeakKeyDictionary[Session, Notifier] = weakref.WeakKeyDictionary()

    def find(self, session: Session, slot: Slot = "compare") -> Comparison | None:
        """The visitor's newest, under way or over."""
        return self._slots(session).get(slot)

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

    async def measure(self, model: Path) -> tuple[EvaluatedModel, tuple[str, ...]]:
        """Measure a model on sentences of our own, for whoever is no visitor: its figures, and those sentences.

        Raises:
            EvaluationError: it cannot be measured, or too many wait.
        """
        _, sentences = await asyncio.to_thread(split, None)
        return await self._driver.measure(model, sentences), sentences

    def stop(self, session: Session, slot: Slot = "compare") -> None:
        """End what is under way. Models that are trained by then stay among the visitor's.

        Raises:
            RefusedError: nothing is under way.
        """
        comparison = self.find(session, slot)
        if comparison is None or not comparison.busy:
            raise RefusedError(Message("serving.nothing_to_stop"))
        comparison.state = "stopped"
        self._driver.end_runs(session, comparison)
        if comparison.driver is not None:
            comparison.driver.cancel()
        self._save(session, slot, comparison)
        self._notifier(session).notify()

    def collect_interrupted_models(self, session: Session) -> bool:
        """Take over what was trained for a comparison that nobody knows any more; whether there was any.

        Models go only where there are too many: so what is missing where there is room was never taken over.
        """
        if session in self._looked_after:
            return False
        self._looked_after.add(session)
        before = len(session.models())
        known = {column.run for one in self._newest.get(session, {}).values() for column in one.columns}
        for run in self._jobs.runs(session.owner):
            if not run.aside or run.run_id in known | session.run_models.keys() or session.is_full:
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
                busy = any(comparison.busy for comparison in self._slots(session).values())
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
        text = session.text
        comparison = Comparison(text.name if text else FALLBACK, columns, text_id=text.id if text else "")
        newest = self._slots(session)
        newest[slot] = comparison  # before anything is awaited, so that there is one
        session.pinned[slot] = {column.model.id for column in columns if column.model}
        try:
            comparison.real, comparison.sentences = await asyncio.to_thread(lambda: split(session.corpus))
            yield comparison
        except BaseException:  # the queue is full, or whoever asked is gone
            self._driver.end_runs(session, comparison)
            session.pinned[slot] = set()
            if newest[slot] is comparison:
                newest.pop(slot)
                newest.update({slot: before} if before else {})
            raise
        if comparison.busy:
            self._begin(session, slot, comparison)
        else:  # it was stopped by now
            self._driver.end_runs(session, comparison)
            session.pinned[slot] = set()
        self._save(session, slot, comparison)
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

    def _begin(self, session: Session, slot: Slot, comparison: Comparison) -> None:
        """Let a task of the server's own bring it to its end."""
        models = [column.model for column in comparison.columns]
        pinned = session.pinned[slot] = {model.id for model in models if model}

        async def drive() -> None:
            await self._driver.drive(session, comparison, pinned, self._notifier(session).notify)
            self._save(session, slot, comparison)

        comparison.driver = asyncio.create_task(drive())

    def _slots(self, session: Session) -> dict[Slot, Comparison]:
        """The visitor's newest ones. Of those that the records hold, what a restart has cut off goes on from now."""
        if session not in self._newest:
            self._newest[session] = kept = self._restored(session)
            for slot, comparison in kept.items():
                if comparison.busy:
                    self._begin(session, slot, comparison)
        return self._newest[session]

    def _restored(self, session: Session) -> dict[Slot, Comparison]:
        if self._records is None:
            return {}
        models = {model.id: model for model in session.models()}
        rows = {row.slot: row for row in self._records.every(ComparisonRow, owner=session.owner)}
        found = {slot: from_json(rows[slot].content, models) for slot in SLOTS if slot in rows}
        return {slot: comparison for slot, comparison in found.items() if comparison}

    def _save(self, session: Session, slot: Slot, comparison: Comparison) -> None:
        """Keep it in the records, as far as it is, unless there is a newer one or the visitor is gone."""
        if self._records is None or self.find(session, slot) is not comparison:
            return
        try:
            session.check_open()
            content = to_json(comparison)
            self._records.put(ComparisonRow(f"{session.owner}/{slot}", session.owner, slot, content, time.time()))
        except (RefusedError, sqlite3.Error) as error:  # it is there until the server ends
            _log.warning("a comparison could not be kept: %s", error)


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
