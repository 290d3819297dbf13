"""The log gives every event once, however and whenever the writer writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from vae.eventlog import EventLog, Follower
from vae.events import Event, Saved, to_json
from vae.store import atomic_write


def _event(step: int) -> Saved:
    return Saved(step, "größe.safetensors", best=step % 2 == 0)


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _lines(steps: range) -> str:
    return "".join(to_json(_event(step)) + "\n" for step in steps)


def _events(steps: range) -> list[Event]:
    return [_event(step) for step in steps]


def test_log_without_a_file_is_empty(tmp_path: Path) -> None:
    assert EventLog(tmp_path / "events.jsonl").read() == []


def test_log_reads_on_where_the_reader_left(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    _append(tmp_path / "events.jsonl", _lines(range(5)))
    assert log.read() == _events(range(5))
    assert log.read(3) == _events(range(3, 5))
    _append(tmp_path / "events.jsonl", _lines(range(5, 8)))
    assert log.read(4) == _events(range(4, 8))
    assert log.read(8) == log.read(99) == []
    assert log.read(-3) == _events(range(8))


def test_log_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    text = _lines(range(2))
    _append(tmp_path / "events.jsonl", text[:-9])
    assert log.read() == _events(range(1))
    _append(tmp_path / "events.jsonl", text[-9:])
    assert log.read(1) == _events(range(1, 2))


def test_log_refuses_what_is_no_event(tmp_path: Path) -> None:
    _append(tmp_path / "events.jsonl", "hello\n")
    with pytest.raises(ValueError, match="not an event"):
        EventLog(tmp_path / "events.jsonl").read()


@pytest.mark.parametrize("written", [4, 9])  # fewer and more lines than before the cut
def test_follower_gets_what_replaces_events_after_a_cut(tmp_path: Path, written: int) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    ahead, behind = Follower(log), Follower(log, after=1)
    _append(path, _lines(range(6)))
    assert ahead.read() == _events(range(6))
    kept, again = _lines(range(3)), _lines(range(50, 50 + written - 3))
    atomic_write(path, kept.encode())
    _append(path, again)
    assert ahead.read() == _events(range(50, 50 + written - 3))
    assert behind.read() == [*_events(range(1, 3)), *_events(range(50, 50 + written - 3))]
    assert ahead.read() == behind.read() == []


def test_follower_gets_nothing_twice_when_nothing_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    follower = Follower(EventLog(path))
    _append(path, _lines(range(3)))
    assert len(follower.read()) == 3
    atomic_write(path, _lines(range(3)).encode())
    assert follower.read() == []
    _append(path, _lines(range(3, 4)))
    assert follower.read() == _events(range(3, 4))
