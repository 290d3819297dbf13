"""Records with named cells, whatever file they came in, and which of their columns is the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from vae.text.cleaning import CorpusError, clean

Cells = list[str | None]  # of a record, in the order of its table's columns; None: no text there
Row = Cells | None  # None: a record with more cells than columns, which have slipped
ROWS_LOOKED_AT = 1000  # rows looked at to choose the column
MAX_COLUMNS = 1000


@dataclass(frozen=True)
class Table:
    """Records with named cells. Rows come as they are read, so that a broken one is met only on the way."""

    kind: str  # csv, tsv, json or jsonl
    columns: tuple[str, ...]  # empty for bare strings
    rows: Iterable[Row]
    headed: bool = True  # whether the columns' names stand in the file

    def choose(self, column: str | None) -> tuple[int, Iterator[Row]]:
        """The index of the wanted column, or of the one that looks like text; and all rows, still to be read."""
        if column is not None:
            return self.find(column), iter(self.rows)
        rows = iter(self.rows)
        sample = list(islice(rows, ROWS_LOOKED_AT))
        return wordiest_column(sample), chain(sample, rows)

    def find(self, column: str) -> int:
        """The index of a column by its name, in any case and spacing. CorpusError when there is none."""
        if column in self.columns:
            return self.columns.index(column)
        folded = [clean(name).casefold() for name in self.columns]
        if clean(column).casefold() in folded:
            return folded.index(clean(column).casefold())
        if not self.columns:
            raise CorpusError(f'There is no column "{column[:80]}": this file holds bare strings.')
        names = ", ".join(self.columns[:20])
        raise CorpusError(f'There is no column "{column[:80]}". The columns are: {names}.')


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Names for columns: those given, clean, "column 3" where there is none, "text (2)" where one comes again."""
    taken: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        wanted = base = clean(name)[:80].strip() or f"column {number}"
        again = 2
        while wanted in taken:
            wanted = f"{base} ({again})"
            again += 1
        taken[wanted] = None
    return tuple(taken)


def wordiest_column(rows: Iterable[Row]) -> int:
    """The column with the longest mean text, counted in letters; addresses count as none."""
    totals: Counter[int] = Counter()
    for row in rows:
        for index, cell in enumerate(row or ()):
            if cell and "://" not in cell[:12]:
                totals[index] += sum(map(str.isalpha, cell[:1000]))
    return max(totals, key=lambda index: (totals[index], -index), default=0)
