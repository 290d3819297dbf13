"""The log of a server: one JSON object a line, with its time, its level and what happened.

What people write, their tokens and codes, and whole paths stay out of it: fields are numbers and short words of ours,
an error gives its kind, where it came up and what is left of its message without quotes, paths and long ids.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from datetime import datetime, timezone
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 5 * 2**20  # of one file of the log
BACKUP_COUNT = 3  # older files of it
MAX_MESSAGE = 1_200  # characters
MAX_REDACTED = 20_000  # of a message that is searched for what is private
MAX_FRAMES = 12  # of a traceback, the innermost
OTHER_LOGGERS = ("uvicorn", "asyncio", "py.warnings")  # what others log goes the same way
_log = logging.getLogger("vae")
_SECRET = re.compile(
    r"""File\ "(?P<file>[^"\n]+)" | '[^'\n]*' | "[^"\n]*" | “[^”\n]*” | (?:[A-Za-z]:)?[\\/][^\s,;]+ | [\w-]{20,}""",
    re.VERBOSE,
)


def event(event: str, level: int = logging.INFO, **fields: str | float | None) -> None:
    """Log that something happened. `fields` must hold nothing that a visitor wrote or that opens anything."""
    _log.log(level, "%s", event, extra={"event": event, "fields": fields})


def exception(event: str, error: BaseException, level: int = logging.ERROR, **fields: str | float | None) -> None:
    """Log an error that nobody foresaw, with where it came from."""
    _log.log(level, "%s", event, exc_info=error, extra={"event": event, "fields": fields})


def start(path: str | None = None) -> None:
    """Write the log from now on: to the file at `path`, else to the one that VAE_LOG names, else to stderr.

    A file is followed by the next when it has MAX_BYTES; of the older ones a few are kept.

    Raises:
        OSError: the file cannot be written.
    """
    named = path or os.environ.get("VAE_LOG")
    handler: logging.Handler
    if named:
        Path(named).parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(named, maxBytes=MAX_BYTES, backupCount=BACKUP_COUNT, encoding="utf-8")
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(JsonFormatter.count)
    logging.captureWarnings(True)
    _log.setLevel(logging.INFO)
    for logger in (_log, *map(logging.getLogger, OTHER_LOGGERS)):
        for old in logger.handlers[:]:
            logger.removeHandler(old)
            if isinstance(old.formatter, JsonFormatter):
                old.close()
        logger.addHandler(handler)
        logger.propagate = False


def errors() -> int:
    """How many errors were logged since `start`."""
    return JsonFormatter.errors


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    errors = 0

    @staticmethod
    def count(record: logging.LogRecord) -> bool:
        """For a handler's filter, which sees each record once."""
        JsonFormatter.errors += record.levelno >= logging.ERROR
        return True

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "message"),
        }
        if not hasattr(record, "event"):
            entry |= {"from": record.name, "message": redact(record.getMessage())}
        entry |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            entry |= {"error": describe_error(record.exc_info[1]), "traceback": format_traceback(record.exc_info[1])}
        return json.dumps(entry, ensure_ascii=False)


def redact(text: str) -> str:
    """A message without what may be somebody's: anything in quotes, paths, long ids; cut to a few lines."""
    if len(text) > MAX_REDACTED:  # a part of it could begin inside of quotes
        return f"a message of {len(text)} characters"
    return _SECRET.sub(lambda found: f"File {short_path(found['file'])}" if found["file"] else "…", text)[-MAX_MESSAGE:]


def describe_error(error: BaseException) -> str:
    """An error as its class and its clean message."""
    return f"{type(error).__name__}: {redact(str(error)[:MAX_MESSAGE])}".rstrip(": ")


def format_traceback(error: BaseException) -> str:
    """Where an error came up, the outermost call first, and before it what caused it."""
    causes: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < 4:
        calls = traceback.extract_tb(cause.__traceback__)[-MAX_FRAMES:]
        places = [f"{short_path(call.filename)}:{call.lineno} {call.name}" for call in calls]
        causes.append(" > ".join([*places, describe_error(cause)]))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(reversed(causes))


def short_path(path: str) -> str:
    """A file of code by its package and name, without where it is installed."""
    return "/".join(Path(path).parts[-2:]).lstrip("/")
