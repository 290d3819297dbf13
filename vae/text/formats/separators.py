"""What stands between the cells of a table, if anything does: a comma in a sentence is no end of a cell."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Literal

from vae.messages.message import Message
from vae.text.cleaning import CorpusError, split_lines
from vae.text.column_names import is_heading
from vae.text.records import MAX_COLUMNS

NO_SEPARATOR = "\x1f"  # of a table with one column, whose cells may hold any separator unquoted
SEPARATOR_LINE = re.compile(r'"?sep=([,;|\t])"?')  # with which a spreadsheet says what it used
_SNIFFED_ROWS = 100  # rows looked at
_MAX_LINE = 1_000_000  # characters in a line of a table
_SINGLE = ",;\t|"
# Signs in a row that no sentence holds: none of the marks, dashes and quotes of prose, nor an address on the net.
_RARE = re.compile(r"(?!://)[|+$:@#%^/\\;]{2,}")


def find_separator(head: str, preferred: str = ",") -> str | None:
    """The separator that cuts most rows into as many cells as the first, two at least; None: none does.

    Args:
        head: the beginning of a text.
        preferred: of those that cut equally well.
    """
    lines = split_lines(head)
    if lines and (said := SEPARATOR_LINE.fullmatch(lines[0].strip(" "))):
        return said.group(1)
    if rare := _rare_separator(lines):
        return rare
    best, found = 0.0, None
    for separator in dict.fromkeys((preferred, *_SINGLE)):
        rows = _first_rows(lines, separator)
        share = _share(rows)
        if share > best and not _is_punctuation(rows, separator, share):
            best, found = share, separator
    return found


def _first_rows(lines: list[str], separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(CorpusError):  # cut off by the end of the head, or broken: the full reading will tell
        rows.extend(row for row in islice(csv_rows(lines, separator), _SNIFFED_ROWS) if row)
    return rows


def _share(rows: list[list[str]]) -> float:
    """The share of rows as wide as the headings, or, without any, as most others; 0 where it is no table."""
    if not rows:
        return 0
    headed = _has_headings(rows[0])
    width = len(rows[0]) if headed else Counter(map(len, rows)).most_common(1)[0][0]
    share = sum(len(row) == width for row in rows) / len(rows)
    return share if width >= 2 and share >= (0.25 if headed else 0.5) else 0


def _has_headings(row: list[str]) -> bool:
    return any(map(is_heading, row)) and not any(cell[-1:] in ".!?" for cell in row if cell)


def _is_punctuation(rows: list[list[str]], separator: str, share: float) -> bool:
    """Whether what was taken for a separator is the comma or semicolon of sentences, with a space behind it.

    Rows of the same width with a column of numbers or labels are a table even then.
    """
    if separator not in ",;" or _has_headings(rows[0]):
        return False
    behind = [cell for row in rows for cell in row[1:] if cell]
    spaced = sum(cell[0] == " " for cell in behind)
    if spaced * 10 >= 7 * len(behind):
        columns = list(zip(*rows, strict=False)) if share == 1 else []
        return not any(map(is_mark, columns))
    return share < 0.9 and spaced * 2 > len(behind)


def is_mark(column: Sequence[str]) -> bool:
    """Whether a column holds numbers, or labels that repeat: no part of a sentence does so in every line."""
    if all(cell.strip().replace(".", "", 1).isdigit() for cell in column):
        return True
    return len(column) >= 4 and len(set(column)) * 2 <= len(column) and not any(cell[-1:] in ".!?…" for cell in column)


def _rare_separator(lines: list[str]) -> str | None:
    """Signs in a row that stand as often in each line, and in no sentence: +++$+++, ||, |||, ::."""
    filled = [line for line in lines if line.strip()][:_SNIFFED_ROWS]
    filled = filled[:-1] if len(filled) > 20 else filled  # the last may be cut off
    if len(filled) < 2:
        return None
    for signs in dict.fromkeys(map(str, _RARE.findall(filled[0][:2000]))):
        counts = Counter(line.count(signs) for line in filled)
        usual, often = counts.most_common(1)[0]
        if usual and often * 20 >= 19 * len(filled) and not all(line.startswith(signs) for line in filled):
            return signs
    return None


def find_quote(head: str, separator: str) -> str:
    """What the cells of a table are quoted with: a single quote where more of them begin and end with it."""
    sign = re.escape(separator)
    cell = rf"(?:^|{sign})'(?:(?:[^'\r\n]|'')*('(?={sign}|\r?$)))?"
    single, double = (re.findall(cell.replace("'", quote), head, re.MULTILINE) for quote in "'\"")
    whole = sum(map(bool, single))
    return "'" if whole > max(1, sum(map(bool, double))) and whole * 10 >= 9 * len(single) else '"'


def rows_of(lines: Iterable[str], separator: str, quote: str) -> Iterator[list[str]]:
    """The rows of separated lines, empty lines among them as []. A separator of several signs quotes nothing.

    Raises:
        CorpusError: names a broken line.
    """
    if len(separator) == 1:
        yield from csv_rows(lines, separator, quote)
        return
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line.split(separator, MAX_COLUMNS)] if line.strip() else []
        if len(cells) > MAX_COLUMNS:
            raise CorpusError(Message("text.too_many_columns", line=number, most=MAX_COLUMNS))
        yield cells


def csv_rows(lines: Iterable[str], separator: str, quote: str = '"') -> Iterator[list[str]]:
    """As `rows_of`, for one sign between cells, which may be quoted: with `quote`, if that is not ""."""
    style: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader(
        _with_line_ends(lines), delimiter=separator, strict=True, quoting=style, quotechar=quote or None
    )
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
