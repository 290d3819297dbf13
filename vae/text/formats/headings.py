"""Whether the first row of a table names its columns."""

from __future__ import annotations

import re

from vae.text.cleaning import clean
from vae.text.column_names import is_heading

_NUMBER = re.compile(r"[\d.,:/ +%-]+")
_GIVEN = re.compile(r"\.{3}\d+")  # to a column without a name, by some programs
_SURE = 3  # columns that say that there are headings: then one may come twice, or be a number
_ENDS = '.!?…。！？"'


def has_headings(first: list[str], others: list[list[str]]) -> bool:
    """Whether the first row names the columns: by its words, or since it differs from all that follows.

    A column of numbers has a name that is none; a column that repeats has a name that never comes again; a column of
    sentences has a name that is far shorter.
    """
    names = [clean(cell).casefold() for cell in first]
    filled = [name for name in names if name]
    if any(map(is_heading, filled)) and not any(len(name) > 60 for name in filled):
        return True
    columns = [(name, _column(others, i)) for i, name in enumerate(names) if name and not _GIVEN.fullmatch(name)]
    odd = len(filled) - len(set(filled)) + sum(bool(_NUMBER.fullmatch(name)) for name, _ in columns)
    said = [is_name for name, cells in columns if (is_name := _names_kind(name, cells, len(columns))) is not None]
    if not filled or (odd and (len(said) < _SURE or odd * 4 > len(filled))):
        return False
    if said:  # as long as a question in a survey
        return all(said)
    if any(len(name) > 40 or name[-1] in _ENDS for name in filled):
        return False
    return any(_names_sentences(name, cells) for name, cells in columns)


def _column(rows: list[list[str]], index: int) -> list[str]:
    return [row[index].strip() for row in rows if len(row) > index and row[index].strip()]


def _names_kind(name: str, cells: list[str], columns: int) -> bool | None:
    """Whether a name stands above a column of numbers or of labels, and is none of them; None: it is no such column."""
    if cells and all(map(_NUMBER.fullmatch, cells)):
        return not _NUMBER.fullmatch(name)
    different = {cell.casefold() for cell in cells}
    if columns >= 2 and len(cells) >= 4 and 2 * len(different) <= len(cells):
        return name not in different
    return None


def _names_sentences(name: str, cells: list[str]) -> bool:
    if not cells:
        return False
    return 2 * len(name) < sum(map(len, cells)) / len(cells) and sum(" " in cell for cell in cells) * 2 > len(cells)
