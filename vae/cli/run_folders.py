"""Where the run of a command lives: in a folder beside the model that it is to make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vae.system.files import atomic_write, locked_folder
from vae.training.run_folder import Run


def new(output: Path) -> Path:
    """A folder that does not exist, or one in which a run was killed before it began."""
    names = (output.with_suffix(f".run{number or ''}") for number in range(1000))
    return next(folder for folder in names if not folder.exists() or _abandoned(folder))


def _abandoned(folder: Path) -> bool:
    run = Run(folder)
    if run.state.exists() or run.command.exists() or not (run.preparing.exists() or run.tokens.exists()):
        return False
    with suppress(ValueError), locked_folder(folder):
        return True
    return False


def shared(output: Path) -> Path:
    """The folder of several processes, which find it by its name when they are started again."""
    return output.with_suffix(".run")


def take(folder: Path, text: Path, command: Mapping[str, Any]) -> bool:
    """Make a shared folder this command's, and tell whether there is a run of its in it to go on with.

    Raises:
        ValueError: it is not empty, and not of a run by the same command on the same text; or another process is at
            work in it.
        OSError: there is no such text, or the folder cannot be written.
    """
    found = text.stat()
    asked = json.dumps([command, found.st_size, found.st_mtime_ns], sort_keys=True)
    run = Run(folder)
    with locked_folder(folder):  # whoever prepares a run in it has it
        known = run.command.read_text(encoding="utf-8") if run.command.exists() else ""
        begun = run.state.exists()
        if known != asked and (begun or (not known and any(folder.iterdir()))):
            raise ValueError(
                f"{folder} holds something else: give --resume {folder} if it is the run to go on with; or remove it, "
                "or choose another --output"
            )
        atomic_write(run.command, asked.encode())
    return begun


@contextmanager
def emptied(folder: Path) -> Iterator[None]:
    """Leaves no empty folder behind when what is inside fails, but for one that was there, and empty, before."""
    others = folder.is_dir() and not any(folder.iterdir())
    try:
        yield
    except BaseException:
        if not others:
            with suppress(OSError):  # something is in it
                folder.rmdir()
        raise
