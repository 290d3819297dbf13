"""The log gives every event once, however and whenever the writer writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from vae.training.event_log import EventLog
from vae.training.events import Event, Saved, to_json


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
