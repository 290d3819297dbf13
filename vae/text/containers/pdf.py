"""PDF documents: the words on their pages, line by line."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from vae.messages.message import Message
from vae.text.cleaning import READABLE, CorpusError, split_lines
from vae.text.containers.packed import Kind, Listing, Packed, Unpacked, encrypted, of_lines, too_large
from vae.text.containers.page_lines import join_hyphenated, paragraphs, without_furniture

WHAT = Message("text.pdf_document")
_MAGIC = b"%PDF-"
_NEAR = 1024  # bytes from the beginning within which it may stand
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


def recognizes(data: bytes, listing: Listing) -> bool:
    return data.startswith(_MAGIC) or (_MAGIC in data[:_NEAR] and b"%%EOF" in data[-_NEAR:])


def read(packed: Packed) -> Unpacked:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    reader = PdfReader(io.BytesIO(packed.data))
    if reader.is_encrypted:
        try:  # many are locked against changes alone, and open without a password
            opened = bool(reader.decrypt(""))
        except (DependencyError, NotImplementedError):
            opened = False
        if not opened:
            raise encrypted(WHAT)
    pages = list(_lines((page.extract_text() for page in reader.pages), packed.max_bytes))
    lines, left_out = without_furniture(pages)
    if not any(map(READABLE.search, lines)):
        raise CorpusError(Message("text.pdf_without_text", count=len(pages)))
    note = Message("text.unpacked_pages", count=len(pages))
    if left_out:
        note = Message("text.unpacked_without_furniture", note=note, count=left_out)
    return of_lines(paragraphs(join_hyphenated(lines)), packed, note)


def _lines(pages: Iterable[str], most: int) -> Iterator[list[str]]:
    """The lines of each page, none empty. Raises CorpusError: they have more characters than `most`."""
    left = most
    for text in pages:
        left -= len(text)
        if left < 0:
            raise too_large(most)
        yield [line for line in map(str.strip, split_lines(text.translate(_LIGATURES))) if line]


KIND = Kind(WHAT, recognizes, read)
