"""The log: one JSON object a line, and nothing of anybody in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae.system import log as log_module


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The file of a log that was started; afterwards all is as before."""
    loggers = [logging.getLogger(name) for name in ("vae", *log_module.OTHER_LOGGERS)]
    before = [(one, one.handlers[:], one.propagate, one.level) for one in loggers]
    log_module.start(str(tmp_path / "deep" / "log.jsonl"))
    yield tmp_path / "deep" / "log.jsonl"
    logging.captureWarnings(False)
    for one, handlers, propagate, level in before:
        for handler in set(one.handlers) - set(handlers):
            handler.close()
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


def lines(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def test_what_happened_is_one_object_a_line_with_its_fields(log: Path) -> None:
    log_module.event("run ended", state="done", seconds=1.5)
    (line,) = lines(log)
    assert line["event"] == "run ended"
    assert (line["level"], line["state"], line["seconds"]) == ("info", "done", 1.5)
    assert str(line["time"]).startswith("20")


def test_error_tells_where_it_came_from_and_nothing_of_anybody(log: Path, tmp_path: Path) -> None:
    before = log_module.errors()
    token = "s3cret-token-of-somebody-0123456789abcdefghij"

    def careless() -> None:
        try:
            (tmp_path / "my diary.txt").read_text()
        except OSError as error:
            raise KeyError(f"'dear diary' {token} /home/anna/diary.txt") from error

    try:
        careless()
    except KeyError as error:
        log_module.exception("handler failed", error, door="/upload")
    (line,) = lines(log)
    levels = json.dumps(line)
    assert "test_log.py" in levels
    assert "careless" in levels
    assert "FileNotFoundError" in str(line["traceback"])
    assert "KeyError" in str(line["error"])
    assert line["door"] == "/upload"
    for private in ("diary", token, "anna", str(tmp_path)):
        assert private not in levels
    assert log_module.errors() == before + 1


def test_what_other_modules_log_goes_the_same_way(log: Path) -> None:
    logging.getLogger("vae.jobs").error('run %s broke off: File "/a/b/vae/train.py", line 3: %s', "x" * 30, "'my text'")
    logging.getLogger("uvicorn.error").warning("careful")
    first, second = lines(log)
    assert first["message"] == "run … broke off: File vae/train.py, line 3: …"
    assert (second["from"], second["message"]) == ("uvicorn.error", "careful")


def test_file_is_followed_by_the_next_and_few_are_kept(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = logging.getLogger("vae").handlers[0]
    monkeypatch.setattr(handler, "maxBytes", 1_000)
    for number in range(200):
        log_module.event("again", number=number)
    files = sorted(log.parent.iterdir())
    assert len(files) == log_module.BACKUP_COUNT + 1
    assert all(path.stat().st_size <= 1_000 for path in files)
    assert lines(log)[-1]["number"] == 199


def test_long_message_is_not_searched_and_nothing_of_it_is_told() -> None:
    assert log_module.redact("'" + "secret " * log_module.MAX_REDACTED) == (
        f"a message of {7 * log_module.MAX_REDACTED + 1} characters"
    )


def test_log_goes_to_the_errors_without_a_file(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log_module.start()
    log_module.event("server started", port=1)
    assert json.loads(capsys.readouterr().err)["event"] == "server started"
