"""Whether the first row of a table names its columns."""

from __future__ import annotations

import re

from vae.text.cleaning import clean
from vae.text.column_names import is_heading

_NUMBER = re.compile(r"[\d.,:/ +%-]+")
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
    if not filled or len(set(filled)) < len(filled):
        return False
    if any(len(name) > 40 or name[-1] in _ENDS or _NUMBER.fullmatch(name) for name in filled):
        return False
    return any(_names(name, _column(others, i)) for i, name in enumerate(names) if name)


def _column(rows: list[list[str]], index: int) -> list[str]:
    return [row[index].strip() for row in rows if len(row) > index and row[index].strip()]


def _names(name: str, cells: list[str]) -> bool:
    if not cells:
        return False
    if all(map(_NUMBER.fullmatch, cells)):
        return True
    different = {cell.casefold() for cell in cells}
    if 2 * len(different) <= len(cells) and len(cells) >= 4:
        return name not in different
    return 2 * len(name) < sum(map(len, cells)) / len(cells) and sum(" " in cell for cell in cells) * 2 > len(cells)
