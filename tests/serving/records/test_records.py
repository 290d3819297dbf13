"""What a server remembers: rows that come back equal, whole or not at all, over versions, threads and damage."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from vae.serving.records import database
from vae.serving.records.database import Records, RecordsError
from vae.serving.records.migrations import MIGRATIONS
from vae.serving.records.rows import ComparisonRow, CorpusRow, ModelRow, RunRow, ShareRow, VisitorRow

RUN = RunRow("r", "ada", "toys", "{}", "", 0, "running", "Training.", 1, 1, 2, 4, 10.0, 11.0)
ROWS = [
    VisitorRow("ada", 1.5, "t", "m"), CorpusRow("t", "ada", "toys", 200, 2.0),
    ModelRow("m", "ada", "model", "trained here", "vae", "r", 3.0), RUN, ShareRow("c", "ada", "run", "r", 4.0),
    ComparisonRow("ada/compare", "ada", "compare", "{}", 5.0),
]  # fmt: skip


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "data" / "records.sqlite3")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.table)
def test_a_row_comes_back_equal_is_replaced_and_goes(records: Records, tmp_path: Path, row: RunRow) -> None:
    kind = type(row)
    records.put(row)
    records.put(row)
    again = Records(tmp_path / "data" / "records.sqlite3")  # as another process reads it
    assert again.every(kind) == [row]
    assert again.one(kind, owner="ada") == row
    assert again.one(kind, owner="bob") is None
    again.drop(kind, owner="ada")
    assert records.every(kind) == []


def test_rows_come_oldest_first(records: Records) -> None:
    for made, name in [(3.0, "c"), (1.0, "a"), (2.0, "b")]:
        records.put(CorpusRow(name, "ada", name, 2, made))
    assert [row.id for row in records.every(CorpusRow)] == ["a", "b", "c"]


def test_everything_of_a_visitor_is_forgotten_and_nothing_else(records: Records) -> None:
    for row in ROWS:
        records.put(row)
    records.put(VisitorRow("bob", 1.0))
    records.forget("ada")
    assert [records.every(type(row)) for row in ROWS] == [[VisitorRow("bob", 1.0)], [], [], [], [], []]


def test_what_is_changed_together_is_kept_whole_or_not_at_all(records: Records) -> None:
    records.put(VisitorRow("ada", 1.0))

    def change() -> None:
        with records.transaction():
            records.put(VisitorRow("ada", 2.0))
            with records.transaction():  # within another
                records.put(VisitorRow("bob", 2.0))
            records.drop(VisitorRow, owner="ada")
            raise KeyError

    with pytest.raises(KeyError):
        change()
    assert records.every(VisitorRow) == [VisitorRow("ada", 1.0)]
    with records.transaction():
        records.put(VisitorRow("ada", 3.0))
    assert records.every(VisitorRow) == [VisitorRow("ada", 3.0)]


def test_a_full_disk_loses_nothing_but_what_it_could_not_take(records: Records, tmp_path: Path) -> None:
    records.put(VisitorRow("ada", 1.0))
    ((pages,),) = records._database.execute("PRAGMA page_count").fetchall()
    records._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        records.put(VisitorRow("bob", 1.0, corpus="b" * 100_000))
    records._database.execute("PRAGMA max_page_count = 1000000")
    records.put(VisitorRow("eve", 1.0))
    again = Records(tmp_path / "data" / "records.sqlite3")
    assert [row.owner for row in again.every(VisitorRow)] == ["ada", "eve"]


def test_several_threads_lose_nothing(records: Records) -> None:
    ready = threading.Barrier(4)

    def put(number: int) -> None:
        ready.wait()
        for turn in range(25):
            with records.transaction():
                records.put(CorpusRow(f"{number}-{turn}", "ada", "toys", 2, 0.0))
                (own,) = records.every(CorpusRow, id=f"{number}-{turn}")
                records.put(ModelRow(own.id, "ada", "model", "", "vae", "", 0.0))

    threads = [threading.Thread(target=put, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records.every(CorpusRow)) == len(records.every(ModelRow)) == 100


def test_what_a_quote_could_do_it_does_not(records: Records) -> None:
    name = "'; DROP TABLE visitors; --"
    records.put(VisitorRow(name, 1.0))
    assert records.one(VisitorRow, owner=name) == VisitorRow(name, 1.0)


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A file as the first version wrote it, word for word, with a run and a visitor."""
    path = tmp_path / "old.sqlite3"
    database = sqlite3.connect(path)
    database.executescript("""
        CREATE TABLE visitors (owner TEXT PRIMARY KEY, seen REAL, corpus TEXT, in_use TEXT) STRICT;
        CREATE TABLE corpora (id TEXT PRIMARY KEY, owner TEXT, name TEXT, sentences INTEGER, created REAL) STRICT;
        CREATE TABLE models (id TEXT PRIMARY KEY, owner TEXT, name TEXT, origin TEXT, family TEXT, run TEXT,
            created REAL) STRICT;
        CREATE TABLE runs (id TEXT PRIMARY KEY, owner TEXT, name TEXT, config TEXT, start_from TEXT, aside INTEGER,
            state TEXT, message TEXT, model INTEGER, resumable INTEGER, turn INTEGER, threads INTEGER,
            created REAL) STRICT;
        CREATE TABLE shares (code TEXT PRIMARY KEY, owner TEXT, kind TEXT, target TEXT, created REAL) STRICT;
        INSERT INTO visitors VALUES ('ada', 1.5, 't', 'm');
        INSERT INTO runs VALUES ('r', 'ada', 'toys', '{}', '', 0, 'running', 'Training.', 1, 1, 2, 4, 10.0);
        PRAGMA user_version = 1;
    """)
    database.close()
    return path


def test_a_file_of_the_first_version_is_brought_up_to_date(first_version: Path) -> None:
    records = Records(first_version)
    assert records.every(VisitorRow) == [VisitorRow("ada", 1.5, "t", "m")]
    assert records.every(RunRow) == [RunRow("r", "ada", "toys", "{}", "", 0, "running", "Training.", 1, 1, 2, 4, 10.0)]
    records.put(RUN)
    records.close()
    assert Records(first_version).every(RunRow) == [RUN]  # and only once


def test_a_migration_that_breaks_off_leaves_the_file_as_it_was(
    first_version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*MIGRATIONS[:1], MIGRATIONS[1] + "; CREATE TABLE shares (code TEXT)")
    with monkeypatch.context() as patch:
        patch.setattr("vae.serving.records.database.MIGRATIONS", broken)
        with pytest.raises(RecordsError, match="shares already exists"):
            Records(first_version)
    assert len(Records(first_version).every(RunRow)) == 1


def test_a_file_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    records = Records(path)
    records.put(RUN)
    records.close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(RecordsError, match=r"cannot be used \(they are from a newer version of this program\)\. Move"):
        Records(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("start", [0, 100, 5_000])
def test_a_damaged_file_is_refused_in_words(tmp_path: Path, start: int) -> None:
    path = tmp_path / "records.sqlite3"
    records = Records(path)
    records.put(RUN)
    records.close()
    data = path.read_bytes()
    path.write_bytes(data[:start] + b"\xa5" * (len(data) - start))
    with pytest.raises(RecordsError, match=r"The records in .+ cannot be used \(.+\)\. Move the whole folder away: "):
        Records(path)


def test_a_file_without_a_column_is_refused_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    Records(path).close()
    database = sqlite3.connect(path)
    database.execute("ALTER TABLE visitors RENAME COLUMN in_use TO in_usf")
    database.close()
    with pytest.raises(RecordsError, match=r"cannot be used \(no such column: in_use\)\. Move"):
        Records(path)


def test_a_file_that_says_that_nobody_may_write_it_is_refused_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    Records(path).close()
    data = bytearray(path.read_bytes())
    data[18] = 3  # a way of writing that is newer than this SQLite
    path.write_bytes(data)
    with pytest.raises(RecordsError, match=r"cannot be read or written now \(attempt to write a readonly database\)"):
        Records(path)


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(RecordsError, match="file is not a database"):
        Records(path)
    assert path.read_text().startswith("Dear diary")


def test_a_file_that_is_only_locked_is_not_to_be_moved_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_LOCK_TIMEOUT", 0.01)
    path = tmp_path / "records.sqlite3"
    Records(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RecordsError, match=r"^Another program holds the records in .+ locked\. Close it") as refused:
        Records(path)
    other.close()
    assert "Move" not in str(refused.value)
    Records(path).close()


def test_a_file_that_cannot_be_written_is_not_to_be_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    path.mkdir()
    with pytest.raises(
        RecordsError, match=r"cannot be read or written now \(unable to open .+\)\. Make room"
    ) as refused:
        Records(path)
    assert "Move" not in str(refused.value)
