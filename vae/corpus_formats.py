"""Tables and JSON to rows of cells: what kind of file a text is, and which column of it is the text."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal

from vae.corpus_bytes import Text
from vae.corpus_text import SAMPLE, CorpusError, clean, split_lines

Cells = list[str | None]  # of a record, in the order of its table's columns; None: no text there
Row = Cells | None  # None: a record with more cells than columns, which have slipped

_EXTENSIONS = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl",
    "txt": "txt", "text": "txt", "md": "txt",
}  # fmt: skip
_LOOK = 100  # rows looked at to tell a format or a delimiter
_ROWS = 1000  # rows looked at to choose the column
_MAX_LINE = 1_000_000  # characters in a line of a table
_MAX_COLUMNS = 1000
_NO_DELIMITER = "\x1f"  # of a table with one column, whose cells may hold any delimiter unquoted
# Words that head a column and hardly begin a text.
_HEADINGS = {
    "text", "sentence", "sentences", "content", "body", "message", "comment", "review", "title", "description",
    "quote", "utterance", "tweet", "post", "question", "answer", "prompt", "response", "feedback", "opinion",
    "label", "class", "category", "topic", "sentiment", "rating", "score", "stars", "emotion", "mood", "tense",
    "genre", "target", "id", "number", "index", "name", "date", "timestamp", "language", "lang", "author", "url",
}  # fmt: skip


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
        sample = list(islice(rows, _ROWS))
        return _wordiest(sample), chain(sample, rows)

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


def open_table(text: Text, name: str, *, sniff: bool = True) -> Table | None:
    """The table a text holds, or None for plain text: by its name's ending, else by its looks if `sniff`.

    Raises:
        CorpusError: it is a table or JSON, but broken.
    """
    ending = _EXTENSIONS.get(name.rpartition(".")[2].lower() if "." in name else "", "")
    if not sniff and ending in ("txt", ""):
        return None
    head = text.head[:SAMPLE]
    if _is_jsonl(head, ending):
        return _jsonl(text)
    if head.lstrip()[:1] in ("{", "["):
        try:
            return _json(_loads(text.whole()))
        except CorpusError:
            if ending in ("json", "jsonl"):
                raise
    if ending in ("csv", "tsv"):
        return _delimited(text, _delimiter(head, "\t" if ending == "tsv" else ",") or _NO_DELIMITER)
    if _tabbed(head):
        return _delimited(text, "\t")
    if not ending and (guess := _delimiter(head, ",")):
        table = _delimited(text, guess)
        return table if table.headed else None
    return None


# Tables ------------------------------------------------------------------------------------------------


def _delimited(text: Text, delimiter: str) -> Table:
    kind = "tsv" if delimiter == "\t" else "csv"
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
    if delimiter == "\t":
        try:
            deque(_records(text.lines(), delimiter, quoting), maxlen=0)
        except CorpusError:
            quoting = csv.QUOTE_NONE  # tab-separated files often quote nothing, and hold lone quotation marks
    sample = [row for row in islice(_records(text.lines(), delimiter, quoting), _ROWS) if row]
    width = max(Counter(map(len, sample)).most_common(1), default=(1, 0))[0]
    headed = bool(sample) and len(sample[0]) >= width and _is_header(sample[0], sample[1:])
    columns = _unique(sample[0] if headed else [""] * width)
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
            if len(record) > _MAX_COLUMNS:
                raise CorpusError(f"Line {begins:,} has more than {_MAX_COLUMNS:,} columns: this is no table.")
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


def _delimiter(head: str, usual: str) -> str | None:
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


def _tabbed(head: str) -> bool:
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
    index = _wordiest(list(row) for row in others)
    cells = [row[index] for row in others if len(row) > index and row[index]]
    return index < len(names) and len(cells) > 0 and 2 * len(names[index]) < sum(map(len, cells)) / len(cells)


def _unique(names: list[str]) -> tuple[str, ...]:
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


def _wordiest(rows: Iterable[Row]) -> int:
    """The column with the longest mean text, counted in letters; addresses count as none."""
    totals: Counter[int] = Counter()
    for row in rows:
        for index, cell in enumerate(row or ()):
            if cell and "://" not in cell[:12]:
                totals[index] += sum(map(str.isalpha, cell[:1000]))
    return max(totals, key=lambda index: (totals[index], -index), default=0)


# JSON --------------------------------------------------------------------------------------------------


def _refuse_constant(constant: str) -> Any:
    raise CorpusError(f"The JSON holds {constant}, which JSON does not allow. Replace it with null.")


# A number stays as it was written, in bytes: never taken for text, and a huge one costs nothing.
_DECODER = json.JSONDecoder(parse_int=str.encode, parse_float=str.encode, parse_constant=_refuse_constant)


def _loads(text: str, line: int = 1) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise CorpusError(
            f"The JSON is broken at line {error.lineno + line - 1:,}, character {error.colno:,}: {error.msg}. "
            "Correct it there, or bring the text as .txt."
        ) from None
    except RecursionError:
        raise CorpusError("The JSON is nested too deeply. Bring an array of strings or of objects.") from None


def _is_jsonl(head: str, ending: str) -> bool:
    """Whether every line is a JSON value: an object, unless the name's ending says JSON lines."""
    lines = [line.strip() for line in split_lines(head) if line.strip()][:5]
    objects = all(line.startswith("{") for line in lines)
    if len(lines) < 2 or not (objects or ending == "jsonl"):
        return False
    try:
        _loads(lines[0])
    except CorpusError:
        return ending == "jsonl" and objects
    return True


def _jsonl(text: Text) -> Table:
    def values() -> Iterator[Any]:
        for number, line in enumerate(text.lines(), 1):
            yield _loads(line, number) if line.strip() else ""

    return _from_values("jsonl", values)


def _json(whole: Any) -> Table:
    """The table in an array, or in an object that holds one: of objects, or its arrays are the columns."""
    if isinstance(whole, list):
        return _from_values("json", lambda: iter(whole))
    lists = {key: value for key, value in whole.items() if isinstance(value, list)}
    of_objects = [value for value in lists.values() if any(isinstance(item, dict) for item in value)]
    if of_objects:
        rows = max(of_objects, key=len)
        return _from_values("json", lambda: iter(rows))
    if not lists:
        raise CorpusError("This JSON holds no array. Bring an array of strings, or of objects with a text in each.")
    length = max(map(len, lists.values()))
    parts = list(lists.values())
    return Table(
        "json",
        _unique(list(lists)),
        ([_cell(p[i]) if i < len(p) else None for p in parts] for i in range(length)),
    )


def _from_values(kind: str, values: Any) -> Table:
    """A table of strings (one column without a name) or of objects (a column for each key seen early)."""
    keys = dict.fromkeys(
        key for value in islice(values(), _ROWS) if isinstance(value, dict) for key in islice(value, _MAX_COLUMNS)
    )
    names = tuple(islice(keys, _MAX_COLUMNS))
    if not names:
        return Table(kind, (), ([value if isinstance(value, str) else None] for value in values()))
    return Table(kind, _unique(list(names)), (_from_value(value, names) for value in values()))


def _from_value(value: Any, names: tuple[str, ...]) -> Row:
    if isinstance(value, dict):
        return [_cell(value.get(name)) for name in names]
    return [value if value == "" else None] * len(names)


def _cell(value: Any) -> str | None:
    """A string or number as it is, true and false as such words; None for all that is no text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, str) else None
