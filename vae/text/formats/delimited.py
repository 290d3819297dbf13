"""Comma-, semicolon-, tab- and bar-separated tables."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Literal

from vae.messages.message import Message
from vae.text.cleaning import CorpusError, clean, split_lines
from vae.text.file_encoding import Text
from vae.text.formats.table import MAX_COLUMNS, SAMPLE_ROWS, Row, Table, unique_names, wordiest_column

NO_DELIMITER = "\x1f"  # of a table with one column, whose cells may hold any delimiter unquoted
_SNIFFED_ROWS = 100  # rows looked at to tell a delimiter
_MAX_LINE = 1_000_000  # characters in a line of a table
_Quoting = Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE
# Words that head a column and hardly begin a text.
_HEADINGS = {
    "text", "sentence", "sentences", "content", "body", "message", "comment", "review", "title", "description",
    "quote", "utterance", "tweet", "post", "question", "answer", "prompt", "response", "feedback", "opinion",
    "label", "class", "category", "topic", "sentiment", "rating", "score", "stars", "emotion", "mood", "tense",
    "genre", "target", "id", "number", "index", "name", "date", "timestamp", "language", "lang", "author", "url",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[\d.,:/ +%-]+")


def find_delimiter(head: str, preferred: str) -> str | None:
    """The delimiter that cuts most rows into as many cells as the first, two at least; None: none does."""
    best, found = 0.0, None
    lines = split_lines(head)
    for delimiter in dict.fromkeys((preferred, ",", ";", "\t", "|")):
        widths: list[int] = []
        with suppress(CorpusError):  # cut off by the end of the head, or broken: the full reading will tell
            widths.extend(len(row) for row in islice(_records(lines, delimiter), _SNIFFED_ROWS) if row)
        share = widths.count(widths[0]) / len(widths) if widths and widths[0] >= 2 else 0
        if share >= 0.5 and share > best:
            best, found = share, delimiter
    return found


def looks_tab_separated(head: str) -> bool:
    """Whether all of the first lines have as many tabs as each other, one at least, and none is just indented."""
    lines = [line for line in split_lines(head) if line.strip()][:_SNIFFED_ROWS]
    tabs = {line.strip(" ").count("\t") for line in lines}
    return len(lines) >= 2 and len(tabs) == 1 and 0 not in tabs and not any(line[:1] == "\t" for line in lines)


def read_delimited(text: Text, delimiter: str) -> Table:
    """The table in a text, with the names of its first row, if that looks like names.

    Raises:
        CorpusError: it breaks near its beginning; of what breaks later, its rows do.
    """
    quoting = _quoting_of(text, delimiter)
    sample = [row for row in islice(_records(text.lines(), delimiter, quoting), SAMPLE_ROWS) if row]
    width = max(Counter(map(len, sample)).most_common(1), default=(1, 0))[0]
    has_header = bool(sample) and len(sample[0]) >= width and _is_header(sample[0], sample[1:])
    columns = unique_names(sample[0] if has_header else [""] * width)
    records = _records(text.lines(), delimiter, quoting)
    if has_header:
        next(row for row in records if row)
    kind = "tsv" if delimiter == "\t" else "csv"
    return Table(kind, columns, (_fit(row, len(columns)) for row in records), has_header)


def _quoting_of(text: Text, delimiter: str) -> _Quoting:
    """Tab-separated files often quote nothing, and hold lone quotation marks: then reading them as quotes fails."""
    if delimiter == "\t":
        try:
            deque(_records(text.lines(), delimiter), maxlen=0)
        except CorpusError:
            return csv.QUOTE_NONE
    return csv.QUOTE_MINIMAL


def _is_header(first: list[str], others: list[list[str]]) -> bool:
    """Whether a first row names the columns, by its words or by being far shorter than what follows."""
    names = [clean(cell).casefold() for cell in first]
    if any(len(words) <= 2 and words[-1] in _HEADINGS for words in map(_WORD.findall, names) if words):
        return True
    if len(set(names)) < len(names) or any(not n or len(n) > 40 or n[-1] in '.!?…。！？"' for n in names):
        return False
    if any(_NUMBER.fullmatch(name) for name in names):
        return False
    index = wordiest_column(list(row) for row in others)
    cells = [row[index] for row in others if len(row) > index and row[index]]
    return index < len(names) and len(cells) > 0 and 2 * len(names[index]) < sum(map(len, cells)) / len(cells)


def _fit(row: list[str], width: int) -> Row:
    """A row as wide as its table; an empty line is a row of empty cells."""
    if len(row) > width:
        return None
    return [*row, *[None if row else ""] * (width - len(row))]


def _records(lines: Iterable[str], delimiter: str, quoting: _Quoting = csv.QUOTE_MINIMAL) -> Iterator[list[str]]:
    """The records of delimited lines, empty lines among them as []. CorpusError names a broken line."""
    reader = csv.reader(_with_line_ends(lines), delimiter=delimiter, strict=True, quoting=quoting)
    line = 1  # on which the record begins
    try:
        for record in reader:
            if len(record) > MAX_COLUMNS:
                raise CorpusError(Message("text.too_many_columns", line=line, most=MAX_COLUMNS))
            yield record
            line = reader.line_num + 1
    except csv.Error as error:
        raise CorpusError(Message("text.table_broken", line=line, reason=_reason(error))) from None


def _with_line_ends(lines: Iterable[str]) -> Iterator[str]:
    """Lines with their ends, which may stand inside a cell."""
    for number, line in enumerate(lines, 1):
        if len(line) > _MAX_LINE:
            raise CorpusError(Message("text.table_line_too_long", line=number, most=_MAX_LINE))
        yield line + "\n"


def _reason(error: csv.Error) -> Message:
    """Why a table breaks. Nothing but the English words of csv's errors tells (Python 3.10 to 3.14)."""
    words = str(error)
    if "expected after" in words:
        return Message("text.after_closing_quote")
    if "limit" in words:
        return Message("text.cell_too_long", most=csv.field_size_limit())
    return Message("text.unclosed_quote")
