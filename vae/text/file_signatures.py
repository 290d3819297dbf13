"""How files that are no text begin; what they are, and what to do with them."""

from __future__ import annotations

import re

from vae.messages.message import Message
from vae.text.cleaning import CorpusError

_UNPACK = Message("text.unpack")
_SAVE_AS_TEXT = Message("text.save_as_text")
_BRING_TEXT = Message("text.bring_text")
_EXPORT_SHEET = Message("text.export_sheet")
_SIGNATURES: tuple[tuple[bytes, Message, Message], ...] = (
    (b"\x1f\x8b", Message("text.gzip_archive"), _UNPACK),
    (b"BZh", Message("text.bzip2_archive"), _UNPACK),
    (b"\xfd7zXZ\x00", Message("text.xz_archive"), _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", Message("text.seven_zip_archive"), _UNPACK),
    (b"Rar!", Message("text.rar_archive"), _UNPACK),
    (b"\x28\xb5\x2f\xfd", Message("text.zstandard_archive"), _UNPACK),
    (b"%PDF-", Message("text.pdf_document"), _SAVE_AS_TEXT),
    (b"{\\rtf", Message("text.rich_text_document"), _SAVE_AS_TEXT),
    (b"\xd0\xcf\x11\xe0", Message("text.old_office_document"), _SAVE_AS_TEXT),
    (b"\x89PNG", Message("text.png_image"), _BRING_TEXT),
    (b"\xff\xd8\xff", Message("text.jpeg_image"), _BRING_TEXT),
    (b"GIF8", Message("text.gif_image"), _BRING_TEXT),
    (b"RIFF", Message("text.media_file"), _BRING_TEXT),
    (b"OggS", Message("text.sound_file"), _BRING_TEXT),
    (b"ID3", Message("text.sound_file"), _BRING_TEXT),
    (b"PAR1", Message("text.parquet_table"), Message("text.export_as_csv")),
    (b"SQLite format 3\x00", Message("text.database"), Message("text.export_table")),
    (b"\x7fELF", Message("text.program"), _BRING_TEXT),
)
_ZIP = b"PK\x03\x04"
# What a zip archive turns out to be, by a name found near its beginning.
_ZIPPED: tuple[tuple[bytes, Message, Message], ...] = (
    (b"word/", Message("text.word_document"), _SAVE_AS_TEXT),
    (b"xl/", Message("text.excel_workbook"), _EXPORT_SHEET),
    (b"ppt/", Message("text.powerpoint_presentation"), _SAVE_AS_TEXT),
    (b"oasis.opendocument.spreadsheet", Message("text.opendocument_spreadsheet"), _EXPORT_SHEET),
    (b"oasis.opendocument", Message("text.opendocument_document"), _SAVE_AS_TEXT),
    (b"epub+zip", Message("text.e_book"), _SAVE_AS_TEXT),
    (b"", Message("text.zip_archive"), _UNPACK),  # any other
)


def refuse_known_binaries(head: bytes) -> None:
    """Raises CorpusError when the first bytes are those of a format known to be no plain text."""
    binary = bool(re.search(rb"[\x00-\x08\x0e-\x1a]", head)) or not head[:4].isascii()
    if head.startswith(_ZIP):
        found = next(((what, remedy) for name, what, remedy in _ZIPPED if name in head), None)
    else:
        found = next(((what, remedy) for magic, what, remedy in _SIGNATURES if head.startswith(magic)), None)
    if found and (binary or head.startswith((b"%PDF-", b"{\\rtf"))):
        raise CorpusError(Message("text.not_text", what=found[0], remedy=found[1]))
    if head[1:8].count(0) >= 4 and head[8:9] == b"{":  # a safetensors file: the length of its header, and its header
        raise CorpusError(Message("text.trained_model"))
