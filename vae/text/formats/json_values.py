"""JSON: text to values, which come as they are written."""

from __future__ import annotations

import json
from typing import Any

from vae.messages.message import Message
from vae.text.cleaning import CorpusError, split_lines


def looks_like_json_lines(head: str, extension: str) -> bool:
    """Whether every line is a JSON value: an object, unless the name's extension says JSON lines."""
    lines = [line.strip() for line in split_lines(head) if line.strip()][:5]
    objects = all(line.startswith("{") for line in lines)
    if len(lines) < 2 or not (objects or extension == "jsonl"):
        return False
    try:
        parse_json(lines[0])
    except CorpusError:
        return extension == "jsonl" and objects
    return True


def parse_json(text: str, line: int = 1) -> Any:
    """The value that a text is; numbers come in bytes, as they are written.

    Args:
        line: number of the text's first line in its file.
    Raises:
        CorpusError: it is no JSON.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        # json words what it misses in English alone (Python 3.10 to 3.14).
        place = {"line": error.lineno + line - 1, "character": error.colno}
        raise CorpusError(Message("text.json_broken", **place, reason=error.msg)) from None
    except RecursionError:
        raise CorpusError(Message("text.json_too_deep")) from None


def _refuse_constant(constant: str) -> Any:
    raise CorpusError(Message("text.json_constant", constant=constant))


# A number stays as it was written, in bytes: never taken for text, and a huge one costs nothing.
_DECODER = json.JSONDecoder(parse_int=str.encode, parse_float=str.encode, parse_constant=_refuse_constant)


def scalar(value: Any) -> str | None:
    """A string or number as it is, true and false as such words; None for all that is no text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, str) else joined(value)


def joined(value: Any) -> str | None:
    """A text in pieces, some of them with a mark: ["See ", {"type": "link", "text": "this"}]. None: it is no such."""
    if not isinstance(value, list) or not value:
        return None
    pieces = [item.get("text") if isinstance(item, dict) else item for item in value]
    texts = [piece for piece in pieces if isinstance(piece, str)]
    return "".join(texts) if len(texts) == len(pieces) else None


def is_in_pieces(value: list[Any]) -> bool:
    """Whether a list is one text, of strings and of marked pieces; a list of strings alone is many texts."""
    return (
        any(isinstance(item, str) for item in value)
        and any(isinstance(item, dict) for item in value)
        and joined(value) is not None
    )
