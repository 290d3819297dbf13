"""Trainings of many users in worker processes: submit, watch, pause, resume, stop.

Worker processes come from a fork server that has torch imported, or are spawned. Both ways import the
program's `__main__` again: make `Jobs` only under `if __name__ == "__main__":` or in a function called from
there, and keep imports that trainings do not need out of the top level of that file.

What a run says and saves is in its folder under the root; which runs there are, whose, and where they stand is in the
records, so that a server which was ended in any way goes on with all of them when it is back.
"""

from __future__ import annotations

import asyncio
import atexit
import secrets
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from vae.config.config import Config
from vae.messages.message import Message
from vae.model import size
from vae.serving.jobs import status_messages
from vae.serving.jobs.job import ENDED, RESTING, Job, JobError, JobRequest, RunInfo, Status
from vae.serving.jobs.job_files import JobFiles
from vae.serving.jobs.job_log import log_run
from vae.serving.jobs.origins import Origin
from vae.serving.jobs.pace import Forecast
from vae.serving.jobs.registry import RunRegistry
from vae.serving.jobs.rules import JobRules
from vae.serving.jobs.worker_pool import WorkerPool
from vae.serving.limits import Limits
from vae.serving.records.database import Records
from vae.system.resources import ProcessLimits, cores, memory, resident_memory, share_of_memory
from vae.text.corpus import Corpus
from vae.training.events import Event

__all__ = ["ENDED", "RESTING", "JobError", "Jobs", "RunInfo", "Status"]
_CHECK_EVERY = 5.0  # seconds at most until a run is found that nobody watches


class Jobs:
    """The trainings of all users, some at a time. Every method may be called from any thread.

    A user is known by an unguessable token, `owner`. What takes a run id raises `JobError` if that user has no
    such run, in the same words whether or not somebody else has.

    Args:
        root: folder that gets a folder for each run.
        records: in which it is kept what runs there are; None keeps it in the root.
        limits: None takes those that the environment names.
        start_method: "forkserver" or "spawn"; None takes what suits the system.
        grace: seconds that a run goes on while nobody watches.  longest: seconds of one; None takes those of `limits`.

    Attributes:
        process_limits: of each of the processes.  threads: of each, 0 where that depends.
    """

    def __init__(
        self, root: Path, *, records: Records | None = None, limits: Limits | None = None,
        start_method: str | None = None, grace: float | None = None, longest: float | None = None,
    ) -> None:  # fmt: skip
        # macOS has a fork server, too, but its system libraries do not survive a fork.
        method = start_method or ("forkserver" if sys.platform == "linux" else "spawn")
        limits = limits or Limits.from_environment()
        processors = cores()
        rules = JobRules(
            limits, limits.slots or max(1, processors // 2), processors,
            60.0 * limits.grace if grace is None else grace, 60.0 * limits.minutes if longest is None else longest,
        )  # fmt: skip
        self._root, self._rules, self._closed = root, rules, False
        self._own_records = None if records else Records(root / "records.sqlite3")
        self._lock = threading.RLock()
        self._runs = RunRegistry(root, records or cast(Records, self._own_records), rules, lambda: self._pool.busy())
        share = share_of_memory(rules.slots, limits.memory_mb * 1_000_000 or memory())
        self.process_limits, self.threads = ProcessLimits(limits.nice, share), limits.threads
        self._pool = WorkerPool(
            rules.slots, self.process_limits, method, self._lock, next_task=self._runs.next_task,
            on_report=self._runs.handle, on_tick=self._check_runs, tick=min(_CHECK_EVERY, rules.grace / 2),
        )  # fmt: skip
        with self._lock:
            self._runs.restore()
            if len(self._runs.queue):
                self._pool.wake()
        atexit.register(self.close)

    def warm(self) -> None:
        """Start a process now, so that the first training does not wait seconds for its imports."""
        self._pool.wake()

    def note_origin(self, owner: str, origin: Origin) -> None:
        """Where a user is: those of one place hold a part of the queue only."""
        with self._lock:
            self._runs.origins.note(owner, origin)

    def submit(
        self, owner: str, config: Config, corpus: Corpus, *, start_from: Path | None = None, aside: bool = False
    ) -> str:
        """Queue a training; returns its unguessable id. `aside`: it is part of something larger, as `runs` tells.

        The oldest ended run of a user makes room where they have as many as they may.

        Raises:
            JobError: the queue is full, or as full as it may be of users of one place, this user has too many runs
                under way, the model is too large, or the text cannot be stored.
        """
        weights, allowed = size.min_parameter_count(config), self._rules.parameters
        if start_from is None and weights > allowed:
            raise JobError(status_messages.too_large(weights, allowed, at_least=True))
        with self._lock:
            self._check_open()
            self._runs.check_queue(owner)
            self._runs.runs_in_the_way(owner)
        run_id = secrets.token_urlsafe(16)
        job = Job(run_id, JobRequest(owner, corpus.name, config, start_from, aside), JobFiles.of(self._root / run_id))
        try:
            job.store(corpus)
            with self._lock:
                self._check_open()
                self._runs.check_queue(owner)
                for old in self._runs.runs_in_the_way(owner):
                    self._runs.remove(old)
                self._runs.add(job)
                if job.progress.unsaved:
                    self._runs.remove(job)
                    raise JobError(Message("serving.training_not_stored"))
                self._pool.wake()
        except BaseException:
            job.files.remove()
            raise
        log_run(job, "queued")
        return run_id

    def resume(self, owner: str, run_id: str) -> None:
        """Queue a paused or failed run again; it goes on where it was last saved.

        Raises:
            JobError: it is not at rest, would break off again, or the queue is full.
        """
        with self._lock:
            job = self._runs.find(owner, run_id)
            if job.state not in ("paused", "failed"):
                raise JobError(Message("serving.not_resumable_now"))
            if not job.progress.resumable:
                raise JobError(Message("serving.would_break_off_again"))
            self._check_open()
            self._runs.check_queue(owner)
            job.audience.look()
            self._runs.enqueue(job)
            self._pool.wake()
        log_run(job, "resumed")

    def pause(self, owner: str, run_id: str) -> None:
        """Save the exact state of a run and free its slot; a waiting run leaves the queue.

        Raises:
            JobError: it is not going on.
        """
        with self._lock:
            job = self._runs.find(owner, run_id)
            if job.state == "waiting":
                self._runs.settle(job, "paused", status_messages.PAUSED_WAITING)
            elif job.state in ("starting", "running"):
                self._request(job, "pause", "pausing", status_messages.SAVING_STATE)
            elif job.state not in ("pausing", "paused"):
                raise JobError(Message("serving.not_pausable"))

    def stop(self, owner: str, run_id: str) -> None:
        """End a run for good and keep its best model, if it has one; a waiting run is cancelled.

        Raises:
            JobError: it has ended.
        """
        with self._lock:
            job = self._runs.find(owner, run_id)
            self._check_open()
            if job.state in ("starting", "running", "pausing"):
                self._request(job, "stop", "stopping", Message("serving.saving_model"))
            elif job.state in ("waiting", "paused", "failed"):
                self._runs.stop_idle(job)
                self._pool.wake()
            elif job.state != "stopping":
                raise JobError(Message("serving.ended_already"))

    def forget(self, owner: str) -> None:
        """Remove all runs of a user and their folders. What is under way is ended first, soon and by itself."""
        with self._lock:
            for job in self._runs.of_owner(owner):
                self._pool.send(job.run_id, "pause")  # ends sooner than a stop, which measures the model
                self._runs.remove(job)
                log_run(job, "forgotten")
            self._runs.notify_all()

    def status(self, owner: str, run_id: str) -> Status:
        """Where a run stands. To ask is to watch it."""
        with self._lock:
            job = self._runs.find(owner, run_id)
            job.audience.look()
            return self._runs.status(job)

    def events(self, owner: str, run_id: str, after: int = 0) -> list[Event]:
        """What the run has told so far, without the first `after` events. To ask is to watch it."""
        with self._lock:
            job = self._runs.find(owner, run_id)
            job.audience.look()
        return job.files.log.read(after)

    async def watch(
        self, owner: str, run_id: str, after: int = 0, *, attended: bool = True
    ) -> AsyncIterator[tuple[Status, list[Event]]]:
        """The status and the new events whenever either changes, until the run rests (see RESTING).

        After a resume, watch on from where the last watch ended. `attended`: somebody sees it; a program that follows
        a run on its own must not keep it going for ever.
        """
        with self._lock:
            job = self._runs.find(owner, run_id)
            job.audience.watchers += attended
        sent = None
        try:
            with job.changes.subscribe() as news:
                while sent is None or sent.state not in RESTING:
                    news.clear()
                    with self._lock:  # before the events: at the end it has them all
                        status = self._runs.status(self._runs.find(owner, run_id))
                    events = await asyncio.to_thread(job.files.log.read, after)
                    after += len(events)
                    if events or status != sent:
                        yield status, events
                        sent = status
                    else:
                        await news.wait()
        finally:
            with self._lock:
                job.audience.watchers -= attended
                if attended:
                    job.audience.look()

    @contextmanager
    def watching_group(self, owner: str) -> Iterator[None]:
        """Somebody sees, for as long as the block lasts, what a user's runs that are part of something larger do."""
        with self._lock:
            self._runs.watch_group(owner, 1)
        try:
            yield
        finally:
            with self._lock:
                self._runs.watch_group(owner, -1)

    def runs(self, owner: str) -> list[RunInfo]:
        """All runs of a user, oldest first."""
        with self._lock:
            return [self._runs.info(job) for job in self._runs.of_owner(owner)]

    def forecast(self, owner: str, config: Config) -> Forecast:
        """What can be told of a training before a user asks for it."""
        with self._lock:
            return self._runs.forecast(owner, config)

    def health(self) -> dict[str, Any]:
        """Figures of all runs, nobody's in particular: `slots`, `busy` and `waiting`; `runs` by state; `workers`: the
        bytes that each of the processes has in memory, by its id, or None where nobody can tell."""
        with self._lock:
            return {
                "slots": self._rules.slots, "busy": len(self._pool.busy()), "waiting": len(self._runs.queue),
                "runs": self._runs.states(), "workers": {pid: resident_memory(pid) for pid in self._pool.processes()},
            }  # fmt: skip

    def close(self) -> None:
        """End all workers; trainings save their state if they can within seconds, and the next `Jobs` of these records
        goes on with them. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        atexit.unregister(self.close)
        self._pool.close()
        with self._lock:
            for job in self._runs.all():
                if job.state not in RESTING:  # for those who still watch; in the records it goes on
                    job.progress.state, job.progress.message = "paused", Message("serving.shut_down")
            self._runs.notify_all()
            if self._own_records:
                self._own_records.close()

    def _check_open(self) -> None:
        if self._closed:
            raise JobError(Message("serving.shutting_down"))

    def _request(self, job: Job, request: str, state: str, message: Message, reason: Message | None = None) -> None:
        """Ask the worker of a run to "pause" or "stop"."""
        job.progress.state, job.progress.message, job.progress.pause_reason = state, message, reason
        self._pool.send(job.run_id, request)
        self._runs.save(job)
        self._runs.notify_all()

    def _check_runs(self) -> None:
        """Called by the pool now and then, on its own thread, with the lock held."""
        for job in self._runs.all():
            if job.progress.unsaved and self._runs.save(job):
                job.tidy()
            if job.state in ("starting", "running") and self._runs.seconds_unwatched(job) > self._rules.grace:
                reason = status_messages.unwatched(self._rules.grace)
                self._request(job, "pause", "pausing", status_messages.SAVING_STATE, reason)
        self._runs.notify_waiting()
