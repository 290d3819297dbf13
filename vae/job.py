"""One training as the server keeps it: whose it is, where it stands, and what stays of it on disk."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from vae.bell import Bell
from vae.config import Config
from vae.corpus import Corpus
from vae.eventlog import EventLog
from vae.store import Run, atomic_write

KEPT = "The last saved state is kept: Resume goes on from there."
ANEW = "Nothing was saved yet: Resume starts it anew."
RESTING = frozenset({"paused", "done", "stopped", "failed", "diverged"})


class JobError(ValueError):
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
    """

    state: str
    place: int
    message: str
    model: str | None
    resumable: bool = True
    family: str = "vae"


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
    round: int = 0  # in each, everyone's turn comes once
    state: str = "waiting"
    message: str = ""
    model: str | None = None
    resumable: bool = True
    bell: Bell = field(default_factory=Bell)  # rings at every event of its own, and whenever any status changes

    def store(self, corpus: Corpus) -> None:
        """Make the folder, and put the text into it for the worker. It may be large: not with the lock.

        Raises:
            JobError: it cannot be written.
        """
        try:
            self.run.folder.mkdir(parents=True)
            atomic_write(self.run.corpus, corpus.to_json())
        except OSError as error:
            why = error.strerror or error
            raise JobError(f"The server could not store the text ({why}). Try again in a few minutes.") from error

    def rest(self, state: str, message: str, model: str | None = None, *, resumable: bool = True) -> None:
        """Come to rest. A run that never goes on keeps of its files only the model, the settings and the events."""
        self.state, self.message, self.model, self.resumable = state, message, model, resumable
        if state not in ("paused", "failed"):
            for path in (self.run.corpus, self.run.tokens, self.run.token_file, self.run.state):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def fail(self, why: str) -> None:
        """Come to rest by a fault, to be resumed."""
        self.rest("failed", f"{why} {KEPT if self.run.state.exists() else ANEW}")


def remove(run: Run) -> None:
    """Remove a run's folder, as far as that can be done."""
    shutil.rmtree(run.folder, ignore_errors=True)
