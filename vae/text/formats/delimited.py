"""Comma-, semicolon-, tab- and bar-separated tables."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Literal

from vae.text.cleaning import CorpusError, clean, split_lines
from vae.text.file_encoding import Text
from vae.text.formats.table import MAX_COLUMNS, ROWS_LOOKED_AT, Row, Table, unique_names, wordiest_column

_LOOK = 100  # rows looked at to tell a format or a delimiter
_MAX_LINE = 1_000_000  # characters in a line of a table
NO_DELIMITER = "\x1f"  # of a table with one column, whose cells may hold any delimiter unquoted
# Words that head a column and hardly begin a text.
_HEADINGS = {
    "text", "sentence", "sentences", "content", "body", "message", "comment", "review", "title", "description",
    "quote", "utterance", "tweet", "post", "question", "answer", "prompt", "response", "feedback", "opinion",
    "label", "class", "category", "topic", "sentiment", "rating", "score", "stars", "emotion", "mood", "tense",
    "genre", "target", "id", "number", "index", "name", "date", "timestamp", "language", "lang", "author", "url",
}  # fmt: skip


# Tables ------------------------------------------------------------------------------------------------


def read_delimited(text: Text, delimiter: str) -> Table:
    kind = "tsv" if delimiter == "\t" else "csv"
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
    if delimiter == "\t":
        try:
            deque(_records(text.lines(), delimiter, quoting), maxlen=0)
        except CorpusError:
            quoting = csv.QUOTE_NONE  # tab-separated files often quote nothing, and hold lone quotation marks
    sample = [row for row in islice(_records(text.lines(), delimiter, quoting), ROWS_LOOKED_AT) if row]
    width = max(Counter(map(len, sample)).most_common(1), default=(1, 0))[0]
    headed = bool(sample) and len(sample[0]) >= width and _is_header(sample[0], sample[1:])
    columns = unique_names(sample[0] if headed else [""] * width)
    records = _records(text.lines(), delimiter, quoting)
    if headed:
        next(row for row in records if row)
    return Table(kind, columns, (_fit(row, len(columns)) for row in records), headed)


def _fit(row: list[str], width: int) -> Row:
    """A row as wide as its table; an empty line is a row of empty cells."""
    if len(row) > width:
        return None
    return [*row, *[None if row else ""] * (width - len(row))]


def _records(lines: Iterable[str], delimiter: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> Iterator[list[str]]:
    """The records of delimited lines, empty lines among them as []. CorpusError names a broken line."""
    reader = csv.reader(_ended(lines), delimiter=delimiter, strict=True, quoting=quoting)
    begins = 1
    try:
        for record in reader:
            if len(record) > MAX_COLUMNS:
                raise CorpusError(f"Line {begins:,} has more than {MAX_COLUMNS:,} columns: this is no table.")
            yield record
            begins = reader.line_num + 1
    except csv.Error as error:
        why = "a quotation mark is opened and never closed"
        if "expected after" in str(error):
            why = "text follows a closing quotation mark"
        elif "limit" in str(error):
            why = f"a cell is longer than {csv.field_size_limit():,} characters, or its quotation mark is never closed"
        raise CorpusError(
            f"The table breaks in the record that begins on line {begins:,}: {why}. Write a quotation mark inside a "
            'quoted cell twice ("") and correct that line; or, if this is no table, bring it as .txt.'
        ) from None


def _ended(lines: Iterable[str]) -> Iterator[str]:
    """Lines with their ends, which may stand inside a cell."""
    for number, line in enumerate(lines, 1):
        if len(line) > _MAX_LINE:
            raise CorpusError(f"Line {number:,} is longer than {_MAX_LINE:,} characters: this is no table.")
        yield line + "\n"


def find_delimiter(head: str, usual: str) -> str | None:
    """The delimiter that cuts most rows into as many cells as the first, two at least; None: none does."""
    best, chosen = 0.0, None
    lines = split_lines(head)
    for delimiter in dict.fromkeys((usual, ",", ";", "\t", "|")):
        widths: list[int] = []
        with suppress(CorpusError):  # cut off by the end of the head, or broken: the full reading will tell
            widths.extend(len(row) for row in islice(_records(lines, delimiter), _LOOK) if row)
        share = widths.count(widths[0]) / len(widths) if widths and widths[0] >= 2 else 0
        if share >= 0.5 and share > best:
            best, chosen = share, delimiter
    return chosen


def looks_tabbed(head: str) -> bool:
    lines = [line for line in split_lines(head) if line.strip()][:_LOOK]
    tabs = {line.strip(" ").count("\t") for line in lines}
    return len(lines) >= 2 and len(tabs) == 1 and 0 not in tabs and not any(line[:1] == "\t" for line in lines)


def _is_header(first: list[str], others: list[list[str]]) -> bool:
    """Whether a first row names the columns, by its words or by being far shorter than what follows."""
    names = [clean(cell).casefold() for cell in first]
    if any(len(words) <= 2 and words[-1] in _HEADINGS for words in map(re.compile(r"[^\W_]+").findall, names) if words):
        return True
    if len(set(names)) < len(names) or any(not n or len(n) > 40 or n[-1] in '.!?…。！？"' for n in names):
        return False
    if any(re.fullmatch(r"[\d.,:/ +%-]+", name) for name in names):
        return False
    index = wordiest_column(list(row) for row in others)
    cells = [row[index] for row in others if len(row) > index and row[index]]
    return index < len(names) and len(cells) > 0 and 2 * len(names[index]) < sum(map(len, cells)) / len(cells)
