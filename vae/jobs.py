"""Trainings of many users in worker processes: submit, watch, pause, resume, stop.

Worker processes come from a fork server that has torch imported, or are spawned. Both ways import the
program's `__main__` again: make `Jobs` only under `if __name__ == "__main__":` or in a function called from
there, and keep imports that trainings do not need out of the top level of that file.

What a run says and saves is in its folder under the root; which runs there are, and whose, is kept in memory.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import secrets
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from vae.config import Config
from vae.corpus import Corpus
from vae.eventlog import EventLog
from vae.events import Event
from vae.job import RESTING, Job, JobError, RunInfo, Status, remove
from vae.machine import cores, slots_for
from vae.pool import Pool, Report
from vae.store import Run
from vae.worker import Failed, Task

__all__ = ["RESTING", "JobError", "Jobs", "RunInfo", "Status"]
_log = logging.getLogger(__name__)


class Jobs:
    """The trainings of all users, `slots` at a time. Every method may be called from any thread.

    A user is known by an unguessable token, `owner`. What takes a run id raises `JobError` if that user has no
    such run, in the same words whether or not somebody else has.

    Args:
        root: folder that gets a folder for each run.
        slots: trainings at once; None takes the environment's `VAE_SLOTS`, or else one for every two cores.
        start_method: "forkserver" or "spawn"; None takes what suits the system.
        queue_size: how many runs may wait.
    """

    def __init__(
        self, root: Path, *, slots: int | None = None, start_method: str | None = None, queue_size: int = 30
    ) -> None:
        # macOS has a fork server, too, but its system libraries do not survive a fork.
        method = start_method or ("forkserver" if sys.platform == "linux" else "spawn")
        processors = cores()
        self._root = root
        self._slots = slots or slots_for(processors)
        self._queue_size = queue_size
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []  # in the order of asking
        self._round = 0  # the highest of a run that was started
        self._closed = False
        # No core is set aside for the pages: workers are niced, and their threads wait for each other asleep.
        threads = max(1, processors // self._slots)
        self._pool = Pool(self._slots, threads, method, self._lock, self._next_task, self._hear)
        atexit.register(self.close)

    def warm(self) -> None:
        """Start a process now, so that the first training does not wait seconds for its imports."""
        self._pool.wake()

    def submit(
        self, owner: str, config: Config, corpus: Corpus, *, start_from: Path | None = None, aside: bool = False
    ) -> str:
        """Queue a training; returns its unguessable id. `aside`: it is part of something larger, as `runs` tells.

        Raises:
            JobError: the queue is full, or the text cannot be stored.
        """
        with self._lock:
            self._check_room()
        run_id = secrets.token_urlsafe(16)
        run = Run(self._root / run_id)
        job = Job(run_id, owner, corpus.name, run, EventLog(run.events), config, start_from, aside)
        try:
            job.store(corpus)
            with self._lock:
                self._check_room()
                self._jobs[run_id] = job
                self._enqueue(job)
        except BaseException:
            remove(run)
            raise
        return run_id

    def resume(self, owner: str, run_id: str) -> None:
        """Queue a paused or failed run again; it goes on where it was last saved.

        Raises:
            JobError: it is not at rest, would break off again, or the queue is full.
        """
        with self._lock:
            job = self._find(owner, run_id)
            if job.state not in ("paused", "failed"):
                raise JobError("Only a paused or broken-off run can be resumed.")
            if not job.resumable:
                raise JobError("This run would break off again in the same way. Start a new one.")
            self._check_room()
            self._enqueue(job)

    def pause(self, owner: str, run_id: str) -> None:
        """Save the exact state of a run and free its slot; a waiting run leaves the queue.

        Raises:
            JobError: it is not going on.
        """
        with self._lock:
            job = self._find(owner, run_id)
            if job.state == "waiting":
                self._queue.remove(job)
                job.rest("paused", "Paused while it waited; Resume queues it again.")
                self._ring()
            elif job.state in ("starting", "running"):
                self._ask(job, "pause", "pausing", "Saving its state.")
            elif job.state not in ("pausing", "paused"):
                raise JobError("This run is not going on, so it cannot be paused.")

    def stop(self, owner: str, run_id: str) -> None:
        """End a run for good and keep its best model, if it has one; a waiting run is cancelled.

        Raises:
            JobError: it has ended.
        """
        with self._lock:
            job = self._find(owner, run_id)
            if job.state in ("starting", "running", "pausing"):
                self._ask(job, "stop", "stopping", "Saving its best model.")
            elif job.state in ("waiting", "paused", "failed"):
                self._stop_resting(job)
            elif job.state != "stopping":
                raise JobError("This run has ended already.")

    def forget(self, owner: str) -> None:
        """Remove all runs of a user and their folders. What is under way is ended first, soon and by itself."""
        with self._lock:
            mine = [job for job in self._jobs.values() if job.owner == owner]
            busy = self._pool.busy()
            for job in mine:
                del self._jobs[job.run_id]
                if job in self._queue:
                    self._queue.remove(job)
                self._pool.tell(job.run_id, "pause")  # ends sooner than a stop, which measures the model
                job.bell.ring()
            self._ring()
        for job in mine:
            if job.run_id not in busy:
                remove(job.run)

    def status(self, owner: str, run_id: str) -> Status:
        """Where a run stands."""
        with self._lock:
            job = self._find(owner, run_id)
            model = job.model or (str(job.run.best) if job.run.best.exists() else None)
            if job.state != "waiting":
                return Status(job.state, 0, job.message, model, job.resumable, job.config.family)
            place = self._order().index(job) + 1 + len(self._pool.busy()) - self._slots
            if place <= 0:  # a worker is about to take it
                return Status("starting", 0, "Starting.", model, family=job.config.family)
            others = "Another training is" if self._slots == 1 else f"{self._slots} other trainings are"
            yours = "yours is next." if place == 1 else f"yours is number {place} in the queue."
            return Status("waiting", place, f"{others} running; {yours}", model, family=job.config.family)

    def events(self, owner: str, run_id: str, after: int = 0) -> list[Event]:
        """What the run has told so far, without the first `after` events."""
        with self._lock:
            log = self._find(owner, run_id).log
        return log.read(after)

    async def watch(self, owner: str, run_id: str, after: int = 0) -> AsyncIterator[tuple[Status, list[Event]]]:
        """The status and the new events whenever either changes, until the run rests (see RESTING).

        After a resume, watch on from where the last watch ended.
        """
        with self._lock:
            job = self._find(owner, run_id)
        told = None
        with job.bell.heard() as news:
            while told is None or told.state not in RESTING:
                news.clear()
                status = self.status(owner, run_id)  # before the events: at the end it has them all
                events = await asyncio.to_thread(job.log.read, after)
                after += len(events)
                if events or status != told:
                    yield status, events
                    told = status
                else:
                    await news.wait()

    def runs(self, owner: str) -> list[RunInfo]:
        """All runs of a user, oldest first."""
        with self._lock:
            mine = [job for job in self._jobs.values() if job.owner == owner]
            return [RunInfo(job.run_id, job.name, self.status(owner, job.run_id).state, job.aside) for job in mine]

    def close(self) -> None:
        """End all workers; trainings save their state if they can within seconds. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        atexit.unregister(self.close)
        self._pool.close()
        with self._lock:
            for job in self._jobs.values():
                if job.state not in RESTING:
                    job.fail("The server was shut down.")
            self._ring()

    def _ring(self) -> None:
        """A status has changed, and with it perhaps the places of all that wait."""
        for job in self._jobs.values():
            job.bell.ring()

    def _find(self, owner: str, run_id: str) -> Job:
        job = self._jobs.get(run_id) if isinstance(run_id, str) else None
        if job is None or job.owner != owner:
            raise JobError("This run was not found. Perhaps the server was restarted: start it anew.")
        return job

    def _check_room(self) -> None:
        if self._closed:
            raise JobError("The server is shutting down. Try again in a few minutes.")
        if len(self._queue) >= self._queue_size:
            raise JobError(f"{len(self._queue)} trainings are waiting already. Try again in a few minutes.")

    def _enqueue(self, job: Job, state: str = "waiting", message: str = "") -> None:
        others = (
            j.round for j in self._jobs.values() if j.owner == job.owner and j.state not in RESTING and j is not job
        )
        job.round = max(self._round, max(others, default=-1) + 1)
        job.state, job.message = state, message
        self._queue.append(job)
        self._pool.wake()
        self._ring()

    def _order(self) -> list[Job]:
        """The queue as it is served: what only saves a model, then everyone's first run before a second."""
        return sorted(self._queue, key=lambda job: (job.state != "stopping", job.round))

    def _ask(self, job: Job, request: str, state: str, message: str) -> None:
        job.state, job.message = state, message
        self._pool.tell(job.run_id, request)
        self._ring()

    def _stop_resting(self, job: Job) -> None:
        if job in self._queue:
            self._queue.remove(job)
        if job.run.state.exists() and not job.run.best.exists():
            self._enqueue(job, "stopping", "Waiting for a free place to save its model.")
        elif job.run.best.exists():
            job.rest("stopped", "Stopped; its best model is kept.", str(job.run.best))
        else:
            job.rest("stopped", "Cancelled before it had a model.")
        self._ring()

    # The pool calls these on its own thread, with the lock held.

    def _next_task(self) -> Task | None:
        if not self._queue:
            return None
        job = self._order()[0]
        self._queue.remove(job)
        self._round = max(self._round, job.round)
        stop = job.state == "stopping"
        if not stop:
            job.state, job.message = "starting", "Reading the text and building the model."
        self._ring()
        return Task(job.run_id, job.run.folder, job.config, job.start_from, job.name, stop)

    def _hear(self, run_id: str, report: Report) -> None:
        job = self._jobs.get(run_id)
        if job is None:  # it was forgotten
            if not isinstance(report, str):
                remove(Run(self._root / run_id))
        elif isinstance(report, str):  # "running"
            if job.state == "starting":
                job.state, job.message = "running", "Training."
            job.bell.ring()
        elif isinstance(report, Failed):
            _log.error("run %s broke off: %s", run_id, report.details)
            if report.resumable:
                job.fail(report.message)
            else:
                job.rest("failed", report.message, resumable=False)
        elif report.reason == "paused" and job.state == "stopping":  # both were asked for
            self._stop_resting(job)
        else:
            job.rest(report.reason, report.message, report.path)
        if not isinstance(report, str):
            self._ring()
