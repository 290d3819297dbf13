"""Workbooks (.xlsx, .xlsb, .xls, .ods): a sheet as a table; the first that has text, unless another is asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

from vae.messages.message import Message
from vae.text.cleaning import READABLE
from vae.text.containers.odt import CONTENT, refuse_encrypted
from vae.text.containers.packed import (
    MAX_MARKUP,
    Kind,
    Listing,
    Packed,
    Unpacked,
    encrypted,
    listed,
    no_such_part,
    renamed,
    too_large,
    without_text,
)
from vae.text.containers.spreadsheet_repair import SPREADSHEET, repaired
from vae.text.containers.zip_file import open_zip

WHAT = Message("text.workbook")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # a file system of its own, with these names in it:
_OLD_WORKBOOKS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ROWS_WITH_TEXT = 2  # that make a sheet more than a note
_SAMPLE = 1000  # rows in which they are looked for


def recognizes(data: bytes, listing: Listing) -> bool:
    if data.startswith(_OLD_OFFICE):
        return _ENCRYPTED in data or any(name in data for name in _OLD_WORKBOOKS)
    return any(name.startswith("xl/") for name in listing.names) or listing.mimetype.startswith(SPREADSHEET)


def read(packed: Packed) -> Unpacked:
    from python_calamine import CalamineWorkbook, PasswordError

    data = packed.data
    if not data.startswith(_OLD_OFFICE):
        with open_zip(data, WHAT) as archive:
            refuse_encrypted(archive, WHAT)
            is_open = CONTENT in archive.namelist()
        data = repaired(data, WHAT, MAX_MARKUP * packed.max_bytes) if is_open else data
    elif _ENCRYPTED in packed.data:
        raise encrypted(WHAT)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise encrypted(WHAT) from None
    names = workbook.sheet_names
    if packed.part is not None and packed.part not in names:
        raise no_such_part(packed.part, names)
    for name in names if packed.part is None else [packed.part]:
        rows = iter(workbook.get_sheet_by_name(name).iter_rows())
        first = list(islice(rows, _SAMPLE))
        if packed.part is not None or sum(map(_says_something, first)) >= _ROWS_WITH_TEXT:
            break
    else:
        raise without_text(WHAT)
    note = Message("text.unpacked_sheet", part=listed([name]))
    if others := [other for other in names if other != name]:
        note = Message("text.unpacked_one_of", note=note, count=len(names), others=listed(others))
    table = _table(chain(first, rows), packed.max_bytes)
    parts = tuple(names) if others else ()
    return Unpacked(table, renamed(packed.name, "csv"), note, packed.part is not None, name, parts)


def _says_something(row: Iterable[Any]) -> bool:
    return any(isinstance(cell, str) and READABLE.search(cell) for cell in row)


def _table(rows: Iterable[Iterable[Any]], most: int) -> bytes:
    """The rows that are not empty as CSV, in UTF-8. Raises CorpusError: they are more than `most` bytes."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    for cells in map(_words, rows):
        if any(cells):
            writer.writerow(cells)
        if table.tell() > most:
            raise too_large(most)
    return table.getvalue().replace("\0", "").encode("utf-8", "replace")


def _words(row: Iterable[Any]) -> list[str]:
    """Cells as they are seen: whole numbers without a point, true and false as such words."""
    return [
        str(cell).lower() if isinstance(cell, bool)
        else str(int(cell)) if isinstance(cell, float) and cell.is_integer()
        else str(cell)
        for cell in row
    ]  # fmt: skip


KIND = Kind(WHAT, recognizes, read)
