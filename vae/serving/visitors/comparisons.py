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
from vae.serving.jobs.evaluation_process import EvaluationError, EvaluationRunner, EvaluationTask
from vae.serving.jobs.job import ANEW, GOES_ON, KEPT
from vae.serving.jobs.service import JobError, Jobs, Status
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

MOST = 4  # models side by side
_log = logging.getLogger(__name__)


class Comparisons:
    """The comparisons and evaluations of all visitors: the newest of each."""

    def __init__(self, jobs: Jobs, trainings: Trainings) -> None:
        self._jobs, self._trainings = jobs, trainings
        self._measurer = EvaluationRunner(manners=jobs.manners, threads=jobs.threads)
        self._known: weakref.WeakKeyDictionary[Session, dict[str, Comparison]] = weakref.WeakKeyDictionary()
        self._bells: weakref.WeakKeyDictionary[Session, Notifier] = weakref.WeakKeyDictionary()

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
        kinds = [choice(name, "Family", tuple(FAMILIES)) for name in _names(families, "Families")]
        chosen = [_own(session, model) for model in _names(models, "Models")]
        if not 2 <= len(kinds) + len(chosen) <= MOST:
            raise RefusedError(f"Choose two to {MOST} models to compare: families to train, or models that you have.")
        text = await asyncio.to_thread(lambda: session.corpus) if kinds else None
        if kinds and text is None:
            raise RefusedError(session.lost or "There is no text to train on yet. Choose one in Corpus first.")
        configs = [configure(preset, {**settings, "family": kind}) for kind in kinds]
        new = [Column(FAMILIES[kind].title, kind, "trained here", story=RunHistory(kind)) for kind in kinds]
        async with self._begun(session, "compare", [*new, *map(_column, chosen)]) as comparison:
            for column, config in zip(new, configs, strict=True):
                assert text is not None
                await self._submit(session, column, config, text)
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
        async with self._begun(session, "evaluate", [_column(chosen)]) as comparison:
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
            raise RefusedError("Nothing is under way that could be stopped.")
        comparison.state = "stopped"
        self._end_runs(session, comparison)
        if comparison.driver is not None:
            comparison.driver.cancel()
        self._bell(session).ring()

    def adopt(self, session: Session) -> bool:
        """Take over what was trained for a comparison that a restart of the server has ended; whether there was any.

        Models go only where there are too many: so what is missing where there is room was never taken over.
        """
        if session in self._known:
            return False
        before = len(session.models())
        for run in self._jobs.runs(session.owner):
            if not run.aside or run.run_id in session.collected or session.full:
                continue
            try:
                if run.state in ("paused", "failed"):  # there is no Resume for it
                    self._jobs.stop(session.owner, run.run_id)
                self._trainings.collect(session, run.run_id, use=False)
            except ValueError:
                continue  # its file cannot be used, or it has just gone
        return len(session.models()) > before

    async def follow(self, session: Session) -> AsyncIterator[None]:
        """Now, and whenever there is news of either slot, until neither is under way."""
        with self._jobs.attending(session.owner), self._bell(session).heard() as news:
            while True:
                news.clear()
                yield
                if not any(comparison.busy for comparison in self._known.get(session, {}).values()):
                    return
                await news.wait()

    def _bell(self, session: Session) -> Notifier:
        return self._bells.setdefault(session, Notifier())

    @asynccontextmanager
    async def _begun(self, session: Session, slot: Slot, columns: list[Column]) -> AsyncIterator[Comparison]:
        """A new one, driven from the end of the block on. If that fails, the one before is the newest again."""
        before = self.find(session, slot)
        if before is not None and before.busy:
            raise RefusedError("Your comparison has not ended yet. Stop it before you begin another.")
        comparison = Comparison(session.text.name if session.text else FALLBACK, columns)
        known = self._known.setdefault(session, {})
        known[slot] = comparison  # before anything is awaited, so that there is one
        held = session.held[slot] = {column.model.id for column in columns if column.model}
        try:
            comparison.real, comparison.sentences = await asyncio.to_thread(lambda: split(session.corpus))
            yield comparison
        except BaseException:  # the queue is full, or whoever asked is gone
            self._end_runs(session, comparison)
            held.clear()
            if known[slot] is comparison:
                known.pop(slot)
                known.update({slot: before} if before else {})
            raise
        if comparison.busy:
            comparison.driver = asyncio.create_task(self._go(session, comparison, held))
        else:  # it was stopped by now
            self._end_runs(session, comparison)
            held.clear()
        self._bell(session).ring()

    async def _submit(self, session: Session, column: Column, config: Config, text: Corpus) -> None:
        """Queue a training. Who leaves meanwhile leaves it known, so that it can be ended."""

        def submit() -> None:
            column.run = self._jobs.submit(session.owner, config, text, aside=True)

        submitting = asyncio.ensure_future(asyncio.to_thread(submit))
        try:
            await asyncio.shield(submitting)
        finally:
            await asyncio.wait({submitting})

    async def _go(self, session: Session, comparison: Comparison, held: set[str]) -> None:
        try:
            await asyncio.gather(*(self._train(session, column, held) for column in comparison.columns if column.run))
            await self._measure(session, comparison, held)
        except asyncio.CancelledError:
            comparison.state = "stopped"
        except Exception as error:
            comparison.state, comparison.problem = "failed", str(error)
            self._end_runs(session, comparison)
            if not isinstance(error, ValueError):
                _log.exception("a comparison broke off")
                comparison.problem = (
                    "The comparison broke off at an unexpected error; the server's log has the details."
                )
        finally:
            comparison.real = ()  # it is large, and has done its work
            held.clear()
            self._bell(session).ring()

    async def _train(self, session: Session, column: Column, held: set[str]) -> None:
        """Follow a training to its end and take its model over."""
        bell = self._bell(session)
        try:
            status = await self._watched(session, column)
            if status.state in ("failed", "paused"):  # there is no Resume here: what it saved by now is all there is
                why = status.message
                for advice in (KEPT, ANEW, GOES_ON):
                    why = why.removesuffix(advice)
                column.remark = f"Its training broke off. {why.strip()}"
                self._jobs.stop(session.owner, column.run)
                status = await self._watched(session, column)
            elif status.state == "diverged":
                column.remark = "Its loss ran away, so its training stopped itself."
            if status.model is None or status.state not in MODEL_STATES:
                column.problem = f"{column.remark or status.message} There is no model of it to compare."
                return
            if column.remark:
                column.remark += " What is compared is its best model until then."
            await asyncio.to_thread(self._trainings.collect, session, column.run, use=False)
            column.model = self._trainings.model(session, column.run)
            held.add(column.model.id)
        except ValueError as error:  # its file cannot be used, or the visitor is gone
            column.problem = str(error)
        finally:
            bell.ring()

    async def _watched(self, session: Session, column: Column) -> Status:
        """Follow a training until it rests."""
        async for status, events in self._jobs.watch(session.owner, column.run, column.told, attended=False):
            column.status = status
            column.told += len(events)
            column.story.add(events)
            self._bell(session).ring()
        return status

    async def _measure(self, session: Session, comparison: Comparison, held: set[str]) -> None:
        ready = {column: column.model.path for column in comparison.columns if column.model}
        if not ready:
            raise EvaluationError("None of the models was trained, so there is nothing to compare.")
        comparison.judge = judge(session, comparison)
        if comparison.judge:
            held.add(comparison.judge.id)
        bell = self._bell(session)

        def say(line: str) -> None:
            comparison.said = line
            bell.ring()

        comparison.state = "measuring"
        say("Getting ready to measure.")
        task = EvaluationTask(
            tuple(ready.values()), comparison.sentences, comparison.real,
            comparison.judge.path if comparison.judge else None, ends=comparison.ends,
        )  # fmt: skip
        found = await self._measurer.measure(task, say)
        for column, known in zip(ready, found, strict=True):
            if isinstance(known, str):
                column.problem = known
            else:
                comparison.measured[column] = known
                if known.evaluation.judge is None:  # its file cannot be used
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
        raise RefusedError(f"{what} are a list of names.")
    return list(dict.fromkeys(values or ()))


def _own(session: Session, model: object) -> ModelEntry:
    for known in session.models():
        if known.id == model:
            return known
    raise RefusedError("This model is not among yours. Choose one from the list.")


def _column(model: ModelEntry) -> Column:
    return Column(model.name, model.family, model.about, model)
