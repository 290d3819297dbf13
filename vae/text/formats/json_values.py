"""JSON and JSON lines: arrays of strings or of objects, each a record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from vae.messages.message import Message
from vae.text.cleaning import CorpusError, split_lines
from vae.text.file_encoding import Text
from vae.text.formats.table import MAX_COLUMNS, SAMPLE_ROWS, Row, Table, unique_names


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


def read_json_lines(text: Text) -> Table:
    """The table whose records are the lines of a text. Raises CorpusError: a line near its beginning is broken."""

    def values() -> Iterator[Any]:
        for number, line in enumerate(text.lines(), 1):
            yield parse_json(line, number) if line.strip() else ""

    return _table_of("jsonl", values)


def read_json(value: Any) -> Table:
    """The table in an array, or in an object that holds one: of objects, or its arrays are the columns.

    Args:
        value: an array or an object, as `parse_json` gives it.
    Raises:
        CorpusError: it holds no array.
    """
    if isinstance(value, list):
        return _table_of("json", lambda: iter(value))
    arrays = {key: array for key, array in value.items() if isinstance(array, list)}
    of_objects = [array for array in arrays.values() if any(isinstance(item, dict) for item in array)]
    if of_objects:
        longest = max(of_objects, key=len)
        return _table_of("json", lambda: iter(longest))
    if not arrays:
        raise CorpusError(Message("text.json_without_array"))
    length = max(map(len, arrays.values()))
    columns = list(arrays.values())
    rows = ([_cell(column[i]) if i < len(column) else None for column in columns] for i in range(length))
    return Table("json", unique_names(arrays), rows)


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


def _table_of(kind: str, values: Callable[[], Iterator[Any]]) -> Table:
    """A table of strings (one column without a name) or of objects (a column for each key seen early).

    Args:
        values: gives them from the first, as often as it is called.
    """
    objects = (value for value in islice(values(), SAMPLE_ROWS) if isinstance(value, dict))
    keys = dict.fromkeys(key for value in objects for key in islice(value, MAX_COLUMNS))
    names = tuple(islice(keys, MAX_COLUMNS))
    if not names:
        return Table(kind, (), ([value if isinstance(value, str) else None] for value in values()))
    return Table(kind, unique_names(names), (_row(value, names) for value in values()))


def _row(value: Any, names: tuple[str, ...]) -> Row:
    """The cells of an object; what is no object has none, but an empty line of JSON lines is a row of empty ones."""
    if isinstance(value, dict):
        return [_cell(value.get(name)) for name in names]
    return [value if value == "" else None] * len(names)


def _cell(value: Any) -> str | None:
    """A string or number as it is, true and false as such words; None for all that is no text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, str) else None
