"""What a server remembers of its visitors over a restart: rows in SQLite, large files beside it in the data folder.

A row names things by ids that are also the names of their files: runs/ID/, models/ID.safetensors, corpora/ID.json.
No token is in here, only their hashes (`owner`, and that of a share's code).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any

from vae.messages.message import UserError
from vae.serving.records.migrations import MIGRATIONS
from vae.serving.records.rows import ROW_TYPES, CorpusRow, ModelRow, Row, RunRow, ShareRow, VisitorRow

FILE = "records.sqlite3"  # in the data folder
_BUSY = 10.0  # seconds to wait for another process


class RecordsError(UserError):
    """The records cannot be used; the message says why."""


class Records:
    """The rows of one server, in a file that other processes may read meanwhile. Any thread may call any method.

    Args:
        path: the file, made if it is missing, with its folder.
    Raises:
        RecordsError: it is no such file, is damaged, is of a newer version of this program, is locked by another, or
            cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        try:
            self._database = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise _refused(path, error) from error
        self._database.text_factory = lambda data: data.decode("utf-8", "replace")  # rather than fail at each look
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")  # a crash of the machine may lose the last moments
            self._check()
            self._migrate()
            for kind in ROW_TYPES:
                self._database.execute(f"{_select(kind)} LIMIT 0")  # that it has the columns
        except (sqlite3.DatabaseError, UnicodeDecodeError, RecordsError) as error:  # a name may be no text
            self._database.close()
            raise _refused(path, error) from error

    def _check(self) -> None:
        """What is damaged is told now, not in the middle of somebody's visit."""
        ((found,), *_) = self._database.execute("PRAGMA integrity_check(1)").fetchall()
        if found != "ok":
            raise RecordsError("the file is damaged")
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        self._database.executescript(f"BEGIN; PRAGMA user_version = {version}; ROLLBACK;")  # that it can be written to

    def _migrate(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise RecordsError("they are of a newer version of this program")
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self._database.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is changed inside is kept whole or not at all."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:  # a full disk may have ended it
                    self._database.execute("ROLLBACK")
                raise

    def put(self, row: VisitorRow | CorpusRow | ModelRow | RunRow | ShareRow) -> None:
        """Add a row, or replace the one of the same key (its first field)."""
        columns = ", ".join(asdict(row))
        marks = ", ".join("?" for _ in fields(row))
        with self.together():
            self._database.execute(f"INSERT OR REPLACE INTO {row.table} ({columns}) VALUES ({marks})", astuple(row))

    def every(self, kind: type[Row], /, **where: Any) -> list[Row]:
        """The rows in which each of `where` holds, oldest first."""
        order = "seen" if kind is VisitorRow else "created"
        question = f"{_select(kind)}{_condition(where)} ORDER BY {order}, rowid"
        with self._lock:
            found = self._database.execute(question, tuple(where.values())).fetchall()
        return [kind(*row) for row in found]

    def count(self, kind: type[Row]) -> int:
        """How many rows there are."""
        with self._lock:
            (found,) = self._database.execute(f"SELECT COUNT(*) FROM {kind.table}").fetchone()
        return int(found)

    def one(self, kind: type[Row], /, **where: Any) -> Row | None:
        """The first of those rows, if there is one."""
        return next(iter(self.every(kind, **where)), None)

    def drop(self, kind: type[Row], /, **where: Any) -> None:
        """Remove the rows in which each of `where` holds."""
        with self.together():
            self._database.execute(f"DELETE FROM {kind.table}{_condition(where)}", tuple(where.values()))

    def forget(self, owner: str) -> None:
        """Remove all that is known of a visitor."""
        with self.together():
            for kind in ROW_TYPES:
                self._database.execute(f"DELETE FROM {kind.table} WHERE owner = ?", (owner,))

    def close(self) -> None:
        """Close the file; nothing can be asked any more."""
        with self._lock:
            self._database.close()


def _refused(path: Path, error: Exception) -> RecordsError:
    """In words, with what helps: without its records, the rest of the folder would be nobody's."""
    why = str(error) if isinstance(error, sqlite3.OperationalError) else ""
    if "locked" in why:
        return RecordsError(f"Another program holds the records in {path} locked. Close it, and start again.")
    if any(words in why for words in ("full", "readonly", "unable to open", "disk I/O")):
        advice = "Make room on the disk, see that they can be written, and start again."
        return RecordsError(f"The records in {path} cannot be read or written now ({why}). {advice}")
    return RecordsError(
        f"The records in {path} cannot be used ({error}). Move the whole folder away: without them, nobody finds "
        "again what is in it."
    )


def _select(kind: type[Any]) -> str:
    return f"SELECT {', '.join(f.name for f in fields(kind))} FROM {kind.table}"


def _condition(where: dict[str, Any]) -> str:
    return f" WHERE {' AND '.join(f'{name} = ?' for name in where)}" if where else ""
