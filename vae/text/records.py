"""What a format makes of a text: a table of records with named cells, or prose, whose lines are still to be told apart.

Both are opened as often as wanted and read as they go, so that a text may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vae.messages.message import Message
from vae.text.cleaning import CorpusError, clean

SAMPLE_ROWS = 1000  # records looked at to tell a column, a heading, a way to split
MAX_COLUMNS = 1000
MAX_LABEL = 80  # characters of a label
_MAX_NAME = 80  # characters of a column's name


class Record(NamedTuple):
    """One text on its way to be a sentence."""

    reason: str  # why there is none, one of `report.REASONS`; else ""
    text: str
    label: str = ""
    pieces: int = 1  # of a cell that was split, its first record has their number, the others 0


@dataclass(frozen=True)
class Table:
    """Records with named cells. They come as they are read, so that a broken one is met only on the way.

    Args:
        columns: their names; none for bare strings, which are one column without a name.
        samples: of each column (of the one without a name, too) its texts in the first records, empty ones left out.
        read: gives the records of a column, with the labels of another or of none, both by index.
        text_column: which one holds the text, where the format says so.
        separator: what stands between the cells, "" where nothing does.
    """

    kind: str
    columns: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    read: Callable[[int, int | None], Iterator[Record]]
    text_column: int | None = None
    separator: str = ""
    has_header: bool = True

    def index_of(self, column: str) -> int:
        """The index of a column by its name, in any case and spacing; of a path its last part will do.

        Raises:
            CorpusError: there is no such column, or more than one.
        """
        if column in self.columns:
            return self.columns.index(column)
        wanted = clean(column).casefold()
        folded = [clean(name).casefold() for name in self.columns]
        if wanted in folded:
            return folded.index(wanted)
        last = wanted.removesuffix("[]")
        ends = [i for i, name in enumerate(folded) if f".{name}".removesuffix("[]").endswith(f".{last}")]
        if len(ends) == 1:
            return ends[0]
        if not self.columns:
            raise CorpusError(Message("text.no_columns", column=column[:_MAX_NAME]))
        names = ", ".join(self.columns[:20])
        raise CorpusError(Message("text.no_such_column", column=column[:_MAX_NAME], columns=names))


@dataclass(frozen=True)
class Prose:
    """Lines without columns.

    Args:
        lines: gives them from the first.
        layout: "lines" or "running" where the format says so; None: their looks have to tell.
    """

    kind: str
    lines: Callable[[], Iterator[str]]
    layout: str | None = None


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


def clean_label(text: str | None) -> str:
    """A label as it is kept: one clean line, not too long."""
    return clean(text or "")[:MAX_LABEL].strip()
