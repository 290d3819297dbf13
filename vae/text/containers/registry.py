"""Which kind of container a file is, told by its content, and the text in it."""

from __future__ import annotations

from vae.messages.message import Message
from vae.text.cleaning import CorpusError
from vae.text.containers import compressed, docx, epub, odt, parquet, pdf, workbook, zip_archive
from vae.text.containers.confined import read_confined
from vae.text.containers.packed import MAX_BYTES, Kind, Listing, Packed, Unpacked
from vae.text.containers.zip_file import MAGIC, listing_of

# The first that recognizes a file reads it: a document that is a zip archive inside comes before the archive.
KINDS: tuple[Kind, ...] = (
    *compressed.KINDS, docx.KIND, workbook.KIND, odt.KIND, epub.KIND, zip_archive.KIND, pdf.KIND, parquet.KIND,
)  # fmt: skip
_MAX_DEPTH = 3  # containers inside each other


def unpack(
    data: bytes, name: str, *, part: str | None = None, encoding: str | None = None, max_bytes: int = MAX_BYTES
) -> Unpacked:
    """The plain text or table in a file: of a document, a workbook, a book, an archive, something compressed.

    Any other file comes back as it is, at no cost. Nothing is written to disk, no link is followed.

    Args:
        name: the file's name, which decides nothing.
        part: the member of an archive or the sheet of a workbook that is wanted; None takes the one that is meant.
        encoding: chosen for what comes out, of which several texts are then told nothing else; None finds it.
        max_bytes: that the text may have.
    Raises:
        CorpusError: it is damaged, encrypted, too large, holds no text; or a library is not installed.
        SeveralTextsError: it cannot be told which of its texts is meant.
    """
    found, wanted = Unpacked(data, name), part
    for _ in range(_MAX_DEPTH + 1):
        kind = kind_of(found.data)
        if kind is None:
            if wanted is not None:
                raise CorpusError(Message("text.no_parts", part=wanted))
            return found
        packed = Packed(found.data, found.name, wanted, encoding, max_bytes)
        inner = read_confined(kind, packed) if kind.confined else kind.read(packed)
        if inner.from_part:
            wanted = None
        note = inner.note if found.note is None else Message("text.list", before=found.note, after=inner.note)
        outer = found if found.parts else inner  # whose parts are named to choose from
        found = Unpacked(inner.data, inner.name, note, part=outer.part, parts=outer.parts)
    raise CorpusError(Message("text.containers_nested", most=_MAX_DEPTH))


def kind_of(data: bytes) -> Kind | None:
    """The kind of container that bytes are; None: they are none that is read here."""
    listing = listing_of(data) if data.startswith(MAGIC) else Listing()
    return next((kind for kind in KINDS if kind.recognizes(data, listing)), None)
