"""JSON and JSON lines: arrays of strings or of objects, each a record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from vae.text.cleaning import CorpusError, split_lines
from vae.text.file_encoding import Text
from vae.text.formats.table import MAX_COLUMNS, ROWS_LOOKED_AT, Row, Table, unique_names

# JSON --------------------------------------------------------------------------------------------------


def _refuse_constant(constant: str) -> Any:
    raise CorpusError(f"The JSON holds {constant}, which JSON does not allow. Replace it with null.")


# A number stays as it was written, in bytes: never taken for text, and a huge one costs nothing.
_DECODER = json.JSONDecoder(parse_int=str.encode, parse_float=str.encode, parse_constant=_refuse_constant)


def parse_json(text: str, line: int = 1) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise CorpusError(
            f"The JSON is broken at line {error.lineno + line - 1:,}, character {error.colno:,}: {error.msg}. "
            "Correct it there, or bring the text as .txt."
        ) from None
    except RecursionError:
        raise CorpusError("The JSON is nested too deeply. Bring an array of strings or of objects.") from None


def looks_like_json_lines(head: str, ending: str) -> bool:
    """Whether every line is a JSON value: an object, unless the name's ending says JSON lines."""
    lines = [line.strip() for line in split_lines(head) if line.strip()][:5]
    objects = all(line.startswith("{") for line in lines)
    if len(lines) < 2 or not (objects or ending == "jsonl"):
        return False
    try:
        parse_json(lines[0])
    except CorpusError:
        return ending == "jsonl" and objects
    return True


def read_json_lines(text: Text) -> Table:
    def values() -> Iterator[Any]:
        for number, line in enumerate(text.lines(), 1):
            yield parse_json(line, number) if line.strip() else ""

    return _from_values("jsonl", values)


def read_json(whole: Any) -> Table:
    """The table in an array, or in an object that holds one: of objects, or its arrays are the columns."""
    if isinstance(whole, list):
        return _from_values("json", lambda: iter(whole))
    lists = {key: value for key, value in whole.items() if isinstance(value, list)}
    of_objects = [value for value in lists.values() if any(isinstance(item, dict) for item in value)]
    if of_objects:
        rows = max(of_objects, key=len)
        return _from_values("json", lambda: iter(rows))
    if not lists:
        raise CorpusError("This JSON holds no array. Bring an array of strings, or of objects with a text in each.")
    length = max(map(len, lists.values()))
    parts = list(lists.values())
    return Table(
        "json",
        unique_names(list(lists)),
        ([_cell(p[i]) if i < len(p) else None for p in parts] for i in range(length)),
    )


def _from_values(kind: str, values: Any) -> Table:
    """A table of strings (one column without a name) or of objects (a column for each key seen early)."""
    keys = dict.fromkeys(
        key
        for value in islice(values(), ROWS_LOOKED_AT)
        if isinstance(value, dict)
        for key in islice(value, MAX_COLUMNS)
    )
    names = tuple(islice(keys, MAX_COLUMNS))
    if not names:
        return Table(kind, (), ([value if isinstance(value, str) else None] for value in values()))
    return Table(kind, unique_names(list(names)), (_from_value(value, names) for value in values()))


def _from_value(value: Any, names: tuple[str, ...]) -> Row:
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
