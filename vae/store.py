"""Run folders and atomic writes: what is on disk is always whole.

A run is a folder. Everything in it but the events is replaced in one move, and a torn last line of the
events (the process was killed while it wrote) is left out when they are read.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import fcntl


class DamagedError(ValueError):
    """Files of a run are not what was written; the message is for the person."""


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file so that it is, at every moment, either the old one or the new one.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old file is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file that is never changed another name, or a copy where the file system knows no links.

    Raises:
        OSError: there is no such file, the disk is full or the folder cannot be written.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Have a folder, made if it is missing, to oneself: until it is left, or the process ends, however it ends.

    Raises:
        ValueError: another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another process is at work in {folder}: wait for it, or choose another place") from None
        except OSError:  # not every network's file system knows locks
            pass
        yield
    finally:
        os.close(opened)


@dataclass(frozen=True, slots=True)
class Run:
    """The files of one training. Nothing is read or written until it is asked for."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus.json"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens.safetensors"

    @property
    def token_file(self) -> Path:
        return self.folder / "tokens.bin"

    @property
    def preparing(self) -> Path:
        """A folder: the text as far as it is prepared."""
        return self.folder / "preparing"

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

    def sweep(self) -> None:
        """Remove the temporaries that a killed process left, and the torn end of the events."""
        for temporary in self.folder.glob(".*.tmp"):
            temporary.unlink(missing_ok=True)
        if self.events.exists():
            with self.events.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)

    def remove(self) -> None:
        """Remove the run's own files, and its folder if nothing else is in there."""
        shutil.rmtree(self.preparing, ignore_errors=True)
        own = (self.config, self.corpus, self.tokens, self.token_file, self.events, self.state, self.best, self.command)
        for path in (*own, *self.folder.glob(".*.tmp")):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # somebody keeps something there
            self.folder.rmdir()
