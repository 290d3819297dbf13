"""What a request to the queue says, checked before Gradio sees it: only known fields, of sane size and shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from vae.messages.message import Message, UserError

MAX_DEPTH = 24  # of lists in lists
MAX_VALUES = 60_000
MAX_DIGITS = 400  # of one number
FIELDS = {  # of each kind of request: those which go on to Gradio
    "join": ("data", "event_data", "fn_index", "trigger_id", "session_hash"),
    "call": ("data", "session_hash"),
    "cancel": ("session_hash", "fn_index", "event_id"),
}
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_LINK = re.compile(r"https?://", re.IGNORECASE)


class BadRequestError(UserError):
    """A request that no client of this page sends; the message says what is wrong with it."""


def _refuse_constant(constant: str) -> NoReturn:
    raise BadRequestError(Message("web.constant_no_json", constant=constant))


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise BadRequestError(Message("web.number_too_long"))
    return int(digits)


def read(body: bytes, kind: str) -> dict[str, Any]:
    """The known fields of a body. Raises BadRequestError.

    Args:
        kind: join, call or cancel.
    """
    try:
        parsed = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, parse_int=_parse_int)
    except BadRequestError:
        raise
    except (ValueError, RecursionError) as error:
        raise BadRequestError(Message("web.no_json")) from error
    if not isinstance(parsed, dict):
        raise BadRequestError(Message("web.no_object"))
    found = {name: parsed[name] for name in FIELDS[kind] if parsed.get(name) is not None}
    name = found.get("session_hash")
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise BadRequestError(Message("web.bad_session_name"))
    if name is None and kind != "call":
        raise BadRequestError(Message("web.no_session_name"))
    for field in ("fn_index", "trigger_id"):
        value = found.get(field)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31):
            raise BadRequestError(Message("web.field_not_whole", field=field))
    if not isinstance(found.get("event_id", ""), str):
        raise BadRequestError(Message("web.event_not_text"))
    if kind != "cancel":
        if not isinstance(found.get("data"), list):
            raise BadRequestError(Message("web.data_not_list"))
        _check_size([found["data"], found.get("event_data")])
    return found


def _check_size(value: Any) -> None:
    """Raises BadRequestError for what would take long to walk through, and for half of a character."""
    level, values = [value], 0
    for _ in range(MAX_DEPTH + 2):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item.values()
                below += item.keys()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, float) and item in (float("inf"), float("-inf")):
                raise BadRequestError(Message("web.number_too_large"))
            elif isinstance(item, str) and not item.isascii():
                try:
                    item.encode("utf-8")
                except UnicodeEncodeError as error:
                    raise BadRequestError(Message("web.half_character")) from error
        values += len(below)
        if values > MAX_VALUES:
            raise BadRequestError(Message("web.too_many_values"))
        if not below:
            return
        level = below
    raise BadRequestError(Message("web.too_deep"))


def named_files(value: Any) -> Iterator[str]:
    """The path of every file that a value names; links are refused elsewhere, in words of their own."""
    for item in objects(value):
        path = item.get("path")
        if isinstance(path, str) and path and not _LINK.match(path):
            yield path


def handed_out(value: Any) -> Iterator[str]:
    """The path of every file that Gradio hands out in an answer."""
    for item in objects(value):
        meta, path = item.get("meta"), item.get("path")
        if isinstance(meta, dict) and meta.get("_type") == "gradio.FileData" and isinstance(path, str):
            yield path


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
