"""Word documents (.docx): the paragraphs of the text and of its tables; no comments, notes, headers or deletions."""

from __future__ import annotations

import posixpath
import zipfile

from vae.messages.message import Message
from vae.text.containers.markup import Markup, elements, paragraphs
from vae.text.containers.packed import MAX_MARKUP, Kind, Listing, Packed, Unpacked, of_paragraphs, without_text
from vae.text.containers.zip_file import open_zip, read_member

WHAT = Message("text.word_document")
_RELATIONS = "_rels/.rels"
_NAMESPACES = (  # the usual one, and that of the standard's strict form
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"  # says again what another form says


def _named(*names: str) -> list[str]:
    return [f"{namespace} {name}" for namespace in _NAMESPACES for name in names]


_MARKUP = Markup(
    paragraphs=frozenset(_named("p")),
    skipped=frozenset([*_named("del", "moveFrom", "rt", "pPr", "rPr"), _FALLBACK]),
    characters={
        **dict.fromkeys(_named("tab", "ptab"), " "),
        **dict.fromkeys(_named("br", "cr"), "\n"),
        **dict.fromkeys(_named("noBreakHyphen"), "-"),
    },
    text=frozenset(_named("t")),
)


def recognizes(data: bytes, listing: Listing) -> bool:
    return _RELATIONS in listing.names and any(name.startswith("word/") for name in listing.names)


def read(packed: Packed) -> Unpacked:
    most = MAX_MARKUP * packed.max_bytes
    with open_zip(packed.data, WHAT) as archive:
        document = read_member(archive, _document(archive, most), WHAT, most)
    return of_paragraphs(paragraphs(document, _MARKUP, WHAT, packed.max_bytes), packed, WHAT)


def _document(archive: zipfile.ZipFile, most: int) -> str:
    """The name of the member that holds the text."""
    for name, attributes in elements(read_member(archive, _RELATIONS, WHAT, most), WHAT):
        if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
            return posixpath.normpath(attributes.get("Target", "")).lstrip("/")
    raise without_text(WHAT)


KIND = Kind(WHAT, recognizes, read)
