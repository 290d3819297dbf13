"""All runs of a server, in memory and in its records: found, queued, brought to rest, told of."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vae.serving.jobs.fair_queue import FairQueue, waiting_message
from vae.serving.jobs.job import ENDED, GOES_ON, RESTING, Job, JobError, RunInfo, Status, in_words, remove
from vae.serving.jobs.worker import Failed, Running, TrainingTask
from vae.serving.limits import Limits
from vae.serving.records.database import Records
from vae.serving.records.rows import RunRow
from vae.training.events import Finished
from vae.training.run_folder import Run

_LATELY = 600.0  # seconds for which somebody who watched a training counts as company
_log = logging.getLogger("vae.jobs")


@dataclass(frozen=True, slots=True)
class JobRules:
    """What all runs go by.

    Args:
        slots: runs at once.  cores: of the processor, which they share.
        grace: seconds that a run goes on while nobody watches.  longest: seconds of training of one.
    """

    limits: Limits
    slots: int
    cores: int
    grace: float
    longest: float

    @property
    def parameters(self) -> int:
        """Weights that a model may have."""
        return 1_000_000 * self.limits.parameters


class RunRegistry:
    """The runs. All methods are called with the lock of `Jobs` held.

    Args:
        root: folder that has a folder for each run.
        records: get each change of a state, before files are removed.
        busy: gives the ids of the runs that workers have.
    """

    def __init__(self, root: Path, records: Records, rules: JobRules, busy: Callable[[], list[str]]) -> None:
        self.queue = FairQueue()
        self._root, self._records, self._rules, self._busy = root, records, rules, busy
        self._jobs: dict[str, Job] = {}
        self._attending: Counter[str] = Counter()  # how often each user's runs aside are watched as a whole
        self._told: dict[Job, tuple[int, float | None]] = {}  # places and waits, when they were last looked at

    def find_again(self) -> None:
        """Know again what the records know. What was under way when the server ended waits for its turn, in the order
        in which it had it."""
        under_way: list[Job] = []
        waiting: list[Job] = []
        for row in self._records.every(RunRow):
            job = self._jobs[row.id] = Job.of(row, self._root)
            if job.state == "pausing":
                job.rest("paused", f"Paused. {GOES_ON}")
            elif job.state not in RESTING:
                (waiting if job.state == "waiting" else under_way).append(job)
                if job.state != "stopping":
                    job.state, job.message = "waiting", ""
            if job.state not in (row.state, "failed"):  # what cannot go on now may do so at another start
                self.keep(job)
            if row.state in ENDED:
                job.tidy()
            else:
                log(job, "found again", before=row.state)
        self.queue.again(under_way, waiting)
        self.ring()

    def all(self) -> list[Job]:
        """Every run, oldest first."""
        return list(self._jobs.values())

    def of(self, owner: str) -> list[Job]:
        """The runs of a user, oldest first."""
        return [job for job in self._jobs.values() if job.owner == owner]

    def find(self, owner: str, run_id: str) -> Job:
        """A run of a user. Raises JobError: they have no such run."""
        job = self._jobs.get(run_id) if isinstance(run_id, str) else None
        if job is None or job.owner != owner:
            raise JobError("This run was not found. Perhaps it was removed: start it anew.")
        return job

    def attend(self, owner: str, more: int) -> None:
        """Somebody begins (1) or ends (-1) to watch all of a user's runs that are part of something larger."""
        self._attending[owner] += more
        if not self._attending[owner]:
            del self._attending[owner]
            for job in self.of(owner):
                job.look()

    def unwatched(self, job: Job) -> float:
        """Seconds for which nobody has watched a run."""
        return 0.0 if job.aside and self._attending[job.owner] else job.unwatched

    def check_queue(self) -> None:
        """Raises JobError: too many wait already."""
        if len(self.queue) >= self._rules.limits.waiting:
            raise JobError(f"{len(self.queue)} trainings are waiting already. Try again in a few minutes.")

    def room_for(self, owner: str) -> list[Job]:
        """The ended runs that must go for a new one. Raises JobError: the user has too many that have not ended."""
        mine = self.of(owner)
        too_many = max(0, len(mine) + 1 - self._rules.limits.runs)
        ended = [job for job in mine if job.state in ENDED]
        if too_many > len(ended):
            count = len(mine) - len(ended)
            raise JobError(f"{count} trainings of yours have not ended yet, and no more are allowed. Stop one first.")
        return ended[:too_many]

    def add(self, job: Job) -> None:
        """A new run."""
        self._jobs[job.run_id] = job
        self.enqueue(job)

    def enqueue(self, job: Job, state: str = "waiting", message: str = "") -> None:
        """Let a run wait for its turn."""
        job.state, job.message, job.reason = state, message, ""
        self.queue.add(job, [j for j in self.of(job.owner) if j.state not in RESTING and j is not job])
        self.keep(job)
        self.ring()

    def rest(self, job: Job, state: str, message: str, *, resumable: bool = True, steps: int | None = None) -> None:
        """Let a run come to rest, after so many steps."""
        self.queue.leave(job)
        job.rest(state, message, resumable=resumable)
        if self.keep(job):
            job.tidy()
        seconds = round(time.monotonic() - job.begun, 1) if job.begun else None
        log(job, state, logging.WARNING if state == "failed" else logging.INFO, seconds=seconds, steps=steps)
        job.begun = 0.0
        self.ring()

    def stop_resting(self, job: Job) -> None:
        """End a run that no worker has: for its best model, if it has only a state, it waits once more."""
        self.queue.leave(job)
        if job.run.state.exists() and not job.run.best.exists():
            self.enqueue(job, "stopping", "Waiting for a free place to save its model.")
        elif job.run.best.exists():
            self.rest(job, "stopped", "Stopped; its best model is kept.")
        else:
            self.rest(job, "stopped", "Cancelled before it had a model.")

    def drop(self, job: Job) -> None:
        """Forget a run, and remove its folder unless a worker has it."""
        del self._jobs[job.run_id]
        self.queue.leave(job)
        try:
            self._records.drop(RunRow, id=job.run_id)
        except sqlite3.Error as error:
            _log.error("a run could not be taken out of the records: %s", error)
        if job.run_id not in self._busy():
            remove(job.run)
        job.bell.ring()

    def keep(self, job: Job) -> bool:
        """Put a run into the records. What they cannot take, a full disk perhaps, they get later.

        Returns:
            whether they have it now.
        """
        try:
            self._records.put(job.row())
            job.unsaved = False
        except sqlite3.Error as error:
            if not job.unsaved:
                _log.error("a run could not be put into the records: %s", error)
            job.unsaved = True
        return not job.unsaved

    def next_task(self) -> TrainingTask | None:
        """The first in the queue whom somebody watches, for a worker."""
        for job in self.queue.order():
            if job.state == "stopping" or self.unwatched(job) <= self._rules.grace:
                return self._task(job)
            self.rest(job, "paused", unwatched_message(self._rules.grace))
        return None

    def _task(self, job: Job) -> TrainingTask:
        job.threads = job.config.threads or job.threads or self._rules.limits.threads or self._fair_threads(job)
        self.queue.start(job)
        stop = job.state == "stopping"
        if not stop:
            job.state, job.message = "starting", "Reading the text and building the model."
        job.told = job.begun = time.monotonic()
        self.keep(job)
        self.ring()
        log(job, "started", waited=round(max(0.0, time.time() - job.asked), 1), threads=job.threads)
        return TrainingTask(
            job.run_id, job.run.folder, job.config, job.start_from, job.name, stop, job.threads, self._rules.longest,
            self._rules.parameters,
        )  # fmt: skip

    def _fair_threads(self, job: Job) -> int:
        """All cores for somebody who is alone. In company, one is left to the pages.

        Threads of a training wait for each other whenever a page takes the core of one: it costs more than it brings.
        """
        busy = [self._jobs[run_id] for run_id in self._busy() if run_id in self._jobs]
        company = any(other.owner != job.owner and other.unwatched < _LATELY for other in self._jobs.values())
        if not company and not busy and len(self.queue) == 1:
            return self._rules.cores
        cores, slots = self._rules.cores - 1, self._rules.slots
        left = cores - sum(other.threads for other in busy)
        return max(1, cores // slots, left // max(1, slots - len(busy)))

    def hear(self, run_id: str, report: Running | Finished | Failed) -> None:
        """What a worker tells of a run."""
        job = self._jobs.get(run_id)
        if job is None:  # it was forgotten
            if not isinstance(report, Running):
                remove(Run(self._root / run_id))
                self.ring()
        elif isinstance(report, Running):
            if report.left is not None:
                job.left, job.told = report.left, time.monotonic()
            if job.state == "starting":
                job.state, job.message = "running", "Training."
                self.keep(job)
            job.bell.ring()
        elif isinstance(report, Failed):
            _log.error("run %s broke off: %s", run_id[:6], report.details.replace(run_id, run_id[:6]))
            message = f"{report.message} {job.prospects}" if report.resumable else report.message
            self.rest(job, "failed", message, resumable=report.resumable)
        elif report.reason == "paused" and job.state == "stopping":  # both were asked for
            self.stop_resting(job)
        elif report.reason == "paused" and job.state in ("starting", "running"):  # its process alone was told to end
            job.state, job.message = "waiting", ""
            self.queue.again([job])
            self.keep(job)
            self.ring()
        else:
            self.rest(job, report.reason, job.reason or report.message, steps=report.step)

    def status(self, job: Job) -> Status:
        """Where a run stands."""
        model = str(job.run.best) if job.run.best.exists() else None
        family = job.config.family
        if job.state != "waiting":
            return Status(job.state, 0, job.message, model, job.resumable, family)
        place, wait = self._places()[job]
        if place <= 0:  # a worker is about to take it
            return Status("starting", 0, "Starting.", model, family=family)
        return Status(
            "waiting", place, waiting_message(place, wait, self._rules.slots), model, family=family, wait=wait
        )

    def info(self, job: Job) -> RunInfo:
        """Its line in a list."""
        return RunInfo(job.run_id, job.name, self.status(job).state, job.aside)

    def states(self) -> dict[str, int]:
        """How many runs are in each state."""
        return dict(Counter(job.state for job in self._jobs.values()))

    def ring(self) -> None:
        """A status has changed, and with it perhaps the places of all that wait."""
        for job in self._jobs.values():
            job.bell.ring()

    def ring_waiting(self) -> None:
        """Time has passed, and with it perhaps enough for another word on how long some still wait."""
        before, self._told = self._told, self._places()
        for job, told in self._told.items():
            if told != before.get(job):
                job.bell.ring()

    def _places(self) -> dict[Job, tuple[int, float | None]]:
        going = [self._jobs.get(run_id) for run_id in self._busy()]
        left = [job.expected(self._rules.longest) if job else 0.0 for job in going]  # a forgotten one is ending
        return self.queue.places(left, self._rules.slots, self._rules.longest)


def log(job: Job, what: str, level: int = logging.INFO, **more: float | str | None) -> None:
    """Tell the log what has become of a run, which nobody should find by its name there: figures and words of ours."""
    fields = {"run": job.run_id[:6], "state": job.state, **{name: value for name, value in more.items() if value}}
    told = ", ".join(f"{name} {value}" for name, value in fields.items())
    _log.log(level, "run %s: %s", what, told, extra={"event": f"run {what}", "fields": fields, **fields})


def unwatched_message(seconds: float) -> str:
    """Why a run was saved that nobody watched for so long."""
    return f"Nobody watched it for {in_words(seconds)}, so it was saved. {GOES_ON}"
