"""What a server remembers of its visitors over a restart: rows in SQLite, large files beside it in the data folder.

A row names things by ids that are also the names of their files: runs/ID/, models/ID.safetensors, corpora/ID.json.
No token is in here, only their hashes (`owner`, and that of a share's code).
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any

from vae.messages.message import Message, UserError
from vae.serving.records.migrations import MIGRATIONS
from vae.serving.records.rows import ROW_TYPES, AnyRow, Row, VisitorRow

FILE = "records.sqlite3"  # in the data folder
_LOCK_TIMEOUT = 10.0  # seconds to wait for another process


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
            self._database = sqlite3.connect(path, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise _refused(path, error) from error
        weakref.finalize(self, self._database.close)  # from Python 3.13 on, SQLite warns of one that nobody closed
        self._database.text_factory = lambda data: data.decode("utf-8", "replace")  # rather than fail at each look
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")  # a crash of the machine may lose the last moments
            self._check_health()
            self._migrate()
            for row_type in ROW_TYPES:
                self._database.execute(f"{_select(row_type)} LIMIT 0")  # that it has the columns
        except (sqlite3.DatabaseError, UnicodeDecodeError, RecordsError) as error:  # a name may be no text
            self._database.close()
            raise _refused(path, error) from error

    def _check_health(self) -> None:
        """What is damaged is told now, not in the middle of somebody's visit."""
        ((found,), *_) = self._database.execute("PRAGMA integrity_check(1)").fetchall()
        if found != "ok":
            raise RecordsError(Message("serving.records_damaged"))
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        self._database.executescript(f"BEGIN; PRAGMA user_version = {version}; ROLLBACK;")  # that it can be written to

    def _migrate(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise RecordsError(Message("serving.records_newer"))
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self._database.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is changed inside is kept whole or not at all. Within another, it is part of that."""
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

    def put(self, row: AnyRow) -> None:
        """Add a row, or replace the one of the same key (its first field)."""
        columns = ", ".join(asdict(row))
        placeholders = ", ".join("?" for _ in fields(row))
        with self.transaction():
            self._database.execute(
                f"INSERT OR REPLACE INTO {row.table} ({columns}) VALUES ({placeholders})", astuple(row)
            )

    def every(self, row_type: type[Row], /, **where: Any) -> list[Row]:
        """The rows in which each of `where` holds, oldest first."""
        order = "seen" if row_type is VisitorRow else "created"
        query = f"{_select(row_type)}{_condition(where)} ORDER BY {order}, rowid"
        with self._lock:
            found = self._database.execute(query, tuple(where.values())).fetchall()
        return [row_type(*row) for row in found]

    def count(self, row_type: type[Row]) -> int:
        """How many rows there are."""
        with self._lock:
            (found,) = self._database.execute(f"SELECT COUNT(*) FROM {row_type.table}").fetchone()
        return int(found)

    def one(self, row_type: type[Row], /, **where: Any) -> Row | None:
        """The first of those rows, if there is one."""
        return next(iter(self.every(row_type, **where)), None)

    def drop(self, row_type: type[Row], /, **where: Any) -> None:
        """Remove the rows in which each of `where` holds."""
        with self.transaction():
            self._database.execute(f"DELETE FROM {row_type.table}{_condition(where)}", tuple(where.values()))

    def forget(self, owner: str) -> None:
        """Remove all that is known of a visitor."""
        with self.transaction():
            for row_type in ROW_TYPES:
                self._database.execute(f"DELETE FROM {row_type.table} WHERE owner = ?", (owner,))

    def close(self) -> None:
        """Close the file; nothing can be asked any more."""
        with self._lock:
            self._database.close()


def _refused(path: Path, error: Exception) -> RecordsError:
    """In words, with what helps: without its records, the rest of the folder would be nobody's."""
    reason = error.message if isinstance(error, UserError) else str(error)
    if isinstance(error, sqlite3.OperationalError):
        # Python 3.10 has sqlite's reasons as English alone (SQLite 3.40); later ones have `sqlite_errorcode`, too.
        if "locked" in str(error):
            return RecordsError(Message("serving.records_locked", path=str(path)))
        if any(words in str(error) for words in ("full", "readonly", "unable to open", "disk I/O")):
            return RecordsError(Message("serving.records_unreadable", path=str(path), reason=reason))
    return RecordsError(Message("serving.records_unusable", path=str(path), reason=reason))


def _select(row_type: type[Any]) -> str:
    return f"SELECT {', '.join(f.name for f in fields(row_type))} FROM {row_type.table}"


def _condition(where: dict[str, Any]) -> str:
    return f" WHERE {' AND '.join(f'{name} = ?' for name in where)}" if where else ""
