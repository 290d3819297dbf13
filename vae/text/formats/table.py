"""Records with named cells, whatever file they came in, and which of their columns is the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from vae.messages.message import Message
from vae.text.cleaning import CorpusError, clean

Cells = list[str | None]  # of a record, in the order of its table's columns; None: no text there
Row = Cells | None  # None: a record with more cells than columns, so that its cells may belong anywhere
SAMPLE_ROWS = 1000  # rows looked at to choose the column
MAX_COLUMNS = 1000
_MAX_NAME = 80  # characters of a column's name


@dataclass(frozen=True)
class Table:
    """Records with named cells. Rows come as they are read, so that a broken one is met only on the way."""

    kind: str  # csv, tsv, json or jsonl
    columns: tuple[str, ...]  # empty for bare strings
    rows: Iterable[Row]
    has_header: bool = True  # whether the columns' names stand in the file

    def select(self, column: str | None) -> tuple[int, Iterator[Row]]:
        """The index of the wanted column, or of the one that looks like text; and all rows, still to be read.

        Raises:
            CorpusError: there is no such column.
        """
        if column is not None:
            return self.index_of(column), iter(self.rows)
        rows = iter(self.rows)
        sample = list(islice(rows, SAMPLE_ROWS))
        return wordiest_column(sample), chain(sample, rows)

    def index_of(self, column: str) -> int:
        """The index of a column by its name, in any case and spacing.

        Raises:
            CorpusError: there is no such column.
        """
        if column in self.columns:
            return self.columns.index(column)
        folded = [clean(name).casefold() for name in self.columns]
        if clean(column).casefold() in folded:
            return folded.index(clean(column).casefold())
        if not self.columns:
            raise CorpusError(Message("text.no_columns", column=column[:_MAX_NAME]))
        names = ", ".join(self.columns[:20])
        raise CorpusError(Message("text.no_such_column", column=column[:_MAX_NAME], columns=names))


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names for columns: those given, clean, "column 3" where there is none, "text (2)" where one comes again."""
    unique: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        candidate = base = clean(name)[:_MAX_NAME].strip() or f"column {number}"
        suffix = 2
        while candidate in unique:
            candidate = f"{base} ({suffix})"
            suffix += 1
        unique[candidate] = None
    return tuple(unique)


def wordiest_column(rows: Iterable[Row]) -> int:
    """The column with the longest mean text, counted in letters; addresses count as none."""
    letters: Counter[int] = Counter()
    for row in rows:
        for index, cell in enumerate(row or ()):
            if cell and "://" not in cell[:12]:
                letters[index] += sum(map(str.isalpha, cell[:1000]))
    return max(letters, key=lambda index: (letters[index], -index), default=0)
