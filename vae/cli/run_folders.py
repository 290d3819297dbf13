"""Where the run of a command lives: in a folder beside the model that it is to make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vae.messages.message import Message, UserError
from vae.system.files import atomic_write, locked_folder
from vae.training.run_folder import Run


def new_folder(output: Path) -> Path:
    """A folder that does not exist, or one in which a run was killed before it began."""
    names = (output.with_suffix(f".run{number or ''}") for number in range(1000))
    return next(folder for folder in names if not folder.exists() or _is_abandoned(folder))


def _is_abandoned(folder: Path) -> bool:
    """Whether a run in it was killed before it began."""
    run = Run(folder)
    if run.state.exists() or run.command.exists() or not (run.preparing_folder.exists() or run.tokens.exists()):
        return False
    with suppress(ValueError), locked_folder(folder):
        return True
    return False


def shared_folder(output: Path) -> Path:
    """The folder of several processes, which find it by its name when they are started again."""
    return output.with_suffix(".run")


def claim(folder: Path, text: Path, command: Mapping[str, Any]) -> bool:
    """Make a shared folder this command's, and tell whether there is a run of its in it to go on with.

    Raises:
        UserError: it is not empty, and not of a run by the same command on the same text; or another process is at
            work in it.
        OSError: there is no such text, or the folder cannot be written.
    """
    file_stat = text.stat()
    fingerprint = json.dumps([command, file_stat.st_size, file_stat.st_mtime_ns], sort_keys=True)
    run = Run(folder)
    with locked_folder(folder):  # whoever prepares a run in it has it
        stored = run.command.read_text(encoding="utf-8") if run.command.exists() else ""
        has_state = run.state.exists()
        if stored != fingerprint and (has_state or (not stored and any(folder.iterdir()))):
            raise UserError(Message("cli.folder_in_the_way", folder=str(folder)))
        atomic_write(run.command, fingerprint.encode())
    return has_state


@contextmanager
def removed_if_failed(folder: Path) -> Iterator[None]:
    """Leaves no empty folder behind when its block fails, but for one that was there, and empty, before."""
    kept = folder.is_dir() and not any(folder.iterdir())
    try:
        yield
    except BaseException:
        if not kept:
            with suppress(OSError):  # something is in it
                folder.rmdir()
        raise
