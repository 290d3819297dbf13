"""The files of one training: what is on disk is always whole.

Everything in a run's folder but the events is replaced in one move, and a torn last line of the events (the process was
killed while it wrote) is left out when they are read.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vae.data.prepared_folder import PreparedFolder


@dataclass(frozen=True, slots=True)
class Run(PreparedFolder):
    """The files of one training. Nothing is read or written until it is asked for."""

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus.json"

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def state(self) -> Path:
        return self.folder / "state.safetensors"

    @property
    def best(self) -> Path:
        return self.folder / "best.safetensors"

    @property
    def command(self) -> Path:
        """What a run of several processes was started with."""
        return self.folder / "command.json"

    def append_event(self, line: str) -> None:
        """Add one line to the events."""
        with self.events.open("a", encoding="utf-8", newline="\n") as file:
            file.write(line + "\n")

    def remove_leftovers(self) -> None:
        """Remove the temporaries that a killed process left, and the torn end of the events."""
        for temporary in self.folder.glob(".*.tmp"):
            temporary.unlink(missing_ok=True)
        if self.events.exists():
            with self.events.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)

    def remove(self) -> None:
        """Remove the run's own files, and its folder if nothing else is in there."""
        shutil.rmtree(self.preparing_folder, ignore_errors=True)
        files = (
            self.config,
            self.corpus,
            self.tokens,
            self.token_file,
            self.events,
            self.state,
            self.best,
            self.command,
        )
        for path in (*files, *self.folder.glob(".*.tmp")):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # somebody keeps something there
            self.folder.rmdir()
