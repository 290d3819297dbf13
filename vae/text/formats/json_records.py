"""JSON and JSON lines of any nesting: each place that texts stand at is a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from vae.messages.message import Message
from vae.text.cleaning import SAMPLE_SIZE, CorpusError
from vae.text.file_encoding import Text
from vae.text.formats.data_frames import as_record, as_records, is_matrix
from vae.text.formats.json_paths import EACH, Path, every_text, find_paths, name_of, records
from vae.text.formats.json_values import looks_like_json_lines, parse_json
from vae.text.records import SAMPLE_ROWS, Record, Table, unique_names
from vae.text.report import EMPTY

_ASSIGNED = re.compile(
    r"\s*(?:(?:var|let|const)\s+)?[\w.]{1,100}\s*=\s*(?=[\[{])"
)  # as archives of networks are written
EVERYTHING = "*"  # the column of all texts, of a file with one in each of its places


def read_json_lines(text: Text, extension: str) -> Table | None:
    """The table whose records are the lines of a text. Raises CorpusError: a line near its beginning is broken."""
    if not looks_like_json_lines(text.head[:SAMPLE_SIZE], extension):
        return None

    def values() -> Iterator[Any]:
        for number, line in enumerate(text.lines(), 1):
            yield parse_json(line, number) if line.strip() else ""

    sample = list(islice(values(), SAMPLE_ROWS))
    record_of = as_record if is_matrix(sample) else lambda value: value

    def read(path: Path, label: Path | None) -> Iterator[Record]:
        for value in values():
            yield from [Record(EMPTY, "")] if value == "" else records([record_of(value)], path, label)

    return _table("jsonl", find_paths(list(map(record_of, sample))), read)


def read_json(text: Text, extension: str) -> Table | None:
    """The table in one JSON value. Raises CorpusError: it is broken, or holds no text."""
    assigned = _ASSIGNED.match(text.head)
    if not assigned and text.head.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = as_records(parse_json(text.read()[assigned.end() if assigned else 0 :].rstrip("; \n\r\t")))
    except CorpusError:
        if extension in ("json", "jsonl", "ipynb"):
            raise
        return None
    found = find_paths(value)
    if found and not any(EACH in path for path in found):
        texts = tuple(every_text(value))
        return Table("json", (EVERYTHING,), (texts,), lambda _, __: (Record("", one) for one in texts))
    often = {path: texts for path, texts in found.items() if EACH in path}  # not what is said once, of the whole file
    return _table("json", often, lambda path, label: records(value, path, label))


def _table(
    kind: str, found: dict[Path, list[str]], read: Callable[[Path, Path | None], Iterator[Record]]
) -> Table:  # fmt: skip
    paths = list(found)
    if not any(found.values()):
        raise CorpusError(Message("text.json_without_text"))
    if paths == [(EACH,)]:  # bare strings
        return Table(kind, (), (tuple(found[paths[0]]),), lambda _, __: read(paths[0], None))
    return Table(
        kind, unique_names(map(name_of, paths)), tuple(map(tuple, found.values())),
        lambda column, label: read(paths[column], None if label is None else paths[label]),
    )  # fmt: skip
