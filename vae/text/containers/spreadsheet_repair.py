"""OpenDocument spreadsheets (.ods) that are readable, but not to the strict library, made such that it reads them."""

from __future__ import annotations

import io
import re
import zipfile

from vae.messages.message import Message
from vae.text.containers.odt import CONTENT
from vae.text.containers.zip_file import MANIFEST, MIMETYPE, open_zip, read_member

SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
_CELL = re.compile(rb"""<table:(?:covered-)?table-cell\b(?:[^>"']|"[^"]*"|'[^']*')*>""")
_NO_NUMBER = re.compile(
    rb"""\soffice:value\s*=\s*(["'])(?![-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\1).*?\1""", re.DOTALL
)
_BEFORE_CELL = re.compile(rb"(?<!\s)\s+(?=<(?:table:(?:covered-)?table-cell|/table:table-row)\b)")


def repaired(data: bytes, what: Message, most: int) -> bytes:
    """The archive with what the library insists on, and without what it refuses.

    It wants to be told what the archive is, nothing between two cells, and a number for a cell's value, where old
    exports of Google's write the text of a link: that is what the cell shows anyway.

    Args:
        what: what a person calls it.
        most: bytes that its markup may have.
    Raises:
        CorpusError: as `open_zip` and `read_member`.
    """
    with open_zip(data, what) as archive:
        names = archive.namelist()
        content = read_member(archive, CONTENT, what, most)
        said = _CELL.sub(lambda cell: _NO_NUMBER.sub(b"", cell[0]), _BEFORE_CELL.sub(b"", content))
        if MIMETYPE in names and said == content:
            return data
        manifest = read_member(archive, MANIFEST, what, most) if MANIFEST in names else b"<manifest/>"
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as archive:
        for name, member in ((MIMETYPE, SPREADSHEET.encode()), (MANIFEST, manifest), (CONTENT, said)):
            archive.writestr(name, member)
    return copy.getvalue()
