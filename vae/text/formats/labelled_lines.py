"""Lines that begin with their labels, as classifiers are trained on: `__label__good Very tasty.`, `NUM:date When?`"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from vae.text.cleaning import split_lines
from vae.text.file_encoding import Text
from vae.text.records import SAMPLE_ROWS, Record, Table, clean_label

_LABELS = re.compile(r"((?:__label__\S+[\s,]+)+)(.*)")
_CATEGORY = re.compile(r"([A-Z]{2,12}:[\w-]{1,30}\s+)(.*)")  # a coarse and a fine one; no name of who speaks: no blank
_NUMBER = re.compile(r"([+-]?[0-5]\s+)(.*)")  # of a class or of stars; with a 0 or -1, or it is a recipe
_OFTEN = 4  # times that a label stands, on average
_LEAST = 8  # lines


def read_labelled_lines(text: Text, _: str) -> Table | None:
    """The texts behind the labels, and the first label of each; None: lines begin in another way."""
    pattern = _pattern_of(split_lines(text.head[:20_000]))
    if pattern is None:
        return None

    def rows() -> Iterator[tuple[str, str]]:
        for line in text.lines():
            found = pattern.fullmatch(line.lstrip())
            label = found[1].split()[0].removeprefix("__label__").rstrip(",") if found else ""
            yield (found[2] if found else line), label

    def read(column: int, label: int | None) -> Iterator[Record]:
        for row in rows():
            yield Record("", row[column], "" if label is None else clean_label(row[label]))

    samples = tuple(zip(*((words, label) for words, label in islice(rows(), SAMPLE_ROWS) if words), strict=True))
    return Table("txt", ("text", "label"), samples or ((), ()), read, text_column=0)


def _pattern_of(lines: list[str]) -> re.Pattern[str] | None:
    """How the labels look that all lines begin with, but for the last, which may be cut off. None: there are none."""
    head = [line.lstrip() for line in lines if line.strip()]
    whole = head[:-1]
    if whole and all(map(_LABELS.match, whole)):
        return _LABELS
    for pattern in (_CATEGORY, _NUMBER):
        found = [match[1].strip() for match in map(pattern.match, whole) if match]
        labels = set(found)
        often = len(labels) >= 2 and len(found) >= max(_LEAST, _OFTEN * len(labels))
        if often and len(found) == len(whole) and (pattern is _CATEGORY or labels & {"0", "-1"}):
            return pattern
    return None
