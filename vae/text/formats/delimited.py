"""Comma-, semicolon-, tab- and bar-separated tables, also those of rarer separators, or of one column."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from itertools import chain, islice

from vae.text.cleaning import SAMPLE_SIZE, CorpusError, split_lines
from vae.text.file_encoding import Text
from vae.text.formats.headings import has_headings
from vae.text.formats.separators import NO_SEPARATOR, SEPARATOR_LINE, find_quote, find_separator, is_mark, rows_of
from vae.text.records import SAMPLE_ROWS, Record, Table, clean_label, unique_names
from vae.text.report import NO_TEXT, TOO_MANY_CELLS


def read_csv(text: Text, extension: str) -> Table | None:
    """The table in a text that says it is one by its name, or, if it looks like nothing else, by its looks."""
    head = text.head[:SAMPLE_SIZE]
    if extension in ("csv", "tsv"):
        preferred = "\t" if extension == "tsv" else ","
        return read_delimited(text, find_separator(head, preferred) or NO_SEPARATOR)
    separator = find_separator(head)
    if separator is None or (separator == "\t" and not looks_tab_separated(head)):
        return None
    table = read_delimited(text, separator)
    said = separator == "\t" or len(separator) > 1 or SEPARATOR_LINE.fullmatch(split_lines(head)[0].strip(" "))
    return table if said or table.has_header or any(map(is_mark, filter(None, table.samples))) else None


def looks_tab_separated(head: str) -> bool:
    """Whether nearly all of the first lines have as many tabs as each other, one at least, and none is indented."""
    lines = [line for line in split_lines(head) if line.strip()][:SAMPLE_ROWS]
    counts = Counter(line.strip(" ").count("\t") for line in lines)
    usual, often = counts.most_common(1)[0] if counts else (0, 0)
    indented = any(line[:1] == "\t" for line in lines)
    return len(lines) >= 2 and usual > 0 and often * 100 >= 95 * len(lines) and not indented


def read_delimited(text: Text, separator: str) -> Table:
    """The table in a text, with the names of its first row, if that looks like names.

    Raises:
        CorpusError: it breaks near its beginning; of what breaks later, its rows do.
    """
    quote = _quote_of(text, separator)
    sample = [row for row in islice(_rows(text, separator, quote), SAMPLE_ROWS) if row]
    width = max(Counter(map(len, sample)).most_common(1), default=(1, 0))[0]
    has_header = bool(sample) and has_headings(sample[0], sample[1:])
    names = [""] * width
    if has_header:
        names = sample.pop(0)
        width = max(len(names), width if width <= 2 * len(names) else 0)
        names = [*names, *[""] * (width - len(names))]
    fitted = [row for cells in sample if (row := _fit(cells, width, separator, width - 1))]
    texts = [tuple(cell for row in fitted if (cell := (row[i] or "").strip())) for i in range(width)]
    # A column that has neither a name nor a cell is none.
    places = [i for i in range(width) if texts[i] or names[i].strip()] or [0]

    def read(column: int, label: int | None) -> Iterator[Record]:
        rows = _rows(text, separator, quote)
        if has_header:
            next(row for row in rows if row)
        for cells in rows:
            row = _fit(cells, width, separator, places[column])
            if row is None:
                yield Record(TOO_MANY_CELLS, "")
            elif (cell := row[places[column]]) is None:
                yield Record(NO_TEXT, "")
            else:
                yield Record("", cell, "" if label is None else clean_label(row[places[label]]))

    columns = unique_names(names)
    return Table(
        "tsv" if separator == "\t" else "csv",
        tuple(columns[i] for i in places), tuple(texts[i] for i in places), read,
        separator="" if separator == NO_SEPARATOR else separator, has_header=has_header,
    )  # fmt: skip


def _rows(text: Text, separator: str, quote: str) -> Iterator[list[str]]:
    """The rows of a text, without the line in which a spreadsheet says its separator."""
    lines = text.lines()
    first = next(lines, "")
    if not SEPARATOR_LINE.fullmatch(first.strip(" ")):
        lines = chain((first,), lines) if text.size else iter(())
    return rows_of(lines, separator, quote)


def _quote_of(text: Text, separator: str) -> str:
    """With what cells are quoted, "" for nothing: tables of tabs and of one column often hold lone quotes."""
    quote = find_quote(text.head[:SAMPLE_SIZE], separator)
    if separator in ("\t", NO_SEPARATOR):
        try:
            deque(_rows(text, separator, quote), maxlen=0)
        except CorpusError:
            return ""
    return quote


def _fit(row: list[str], width: int, separator: str, text: int) -> list[str | None] | None:
    """A row as wide as its table; an empty line is a row of empty cells. None: its cells may belong anywhere.

    Of a row that is too wide the separators were not all meant as such: one with a space behind it goes on with a
    sentence, and so does whatever follows the last column, if that is the `text`.
    """
    while len(row) > width and not row[-1].strip():
        row = row[:-1]
    if len(row) > width and separator in (",", ";"):
        joined = row[:1]
        for cell in row[1:]:
            if cell[:1] == " ":
                joined[-1] += separator + cell
            else:
                joined.append(cell)
        row = joined if len(joined) >= width else row
    if len(row) > width and text == width - 1:
        row = [*row[:text], separator.join(row[text:])]
    if len(row) > width:
        return None
    return [*row, *[None if row else ""] * (width - len(row))]
