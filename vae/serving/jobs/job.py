"""One training as the server keeps it: what was asked, where it stands, and what came of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from vae.config.config import Config
from vae.messages.message import Message, UserError
from vae.serving.jobs import status_messages
from vae.serving.jobs.job_files import JobFiles
from vae.serving.records.rows import RunRow
from vae.system.notifier import Notifier
from vae.text.corpus import Corpus

RESTING = frozenset({"paused", "done", "stopped", "failed", "diverged"})
ENDED = RESTING - {"paused"}


class JobError(UserError):
    """What was asked cannot be done; the message is for the person."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where a run stands.

    Args:
        state: waiting, starting, running, pausing, paused, stopping, done, stopped, failed or diverged.
        place: in the queue, 1 being the next; 0 when it does not wait.
        message: a sentence for the person.
        model: path of its best model so far, if there is one.
        resumable: False when it failed and would break off again in the same way.
        family: of the model that it trains.
        wait: seconds until its turn comes, roughly; None when it does not wait, or nobody can tell.
    """

    state: str
    place: int
    message: Message
    model: str | None
    resumable: bool = True
    family: str = "vae"
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One line of a user's list of runs; `aside` as it was submitted."""

    run_id: str
    name: str
    state: str
    aside: bool = False


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What was asked.

    Args:
        name: of the text.
        start_from: a model file to begin with.
        aside: it is part of something larger.
        created: seconds since 1970.
    """

    owner: str
    name: str
    config: Config
    start_from: Path | None = None
    aside: bool = False
    created: float = field(default_factory=time.time)


@dataclass(slots=True)
class JobProgress:
    """Where it stands. It changes with the lock of `Jobs` held.

    Args:
        state, message, resumable: as `Status` tells them.
        turn: its round in the queue: in each, everyone's turn comes once.
        queued_at: when it was last queued, in seconds since 1970.
        threads: of its process; 0 before it has had one.
        pause_reason: why it is being saved, to be told when it is; None when its user asked for it.
        seconds_left: of training, as it was told at `reported_at` (of `time.monotonic`).
        started_at: when a worker got it (of `time.monotonic`); 0 while none has it.
        unsaved: the records know less.
    """

    state: str = "waiting"
    message: Message = status_messages.NONE
    resumable: bool = True
    turn: int = 0
    queued_at: float = 0.0
    threads: int = 0
    pause_reason: Message | None = None
    seconds_left: float | None = None
    reported_at: float = 0.0
    started_at: float = 0.0
    unsaved: bool = False

    def settle(self, state: str, message: Message, *, resumable: bool = True) -> None:
        """Come to rest."""
        self.state, self.message, self.resumable = state, message, resumable
        self.pause_reason = None
        self.seconds_left = self.seconds_left if state == "paused" else None


@dataclass(slots=True)
class Audience:
    """Who watches a run: how many now, and when somebody last did (of `time.monotonic`)."""

    watchers: int = 0
    last_seen: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Somebody looks at it."""
        self.last_seen = time.monotonic()

    @property
    def seconds_away(self) -> float:
        """For how long nobody has watched it."""
        return 0.0 if self.watchers else time.monotonic() - self.last_seen


@dataclass(eq=False, slots=True)
class Job:
    """A run: what was asked (`request`), where it stands (`progress`), and what came of it (`files`).

    `changes` tells of every event of its own, and of every change of any status.
    """

    run_id: str
    request: JobRequest
    files: JobFiles
    progress: JobProgress = field(default_factory=JobProgress)
    audience: Audience = field(default_factory=Audience)
    changes: Notifier = field(default_factory=Notifier)

    @classmethod
    def from_row(cls, row: RunRow, root: Path) -> Job:
        """The run that a row tells of; one that cannot go on has failed."""
        files = JobFiles.of(root / row.id)
        try:
            config = Config.from_dict(json.loads(row.config))
        except (ValueError, TypeError):
            config = None
        start_from = Path(row.start_from) if row.start_from else None
        request = JobRequest(row.owner, row.name, config or Config(), start_from, bool(row.aside), row.created)
        message = status_messages.from_record(row.message)
        progress = JobProgress(row.state, message, bool(row.resumable), row.turn, row.asked, row.threads)
        if progress.state not in ENDED and (config is None or not files.complete):
            key = "serving.other_version" if config is None else "serving.files_lost"
            progress.settle("failed", Message(key), resumable=False)
        return cls(row.id, request, files, progress)

    def row(self) -> RunRow:
        """What the records are to know of it."""
        asked, now = self.request, self.progress
        return RunRow(
            self.run_id, asked.owner, asked.name, json.dumps(asked.config.to_dict()), str(asked.start_from or ""),
            int(asked.aside), now.state, now.message.to_json(), int(self.files.has_model), int(now.resumable), now.turn,
            now.threads, asked.created, now.queued_at,
        )  # fmt: skip

    @property
    def owner(self) -> str:
        return self.request.owner

    @property
    def state(self) -> str:
        return self.progress.state

    def store(self, corpus: Corpus) -> None:
        """Write what the worker needs into its folder. Not with the lock: it may be large.

        Raises:
            JobError: it cannot be written.
        """
        try:
            base = self.files.store(corpus, self.request.start_from)
        except OSError as error:
            raise JobError(Message("serving.text_not_stored", reason=str(error.strerror or error))) from error
        self.request = replace(self.request, start_from=base)

    def tidy(self) -> None:
        """Of a run that never goes on, keep only the model, the settings and the events."""
        if self.state in ENDED and not (self.state == "failed" and self.progress.resumable):
            self.files.keep_results()

    def seconds_left(self, longest: float, expected: float | None = None) -> float | None:
        """Seconds that its training still takes, or None while nobody can tell.

        Args:
            longest: seconds that any may take.
            expected: seconds that it takes from beginning to end, where it has not told itself; None: nobody knows.
        """
        now, config = self.progress, self.request.config
        if now.state in ("pausing", "stopping"):
            return 0.0
        passed = time.monotonic() - now.reported_at if now.state in ("starting", "running") else 0.0
        if now.seconds_left is not None:
            return max(0.0, now.seconds_left - passed)
        if config.minutes and not config.steps:
            expected = 60 * config.minutes
        return None if expected is None else max(0.0, min(expected, longest) - passed)
