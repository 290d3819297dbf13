"""Bytes to text: what kind of file it is, how it is encoded, and its lines, decoded as they are read.

A text is never in memory as a whole unless it is wanted whole, so that it may be larger than memory.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO

from vae.messages.message import Message, UserError
from vae.text.cleaning import SAMPLE_SIZE, CorpusError, split_at_line_ends

Opener = Callable[[], BinaryIO]  # opens the bytes of a text at their beginning, as often as it is called

_BLOCK = 1 << 20  # bytes decoded at once
_MAX_WHOLE = 20_000_000  # bytes that may be read at once
_MAX_LINE = 20_000_000  # characters of a line, which has to fit into memory
_UNPACK = Message("text.unpack")
_SAVE_AS_TEXT = Message("text.save_as_text")
_BRING_TEXT = Message("text.bring_text")
_EXPORT_SHEET = Message("text.export_sheet")
# How files that are no text begin; what they are, and what to do with them.
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
_BOMS: tuple[tuple[bytes, str], ...] = (  # UTF-32 before UTF-16, whose mark begins the same
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# The old encodings still met; the first is so common that it wins over any that reads equally well.
_ENCODINGS = (
    "cp1252", "cp1251", "gb18030", "cp932", "big5", "cp949", "euc_jp", "koi8_r", "cp1250", "cp1254", "cp1253",
    "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "iso8859_2", "mac_roman",
)  # fmt: skip
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True, slots=True)
class Text:
    """A text that can be read again and again."""

    opener: Opener
    size: int  # bytes
    encoding: str  # Python's name for it
    head: str  # its first 4 * SAMPLE_SIZE characters
    digest: str  # the same for the same bytes

    def lines(self) -> Iterator[str]:
        """The lines without their ends (CR LF, LF or CR); an end after the last line begins no other.

        Raises:
            CorpusError: a line is too long, or the file has changed.
        """
        unfinished: list[str] = []  # the parts of a line whose end has not come yet
        for block in _blocks(self.opener, self.encoding):
            first, *others = split_at_line_ends(block)
            unfinished.append(first)
            if others:
                yield "".join(unfinished)
                unfinished = [others.pop()]
                yield from others
            elif sum(map(len, unfinished)) > _MAX_LINE:
                raise CorpusError(Message("text.line_too_long", most=_MAX_LINE))
        if last := "".join(unfinished):
            yield last

    def read(self) -> str:
        """All of it. Raises CorpusError: it is too large for that."""
        if self.size > _MAX_WHOLE:
            raise CorpusError(Message("text.json_too_large", size=self.size / 1e6, most=_MAX_WHOLE / 1e6))
        return "".join(_blocks(self.opener, self.encoding))


def open_text(opener: Opener, encoding: str | None = None) -> Text:
    """Reads a text through once, to tell that it is one, and in which encoding.

    UTF-8, with or without a byte order mark, UTF-16 and UTF-32 by their mark; anything else is detected.

    Raises:
        CorpusError: the bytes are no text, or their encoding cannot be told.
    """
    hashed, size = blake2b(digest_size=16), 0
    with opener() as file:
        head = file.read(SAMPLE_SIZE)
        _refuse_known_binaries(head)
        block = head
        while block:
            hashed.update(block)
            size += len(block)
            block = file.read(_BLOCK)
    if encoding is not None:
        try:
            encoding = codecs.lookup(encoding).name
        except LookupError:
            raise UserError(Message("text.encoding", value=repr(encoding))) from None
    chosen = encoding is not None
    encoding = encoding or next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
    try:
        holds_nul = _contains_nul(opener, encoding)
    except UnicodeDecodeError:
        if chosen or encoding not in ("utf-8", "utf-8-sig"):
            raise CorpusError(Message("text.encoding_damaged", encoding=encoding.upper())) from None
        encoding = _detect(opener)
        try:
            holds_nul = _contains_nul(opener, encoding)
        except UnicodeDecodeError:
            raise CorpusError(Message("text.encodings_mixed")) from None
    if holds_nul:
        raise CorpusError(Message("text.nul_bytes"))
    text = next(_blocks(opener, encoding), "")[: 4 * SAMPLE_SIZE]
    controls = len(_CONTROL.findall(text, 0, SAMPLE_SIZE))
    if controls > 4 and controls * 20 > min(len(text), SAMPLE_SIZE):
        raise CorpusError(Message("text.binary"))
    return Text(opener, size, encoding, text, hashed.hexdigest())


def _decoded(opener: Opener, encoding: str) -> Iterator[str]:
    """The text, a part at a time. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with opener() as file:
        while data := file.read(_BLOCK):
            yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def _contains_nul(opener: Opener, encoding: str) -> bool:
    """Whether a NUL is anywhere in the text. Raises UnicodeDecodeError: it is in another encoding."""
    return sum("\0" in part for part in _decoded(opener, encoding)) > 0  # all of it is read


def _blocks(opener: Opener, encoding: str) -> Iterator[str]:
    """The text, a part at a time, none of which ends between CR and LF."""
    held = ""
    try:
        for part in _decoded(opener, encoding):
            block = held + part
            held = "\r" if block.endswith("\r") else ""
            yield block.removesuffix(held)
    except UnicodeDecodeError:
        raise CorpusError(Message("text.file_changed")) from None
    yield held


def _refuse_known_binaries(head: bytes) -> None:
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


def _detect(opener: Opener) -> str:
    """The likeliest encoding of bytes that are not UTF-8, judged by their lines that are not ASCII."""
    from charset_normalizer import from_bytes  # only a file in an old encoding needs it

    sample = b""
    with opener() as file:
        while len(sample) < SAMPLE_SIZE and (line := file.readline(_BLOCK)):
            if high := re.search(rb"[\x80-\xff]", line):
                begin = max(0, high.start() - 200)
                sample += line[begin : begin + SAMPLE_SIZE].rstrip(b"\n") + b"\n"
    # A character of up to four bytes may have been cut through at the end.
    for cut in range(1, 5 if len(sample) > SAMPLE_SIZE else 2):
        matches = [m for m in from_bytes(sample[:-cut], cp_isolation=list(_ENCODINGS)) if m.encoding in _ENCODINGS]
        if matches:
            # Bytes that make sense in pairs hardly do so by chance: between equals, an encoding of pairs wins.
            best = min(matches, key=lambda m: (round(m.chaos, 2), m.multi_byte_usage < 0.2, -m.coherence))
            # Encodings that read the sample alike come as one match, under whichever name was tried first.
            names = {best.encoding, *best.could_be_from_charset}.intersection(_ENCODINGS)
            equals = {m.encoding for m in matches if (m.chaos, m.coherence) == (best.chaos, best.coherence)}
            return _ENCODINGS[0] if _ENCODINGS[0] in equals else min(names, key=_ENCODINGS.index)
    raise CorpusError(Message("text.unknown_encoding"))
