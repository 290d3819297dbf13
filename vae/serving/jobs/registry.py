"""All runs of a server, in memory and in its records: found, queued, brought to rest, told of."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from vae.config.config import Config
from vae.messages.message import Message
from vae.serving.jobs import status_messages
from vae.serving.jobs.fair_queue import FairQueue, waiting_message
from vae.serving.jobs.job import ENDED, RESTING, Job, JobError, JobRequest, RunInfo, Status
from vae.serving.jobs.job_files import JobFiles
from vae.serving.jobs.job_log import log_run
from vae.serving.jobs.origins import Origins
from vae.serving.jobs.pace import Forecast, Pace, usual_seconds
from vae.serving.jobs.rules import JobRules
from vae.serving.jobs.worker import Ended, Failed, Report, Running, TrainingTask
from vae.serving.records.database import Records
from vae.serving.records.rows import RunRow

_RECENTLY = 600.0  # seconds for which somebody who watched a training counts as company
_log = logging.getLogger("vae.jobs")


class RunRegistry:
    """The runs. All methods are called with the lock of `Jobs` held.

    Args:
        root: folder that has a folder for each run.
        records: get each change of a state, before files are removed.
        busy: gives the ids of the runs that workers have.
    """

    def __init__(self, root: Path, records: Records, rules: JobRules, busy: Callable[[], list[str]]) -> None:
        self.queue, self.origins = FairQueue(), Origins(rules.limits)
        self._root, self._records, self._rules, self._busy = root, records, rules, busy
        self._jobs: dict[str, Job] = {}
        self._pace = Pace()
        self._group_watchers: Counter[str] = Counter()  # how often each user's runs aside are watched as a whole
        self._announced: dict[Job, tuple[int, float | None]] = {}  # places and waits, when they were last looked at

    def restore(self) -> None:
        """Know again what the records know. What was under way when the server ended waits for its turn, in the order
        in which it had it."""
        started: list[Job] = []
        waiting: list[Job] = []
        for row in self._records.every(RunRow):
            job = self._jobs[row.id] = Job.from_row(row, self._root)
            if job.state == "pausing":
                job.progress.settle("paused", status_messages.PAUSED_GOES_ON)
            elif job.state not in RESTING:
                (waiting if job.state == "waiting" else started).append(job)
                if job.state != "stopping":
                    job.progress.state, job.progress.message = "waiting", status_messages.NONE
            if job.state not in (row.state, "failed"):  # what cannot go on now may do so at another start
                self.save(job)
            if row.state in ENDED:
                job.tidy()
            else:
                log_run(job, "found again", before=row.state)
        self.queue.requeue(started, waiting)
        self.notify_all()

    def all(self) -> list[Job]:
        """Every run, oldest first."""
        return list(self._jobs.values())

    def of_owner(self, owner: str) -> list[Job]:
        """The runs of a user, oldest first."""
        return [job for job in self._jobs.values() if job.owner == owner]

    def find(self, owner: str, run_id: str) -> Job:
        """A run of a user. Raises JobError: they have no such run."""
        job = self._jobs.get(run_id) if isinstance(run_id, str) else None
        if job is None or job.owner != owner:
            raise JobError(Message("serving.no_run"))
        return job

    def watch_group(self, owner: str, change: int) -> None:
        """Somebody begins (1) or ends (-1) to watch all of a user's runs that are part of something larger."""
        self._group_watchers[owner] += change
        if not self._group_watchers[owner]:
            del self._group_watchers[owner]
            for job in self.of_owner(owner):
                job.audience.look()

    def seconds_unwatched(self, job: Job) -> float:
        """Seconds for which nobody has watched a run."""
        return 0.0 if job.request.aside and self._group_watchers[job.owner] else job.audience.seconds_away

    def check_queue(self, owner: str) -> None:
        """Raises JobError: too many wait already, of all or from where this user came."""
        if len(self.queue) >= self._rules.limits.waiting:
            raise JobError(Message("serving.queue_full", waiting=len(self.queue)))
        self.origins.check(owner, [job.owner for job in self.queue.order()])

    def runs_in_the_way(self, owner: str) -> list[Job]:
        """The ended runs that must go for a new one. Raises JobError: the user has too many that have not ended."""
        own = self.of_owner(owner)
        too_many = max(0, len(own) + 1 - self._rules.limits.runs)
        ended = [job for job in own if job.state in ENDED]
        if too_many > len(ended):
            raise JobError(Message("serving.too_many_runs", runs=len(own) - len(ended)))
        return ended[:too_many]

    def add(self, job: Job) -> None:
        """A new run."""
        self._jobs[job.run_id] = job
        self.enqueue(job)

    def enqueue(self, job: Job, state: str = "waiting", message: Message = status_messages.NONE) -> None:
        """Let a run wait for its turn."""
        job.progress.state, job.progress.message, job.progress.pause_reason = state, message, None
        self.queue.add(job, [j for j in self.of_owner(job.owner) if j.state not in RESTING and j is not job])
        self.save(job)
        self.notify_all()

    def settle(self, job: Job, state: str, message: Message, *, resumable: bool = True, steps: int = 0) -> None:
        """Let a run come to rest, after so many steps."""
        self.queue.remove(job)
        job.progress.settle(state, message, resumable=resumable)
        if self.save(job):
            job.tidy()
        began = job.progress.started_at
        seconds = round(time.monotonic() - began, 1) if began else None
        log_run(job, state, logging.WARNING if state == "failed" else logging.INFO, seconds=seconds, steps=steps)
        job.progress.started_at = 0.0
        self.notify_all()

    def stop_idle(self, job: Job) -> None:
        """End a run that no worker has: for its best model, if it has only a state, it waits once more."""
        self.queue.remove(job)
        if job.files.has_state and not job.files.has_model:
            self.enqueue(job, "stopping", Message("serving.waiting_to_save"))
        elif job.files.has_model:
            self.settle(job, "stopped", status_messages.STOPPED)
        else:
            self.settle(job, "stopped", status_messages.CANCELLED)

    def remove(self, job: Job) -> None:
        """Forget a run, and remove its folder unless a worker has it."""
        del self._jobs[job.run_id]
        self.queue.remove(job)
        try:
            self._records.drop(RunRow, id=job.run_id)
        except sqlite3.Error as error:
            _log.error("a run could not be taken out of the records: %s", error)
        if job.run_id not in self._busy():
            job.files.remove()
        job.changes.notify()

    def save(self, job: Job) -> bool:
        """Put a run into the records. What they cannot take, a full disk perhaps, they get later.

        Returns:
            whether they have it now.
        """
        try:
            self._records.put(job.row())
            job.progress.unsaved = False
        except sqlite3.Error as error:
            if not job.progress.unsaved:
                _log.error("a run could not be put into the records: %s", error)
            job.progress.unsaved = True
        return not job.progress.unsaved

    def next_task(self) -> TrainingTask | None:
        """The first in the queue whom somebody watches, for a worker."""
        for job in self.queue.order():
            if job.state == "stopping" or self.seconds_unwatched(job) <= self._rules.grace:
                return self._task(job)
            self.settle(job, "paused", status_messages.unwatched(self._rules.grace))
        return None

    def _task(self, job: Job) -> TrainingTask:
        asked, now = job.request, job.progress
        now.threads = asked.config.threads or now.threads or self._rules.limits.threads or self._fair_threads(job)
        self.queue.start(job)
        stop = now.state == "stopping"
        if not stop:
            now.state, now.message = "starting", Message("serving.preparing")
        now.reported_at = now.started_at = time.monotonic()
        self.save(job)
        self.notify_all()
        log_run(job, "started", waited=round(max(0.0, time.time() - now.queued_at), 1), threads=now.threads)
        return TrainingTask(
            job.run_id, job.files.run.folder, asked.config, asked.start_from, asked.name, stop, now.threads,
            self._rules.longest, self._rules.parameters,
        )  # fmt: skip

    def _fair_threads(self, job: Job) -> int:
        """All cores for somebody who is alone. In company, one is left to the pages.

        Threads of a training wait for each other whenever a page takes the core of one: it costs more than it brings.
        """
        busy = [self._jobs[run_id] for run_id in self._busy() if run_id in self._jobs]
        company = any(
            other.owner != job.owner and other.audience.seconds_away < _RECENTLY for other in self._jobs.values()
        )
        if not company and not busy and len(self.queue) == 1:
            return self._rules.cores
        cores, slots = self._rules.cores - 1, self._rules.slots
        free = cores - sum(other.progress.threads for other in busy)
        return max(1, cores // slots, free // max(1, slots - len(busy)))

    def handle(self, run_id: str, report: Report) -> None:
        """What a worker reports of a run."""
        job = self._jobs.get(run_id)
        if job is None:  # it was forgotten
            if not isinstance(report, Running):
                JobFiles.of(self._root / run_id).remove()
                self.notify_all()
            return
        match report:
            case Running():
                self._handle_running(job, report)
            case Failed():
                _log.error("run %s broke off: %s", run_id[:6], report.details.replace(run_id, run_id[:6]))
                message = report.message
                if report.resumable:
                    message = status_messages.broke_off(message, job.files.after_fault)
                self.settle(job, "failed", message, resumable=report.resumable)
            case Ended():
                self._handle_ended(job, report)

    def _handle_running(self, job: Job, report: Running) -> None:
        if report.seconds_left is not None:
            self._pace.observe(job.request.config, report.seconds_left, report.steps_left, report.steps)
            job.progress.seconds_left, job.progress.reported_at = report.seconds_left, time.monotonic()
        if job.state == "starting":  # its text is ready
            self._pace.observe_start(time.monotonic() - job.progress.started_at)
            job.progress.state, job.progress.message = "running", Message("serving.training")
            self.save(job)
        job.changes.notify()

    def _handle_ended(self, job: Job, report: Ended) -> None:
        if report.reason == "paused" and job.state == "stopping":  # both were asked for
            self.stop_idle(job)
        elif report.reason == "paused" and job.state in ("starting", "running"):  # its process alone was told to end
            job.progress.state, job.progress.message = "waiting", status_messages.NONE
            self.queue.requeue([job])
            self.save(job)
            self.notify_all()
        else:
            self.settle(job, report.reason, job.progress.pause_reason or report.message, steps=report.step)

    def status(self, job: Job) -> Status:
        """Where a run stands."""
        now, model, family = job.progress, job.files.model, job.request.config.family
        if now.state != "waiting":
            return Status(now.state, 0, now.message, model, now.resumable, family)
        place, wait = self._places()[job]
        if place <= 0:  # a worker is about to take it
            return Status("starting", 0, Message("serving.starting"), model, family=family)
        message = waiting_message(place, wait, self._rules.slots)
        return Status("waiting", place, message, model, family=family, wait=wait)

    def info(self, job: Job) -> RunInfo:
        """Its line in a list."""
        return RunInfo(job.run_id, job.request.name, self.status(job).state, job.request.aside)

    def states(self) -> dict[str, int]:
        """How many runs are in each state."""
        return dict(Counter(job.state for job in self._jobs.values()))

    def notify_all(self) -> None:
        """A status has changed, and with it perhaps the places of all that wait."""
        for job in self._jobs.values():
            job.changes.notify()

    def notify_waiting(self) -> None:
        """Time has passed, and with it perhaps enough for another word on how long some still wait."""
        before, self._announced = self._announced, self._places()
        for job, place in self._announced.items():
            if place != before.get(job):
                job.changes.notify()

    def forecast(self, owner: str, config: Config) -> Forecast:
        """What a training would take that this user asked for now."""
        job = Job("", JobRequest(owner, "", config), JobFiles.of(self._root))
        self.queue.give_turn(job, [other for other in self.of_owner(owner) if other.state not in RESTING])
        place, wait = self._places(job)[job]
        measured = self._pace.expected(config)
        seconds = usual_seconds(config) if measured is None else measured
        longest = None if seconds is None else min(seconds, self._rules.longest)
        return Forecast(longest, measured is not None, place, wait)

    def _places(self, *newcomers: Job) -> dict[Job, tuple[int, float | None]]:
        running = [self._jobs.get(run_id) for run_id in self._busy()]
        left = [self._seconds_left(job) if job else 0.0 for job in running]  # a forgotten one is ending
        return self.queue.places(left, self._rules.slots, self._seconds_left, *newcomers)

    def _seconds_left(self, job: Job) -> float | None:
        return job.seconds_left(self._rules.longest, self._pace.expected(job.request.config))
