"""A comparison driven to its end: trainings are followed and their models taken over, then all models are measured."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from vae.messages.message import Message
from vae.serving.jobs import status_messages
from vae.serving.jobs.evaluation_process import EvaluatedModel, EvaluationError, EvaluationRunner, EvaluationTask
from vae.serving.jobs.service import JobError, Jobs, Status
from vae.serving.jobs.status_messages import message_of
from vae.serving.visitors.comparison import Column, Comparison, judge, split
from vae.serving.visitors.session import Session
from vae.serving.visitors.trainings import MODEL_STATES, Trainings

_log = logging.getLogger(__name__)


class ComparisonDriver:
    """Brings comparisons to their ends, by way of a server's jobs."""

    def __init__(self, jobs: Jobs, trainings: Trainings) -> None:
        self._jobs, self._trainings = jobs, trainings
        self._runner = EvaluationRunner(process_limits=jobs.process_limits, threads=jobs.threads)

    async def drive(
        self, session: Session, comparison: Comparison, pinned: set[str], changed: Callable[[], None]
    ) -> None:
        """Train and measure. It is under way still when it is cancelled, or when the server is shut down meanwhile.

        Args:
            pinned: takes the ids of models that are needed until then.
            changed: is called whenever there is news.
        """
        try:
            if not comparison.real:  # a restart of the server lies between
                comparison.real = await asyncio.to_thread(_real, session, comparison)
            trained = [column for column in comparison.columns if column.run]
            await asyncio.gather(*(self._train(session, column, pinned, changed) for column in trained))
            await self._measure(session, comparison, pinned, changed)
        except asyncio.CancelledError:
            pass
        except Exception as error:
            foreseen = isinstance(error, ValueError)
            problem = message_of(error) if foreseen else Message("serving.comparison_unforeseen")
            comparison.state, comparison.problem = "failed", problem
            self.end_runs(session, comparison)
            if not foreseen:
                _log.exception("a comparison broke off")
        finally:
            comparison.real = ()  # it is large, and has done its work
            pinned.clear()
            changed()

    async def _train(self, session: Session, column: Column, pinned: set[str], changed: Callable[[], None]) -> None:
        """Follow a training to its end and take its model over."""
        try:
            status = await self._watched(session, column, changed)
            if status.state in ("failed", "paused"):  # there is no Resume here: what it saved by now is all there is
                why = status_messages.without_advice(status.message)
                column.remark = Message("serving.column_broke_off", why=why)
                self._jobs.stop(session.owner, column.run)
                status = await self._watched(session, column, changed)
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
            column.note_curve()
            changed()

    async def _watched(self, session: Session, column: Column, changed: Callable[[], None]) -> Status:
        """Follow a training until it rests. Raises CancelledError: the server is shut down, and it goes on later."""
        async for status, events in self._jobs.watch(session.owner, column.run, column.events_seen, attended=False):
            column.status = status
            column.events_seen += len(events)
            column.history.add(events)
            changed()
        if status.message.key == "serving.shut_down":
            raise asyncio.CancelledError
        return status

    async def _measure(
        self, session: Session, comparison: Comparison, pinned: set[str], changed: Callable[[], None]
    ) -> None:
        ready = {column: column.model.path for column in comparison.columns if column.model}
        if not ready:
            raise EvaluationError(Message("serving.nothing_to_compare"))
        comparison.judge = judge(session, comparison)
        if comparison.judge:
            pinned.add(comparison.judge.id)

        def report(message: Message) -> None:
            comparison.measuring = message
            changed()

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

    async def measure(self, model: Path, sentences: tuple[str, ...]) -> EvaluatedModel:
        """A model alone, with nothing kept of it. Raises EvaluationError: it cannot be measured."""
        (found,) = await self._runner.measure(EvaluationTask((model,), sentences), lambda message: None)
        if isinstance(found, Message):
            raise EvaluationError(found)
        return found

    def end_runs(self, session: Session, comparison: Comparison) -> None:
        """Stop what is still being trained for it."""
        for column in comparison.columns:
            if column.run and column.model is None:
                try:
                    self._jobs.stop(session.owner, column.run)
                except JobError:
                    continue  # it has ended by itself


def _real(session: Session, comparison: Comparison) -> tuple[str, ...]:
    """What models have learned from; nothing if the visitor has another text by now."""
    same = (session.text.id if session.text else "") == comparison.text_id
    return split(session.corpus)[0] if same else ()
