"""Files that are, at every moment, either the old one or the new one; and folders that one process has to itself."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vae.messages.message import Message, UserError

if sys.platform != "win32":
    import fcntl


class DamagedError(UserError):
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


def slug(name: str) -> str:
    """A name as that of a file that every system takes; nothing where no letter of it can stand in one."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]


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
def locked_folder(folder: Path) -> Iterator[None]:
    """Have a folder, made if it is missing, to oneself: until it is left, or the process ends, however it ends.

    Raises:
        UserError: another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(Message("system.folder_in_use", folder=str(folder))) from None
        except OSError:  # not every network's file system knows locks
            pass
        yield
    finally:
        os.close(descriptor)


def folder_size(folder: Path) -> int:
    """Bytes of all files in a folder, or in those that lie in it."""
    total = 0
    with suppress(FileNotFoundError):  # what is going meanwhile does not count
        for path in folder.rglob("*"):
            with suppress(OSError):
                total += path.lstat().st_size
    return total
