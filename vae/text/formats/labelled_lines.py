"""Lines that begin with their labels, as classifiers are trained on: `__label__good Very tasty.`"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from vae.text.cleaning import split_lines
from vae.text.file_encoding import Text
from vae.text.records import SAMPLE_ROWS, Record, Table, clean_label

_LABELS = re.compile(r"((?:__label__\S+[\s,]+)+)(.*)")


def read_labelled_lines(text: Text, _: str) -> Table | None:
    """The texts behind the labels, and the first label of each; None: lines begin in another way."""
    head = [line for line in split_lines(text.head[:20_000]) if line.strip()]
    if len(head) < 2 or not all(map(_LABELS.match, head[: len(head) - 1])):
        return None

    def rows() -> Iterator[tuple[str, str]]:
        for line in text.lines():
            found = _LABELS.fullmatch(line)
            label = found[1].split()[0].removeprefix("__label__").rstrip(",") if found else ""
            yield (found[2] if found else line), label

    def read(column: int, label: int | None) -> Iterator[Record]:
        for row in rows():
            yield Record("", row[column], "" if label is None else clean_label(row[label]))

    samples = tuple(zip(*((words, label) for words, label in islice(rows(), SAMPLE_ROWS) if words), strict=True))
    return Table("txt", ("text", "label"), samples or ((), ()), read, text_column=0)
