"""One training as the server keeps it: whose it is, where it stands, and what stays of it on disk."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from vae.config.config import Config
from vae.messages.message import UserError
from vae.serving.records.rows import RunRow
from vae.system.files import atomic_write, link_or_copy
from vae.system.notifier import Notifier
from vae.text.corpus import Corpus
from vae.training.event_log import EventLog
from vae.training.run_folder import Run

GOES_ON = "Resume goes on from there."
KEPT = f"The last saved state is kept: {GOES_ON}"
ANEW = "Nothing was saved yet: Resume starts it anew."
RESTING = frozenset({"paused", "done", "stopped", "failed", "diverged"})
ENDED = RESTING - {"paused"}
_LOST = "The server has lost files of this training, so it cannot go on. Start a new one."
_OTHER = "This training is of another version of the program, so it cannot go on. Start a new one."


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
    message: str
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


@dataclass(eq=False)
class Job:
    """A run and its folder. Its fields change with the lock of `Jobs` held."""

    run_id: str
    owner: str
    name: str
    run: Run
    log: EventLog
    config: Config
    start_from: Path | None
    aside: bool = False
    turn: int = 0  # in each, everyone's turn comes once
    state: str = "waiting"
    message: str = ""
    resumable: bool = True
    threads: int = 0  # none yet
    created: float = field(default_factory=time.time)
    asked: float = 0.0  # when it was last queued
    reason: str = ""  # why it is being saved, to be told when it is
    left: float | None = None  # seconds of training, as it was told at `told`
    told: float = 0.0
    begun: float = 0.0  # when a worker got it, while one has it
    watchers: int = 0
    looked: float = field(default_factory=time.monotonic)  # when somebody last did
    unsaved: bool = False  # whether the records know less
    bell: Notifier = field(default_factory=Notifier)  # rings at every event of its own, and whenever any status changes

    @classmethod
    def of(cls, row: RunRow, root: Path) -> Job:
        """The run that a row tells of; one that cannot go on has failed."""
        run = Run(root / row.id)
        try:
            config = Config.from_dict(json.loads(row.config))
        except (ValueError, TypeError):
            config = None
        job = cls(
            row.id, row.owner, row.name, run, EventLog(run.events), config or Config(),
            Path(row.start_from) if row.start_from else None, bool(row.aside), row.turn, row.state, row.message,
            bool(row.resumable), row.threads, row.created, row.asked,
        )  # fmt: skip
        if job.state not in ENDED and (config is None or not job.whole):
            job.rest("failed", _OTHER if config is None else _LOST, resumable=False)
        return job

    def row(self) -> RunRow:
        """What the records are to know of it."""
        return RunRow(
            self.run_id, self.owner, self.name, json.dumps(self.config.to_dict()), str(self.start_from or ""),
            int(self.aside), self.state, self.message, int(self.run.best.exists()), int(self.resumable), self.turn,
            self.threads, self.created, self.asked,
        )  # fmt: skip

    @property
    def whole(self) -> bool:
        """Whether its folder holds what it takes to go on, or to begin."""
        run = self.run
        needed = (run.state, run.config, run.tokens, run.token_file) if run.state.exists() else (run.corpus,)
        return all(path.exists() for path in needed)

    @property
    def prospects(self) -> str:
        """What Resume does after a fault."""
        return KEPT if self.run.state.exists() else ANEW

    def store(self, corpus: Corpus) -> None:
        """Make the folder, and put the text and the model to begin with into it for the worker: both may be large, and
        the visitor may part with theirs. Not with the lock.

        Raises:
            JobError: it cannot be written.
        """
        try:
            self.run.folder.mkdir(parents=True)
            atomic_write(self.run.corpus, corpus.to_json())
            if self.start_from:
                base = self.run.folder / "base.safetensors"
                link_or_copy(self.start_from, base)
                self.start_from = base
        except OSError as error:
            why = error.strerror or error
            raise JobError(f"The server could not store the text ({why}). Try again in a few minutes.") from error

    def rest(self, state: str, message: str, *, resumable: bool = True) -> None:
        """Come to rest."""
        self.state, self.message, self.resumable = state, message, resumable
        self.reason, self.left = "", self.left if state == "paused" else None

    def tidy(self) -> None:
        """Of a run that never goes on, keep only the model, the settings and the events."""
        if self.state in ENDED and not (self.state == "failed" and self.resumable):
            keep = {self.run.best, self.run.config, self.run.events}
            with suppress(OSError):
                for path in set(self.run.folder.iterdir()) - keep:
                    with suppress(OSError):
                        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def look(self) -> None:
        """Somebody looks at it."""
        self.looked = time.monotonic()

    @property
    def unwatched(self) -> float:
        """Seconds for which nobody has watched it."""
        return 0.0 if self.watchers else time.monotonic() - self.looked

    def expected(self, longest: float) -> float | None:
        """Seconds that its training still takes, or None while nobody can tell.

        Args:
            longest: seconds that any may take.
        """
        if self.state in ("pausing", "stopping"):
            return 0.0
        going = self.state in ("starting", "running")
        if self.left is not None:
            return max(0.0, self.left - (time.monotonic() - self.told if going else 0.0))
        if self.config.minutes and not self.config.steps:
            spent = time.monotonic() - self.told if going else 0.0
            return max(0.0, min(60 * self.config.minutes, longest) - spent)
        return None


def remove(run: Run) -> None:
    """Remove a run's folder, as far as that can be done."""
    shutil.rmtree(run.folder, ignore_errors=True)


def in_words(seconds: float) -> str:
    """A time in the words one would say: "40 seconds", "4 minutes", "1.5 hours"."""
    size, unit = next(((s, u) for s, u in ((3600, "hour"), (60, "minute")) if seconds >= s), (1, "second"))
    number = round(seconds / size, 1 if unit == "hour" else None)
    return f"{number:g} {unit}{'' if number == 1 else 's'}"
