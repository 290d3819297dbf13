"""OpenDocument texts (.odt): the paragraphs of the text and of its tables; no comments, notes or deletions."""

from __future__ import annotations

import zipfile

from vae.messages.message import Message
from vae.text.containers.markup import Markup, paragraphs
from vae.text.containers.packed import MAX_BYTES, MAX_MARKUP, Kind, Listing, Packed, Unpacked, encrypted, of_paragraphs
from vae.text.containers.zip_file import MANIFEST, open_zip, read_member

WHAT = Message("text.opendocument_document")
CONTENT = "content.xml"
_TYPE = "application/vnd.oasis.opendocument.text"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_DRAWING = "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
_INDEXES = ("table-of-content", "alphabetical-index", "illustration-index", "table-index", "object-index", "user-index")
_MARKUP = Markup(
    paragraphs=frozenset([f"{_TEXT} p", f"{_TEXT} h"]),
    skipped=frozenset(
        [f"{_TEXT} {name}" for name in (*_INDEXES, "note", "tracked-changes", "ruby-text", "number")]
        + [f"{_OFFICE} annotation", f"{_DRAWING} title", f"{_DRAWING} desc"]
    ),
    characters={f"{_TEXT} s": " ", f"{_TEXT} tab": " ", f"{_TEXT} line-break": "\n"},
)


def recognizes(data: bytes, listing: Listing) -> bool:
    return CONTENT in listing.names and listing.mimetype.startswith(_TYPE)


def read(packed: Packed) -> Unpacked:
    most = MAX_MARKUP * packed.max_bytes
    with open_zip(packed.data, WHAT) as archive:
        refuse_encrypted(archive, WHAT)
        content = read_member(archive, CONTENT, WHAT, most)
    return of_paragraphs(paragraphs(content, _MARKUP, WHAT, packed.max_bytes), packed, WHAT)


def refuse_encrypted(archive: zipfile.ZipFile, what: Message) -> None:
    """Raises CorpusError: an OpenDocument file of any kind is locked, which its manifest tells."""
    if MANIFEST in archive.namelist() and b"encryption-data" in read_member(archive, MANIFEST, what, MAX_BYTES):
        raise encrypted(what)


KIND = Kind(WHAT, recognizes, read)
