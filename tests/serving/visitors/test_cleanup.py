"""Cleaning up: what nobody needs goes, what is needed, young or under way stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from vae.serving.records.database import Records
from vae.serving.records.rows import CorpusRow, ModelRow, RunRow, ShareRow, VisitorRow
from vae.serving.visitors.cleanup import MIN_AGE, sweep

LONG_AGO = time.time() - 10 * MIN_AGE


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "records.sqlite3")


def made(path: Path, *, when: float = LONG_AGO) -> Path:
    """A file that was written then, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    for each in (path, path.parent):
        os.utime(each, (when, when))
    return path


def visitor(records: Records, owner: str, *, seen: float | None = None, corpus: str = "") -> None:
    records.put(VisitorRow(owner, time.time() if seen is None else seen, corpus))


def run_of(owner: str, run_id: str, state: str = "done", created: float = LONG_AGO) -> RunRow:
    return RunRow(run_id, owner, "text", "{}", "", 0, state, "", 0, 1, 0, 1, created)


def furnished(data: Path, records: Records, owner: str) -> list[Path]:
    """A text, a model, a run and a share of somebody; their files."""
    records.put(CorpusRow(f"{owner}-text", owner, "toys", 2, LONG_AGO))
    records.put(ModelRow(f"{owner}-model", owner, "model", "trained here", "vae", "", LONG_AGO))
    records.put(run_of(owner, f"{owner}-run"))
    records.put(ShareRow(f"{owner}-code", owner, "model", f"{owner}-model", LONG_AGO))
    return [
        made(data / "corpora" / f"{owner}-text.json"),
        made(data / "models" / f"{owner}-model.safetensors"),
        made(data / "runs" / f"{owner}-run" / "events.jsonl"),
    ]


def test_what_belongs_to_somebody_stays(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada", corpus="ada-text")
    files = furnished(tmp_path, records, "ada")
    assert sweep(tmp_path, records, 1) == {}
    assert all(path.exists() for path in files)
    assert records.one(ShareRow, owner="ada")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("corpora/lost.json", "corpora"), ("models/lost.safetensors", "models"), ("models/.a.0123.tmp", "models"),
        ("corpora/.b.json.0123.tmp", "corpora"), ("runs/lost/events.jsonl", "runs"), ("runs/.c.tmp", "temporaries"),
        (".d.tmp", "temporaries"),
    ],
)  # fmt: skip
def test_files_that_no_row_names_go_when_they_are_old(tmp_path: Path, records: Records, name: str, what: str) -> None:
    path = made(tmp_path / name, when=time.time())
    assert sweep(tmp_path, records) == {}
    assert path.exists()
    made(path)
    assert sweep(tmp_path, records) == {what: 1}
    assert not path.exists()
    assert (tmp_path / "records.sqlite3").exists()


def test_a_folder_in_which_something_was_changed_of_late_stays(tmp_path: Path, records: Records) -> None:
    path = made(tmp_path / "runs" / "new" / "corpus.json", when=time.time())
    os.utime(path.parent, (LONG_AGO, LONG_AGO))
    assert sweep(tmp_path, records) == {}
    assert path.exists()


def test_temporaries_of_a_killed_process_go_from_a_run_that_stays(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada", corpus="ada-text")
    furnished(tmp_path, records, "ada")
    torn = made(tmp_path / "runs" / "ada-run" / ".state.safetensors.0123.tmp")
    assert sweep(tmp_path, records) == {"temporaries": 1}
    assert not torn.exists()


def test_rows_whose_files_are_gone_go_with_their_shares(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada", corpus="ada-text")
    for path in furnished(tmp_path, records, "ada"):
        path.unlink()
    (tmp_path / "runs" / "ada-run").rmdir()
    assert sweep(tmp_path, records) == {"rows": 4}
    for kind in (CorpusRow, ModelRow, RunRow, ShareRow):
        assert records.every(kind) == []


def test_a_run_that_has_not_ended_keeps_its_row_whatever_became_of_its_files(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada")
    for state in ("waiting", "running", "paused"):
        records.put(run_of("ada", state, state))
    assert sweep(tmp_path, records) == {}
    assert len(records.every(RunRow)) == 3


def test_a_text_that_its_visitor_has_replaced_goes(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada", corpus="another")
    text, model, run = furnished(tmp_path, records, "ada")
    assert sweep(tmp_path, records) == {"rows": 1, "corpora": 1}
    assert not text.exists()
    assert model.exists()
    assert run.exists()


def test_visitors_long_away_go_with_all_that_is_theirs(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada", seen=time.time() - 3 * 3600, corpus="ada-text")
    visitor(records, "bob", seen=time.time() - 3600, corpus="bob-text")
    hers, his = furnished(tmp_path, records, "ada"), furnished(tmp_path, records, "bob")
    assert sweep(tmp_path, records, 2) == {"visitors": 1, "corpora": 1, "models": 1, "runs": 1}
    assert not any(path.exists() for path in hers)
    assert all(path.exists() for path in his)
    assert [row.owner for row in records.every(VisitorRow)] == ["bob"]


def test_nobody_goes_who_has_a_run_under_way(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada", seen=0.0, corpus="ada-text")
    files = furnished(tmp_path, records, "ada")
    for state in ("waiting", "starting", "running", "pausing", "stopping"):
        records.put(run_of("ada", "ada-run", state))
        assert sweep(tmp_path, records, 1) == {}
        assert all(path.exists() for path in files)
    records.put(run_of("ada", "ada-run", "paused"))
    assert sweep(tmp_path, records, 1)["visitors"] == 1


def test_who_lets_visitors_go_is_told_their_names(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada", seen=0.0)
    told: list[str] = []
    sweep(tmp_path, records, 1, forget=told.append)
    assert told == ["ada"]


def test_rows_of_nobody_go_when_they_are_old(tmp_path: Path, records: Records) -> None:
    furnished(tmp_path, records, "ghost")
    records.put(run_of("new", "new-run", created=time.time()))
    assert sweep(tmp_path, records)["visitors"] == 1
    assert [row.owner for row in records.every(RunRow)] == ["new"]


def test_uploads_go_when_they_are_old(tmp_path: Path, records: Records) -> None:
    uploads = tmp_path / "elsewhere"
    old = made(uploads / "0123" / "text.txt", when=time.time() - 24 * 3600)
    aborted = made(uploads / "tmpabc", when=time.time() - 24 * 3600)
    new = made(uploads / "4567" / "text.txt", when=time.time())
    assert sweep(tmp_path, records, uploads=uploads) == {"uploads": 2}
    assert not old.exists()
    assert not aborted.exists()
    assert new.exists()


def test_model_file_that_has_another_name_stays_for_its_row_may_be_on_its_way(tmp_path: Path, records: Records) -> None:
    visitor(records, "ada", corpus="ada-text")
    furnished(tmp_path, records, "ada")
    best = made(tmp_path / "runs" / "ada-run" / "best.safetensors")
    collected = tmp_path / "models" / "new.safetensors"
    os.link(best, collected)
    made(tmp_path / "models" / "folder" / "file")
    assert sweep(tmp_path, records) == {"models": 1}
    assert collected.exists()
    best.unlink()
    assert sweep(tmp_path, records) == {"models": 1}
    assert not collected.exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_goes_and_what_it_points_to_stays(tmp_path: Path, records: Records) -> None:
    outside = made(tmp_path / "mine" / "letter.txt")
    for name in ("runs/link", "models/link"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(outside.parent)
        os.utime(tmp_path / name, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    sweep(tmp_path, records)
    assert not (tmp_path / "models/link").is_symlink()
    assert outside.exists()
