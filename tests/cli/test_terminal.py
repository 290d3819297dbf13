"""What long work tells on a terminal and elsewhere."""

from __future__ import annotations

import json
import math
import sys

import pytest

from vae.cli import terminal
from vae.cli.terminal import StatusLine, print_json


def test_lines_go_over_each_other_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with StatusLine(quiet=False) as say:
        say("one")
        say("two")
    assert capsys.readouterr().err == "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K"


def test_elsewhere_a_line_comes_when_nothing_was_told_for_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with StatusLine(quiet=False) as say:
        monkeypatch.setattr(terminal, "_INTERVAL", 1e9)
        say("one")
        monkeypatch.setattr(terminal, "_INTERVAL", 0.0)
        say("two")
    assert capsys.readouterr().err == "two\n"


def test_quiet_work_tells_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(terminal, "_INTERVAL", 0.0)
    with StatusLine(quiet=True) as say:
        say("one")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_json_holds_null_for_what_is_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    def never(name: str) -> None:
        raise AssertionError(name)

    print_json({"a": math.nan, "b": [1.5, -math.inf, {"c": (math.inf, 2, True, "\u00e9", None)}]})
    told = json.loads(capsys.readouterr().out, parse_constant=never)
    assert told == {"a": None, "b": [1.5, None, {"c": [None, 2, True, "\u00e9", None]}]}
