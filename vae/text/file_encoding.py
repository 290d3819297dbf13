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

from vae.text.cleaning import SAMPLE, CorpusError, cut_lines

Opener = Callable[[], BinaryIO]  # opens the bytes of a text at their beginning, as often as it is called

_BLOCK = 1 << 20  # bytes decoded at once
_MAX_WHOLE = 20_000_000  # bytes that may be read at once
_MAX_LINE = 20_000_000  # characters of a line, which has to fit into memory
_ARCHIVE = "Unpack it and bring the text file inside."
_DOCUMENT = "Save it as plain text (.txt, UTF-8), or copy its text and paste it here."
_IMAGE = "Bring the text itself, as plain text."
# How files that are no text begin; what they are, and what to do with them.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "a gzip archive", _ARCHIVE),
    (b"BZh", "a bzip2 archive", _ARCHIVE),
    (b"\xfd7zXZ\x00", "an xz archive", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _ARCHIVE),
    (b"Rar!", "a RAR archive", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _ARCHIVE),
    (b"%PDF-", "a PDF document", _DOCUMENT),
    (b"{\\rtf", "a rich text document", _DOCUMENT),
    (b"\xd0\xcf\x11\xe0", "an old Office document", _DOCUMENT),
    (b"\x89PNG", "a PNG image", _IMAGE),
    (b"\xff\xd8\xff", "a JPEG image", _IMAGE),
    (b"GIF8", "a GIF image", _IMAGE),
    (b"RIFF", "a sound, film or image file", _IMAGE),
    (b"OggS", "a sound file", _IMAGE),
    (b"ID3", "a sound file", _IMAGE),
    (b"PAR1", "a Parquet table", "Export it as CSV."),
    (b"SQLite format 3\x00", "a database", "Export the table you want as CSV."),
    (b"\x7fELF", "a program", _IMAGE),
)
# What a zip archive turns out to be, by a name found near its beginning.
_ZIPPED: tuple[tuple[bytes, str, str], ...] = (
    (b"word/", "a Word document", _DOCUMENT),
    (b"xl/", "an Excel workbook", "Export the sheet you want as CSV (UTF-8)."),
    (b"ppt/", "a PowerPoint presentation", _DOCUMENT),
    (
        b"oasis.opendocument.spreadsheet",
        "an OpenDocument spreadsheet",
        "Export the sheet you want as CSV (UTF-8).",
    ),
    (b"oasis.opendocument", "an OpenDocument document", _DOCUMENT),
    (b"epub+zip", "an e-book", _DOCUMENT),
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

    open: Opener
    size: int  # bytes
    encoding: str  # Python's name for it
    head: str  # its first 4 * SAMPLE characters
    digest: str  # the same for the same bytes

    def lines(self) -> Iterator[str]:
        """The lines without their ends (CR LF, LF or CR); an end after the last line begins no other.

        Raises:
            CorpusError: a line is too long, or the file has changed.
        """
        begun: list[str] = []  # the parts of a line that is longer than a block
        for block in _blocks(self.open, self.encoding):
            first, *others = cut_lines(block)
            begun.append(first)
            if others:
                yield "".join(begun)
                begun = [others.pop()]
                yield from others
            elif sum(map(len, begun)) > _MAX_LINE:
                raise CorpusError(f"A line is longer than {_MAX_LINE:,} characters. Break it into shorter ones.")
        if last := "".join(begun):
            yield last

    def whole(self) -> str:
        """All of it. Raises CorpusError: it is too large for that."""
        if self.size > _MAX_WHOLE:
            raise CorpusError(
                f"This JSON has {self.size / 1e6:,.0f} MB. As one value it can have {_MAX_WHOLE / 1e6:,.0f} MB: write "
                "it as JSON lines (.jsonl), an object or a string a line."
            )
        return "".join(_blocks(self.open, self.encoding))


def look(open: Opener) -> Text:
    """Reads a text through once, to tell that it is one, and in which encoding.

    UTF-8, with or without a byte order mark, UTF-16 and UTF-32 by their mark; anything else is detected.

    Raises:
        CorpusError: the bytes are no text, or their encoding cannot be told.
    """
    hashed, size = blake2b(digest_size=16), 0
    with open() as file:
        head = file.read(SAMPLE)
        _refuse_known_binaries(head)
        block = head
        while block:
            hashed.update(block)
            size += len(block)
            block = file.read(_BLOCK)
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
    try:
        holds_nul = _read_through(open, encoding)
    except UnicodeDecodeError:
        if encoding not in ("utf-8", "utf-8-sig"):
            raise CorpusError(
                f"The file says that it is {encoding.upper()}, but breaks off or is damaged. Save it again as UTF-8."
            ) from None
        encoding = _detect(open)
        try:
            holds_nul = _read_through(open, encoding)
        except UnicodeDecodeError:
            raise CorpusError("The file mixes encodings. Save it again as UTF-8.") from None
    if holds_nul:
        raise CorpusError(
            "The file holds NUL bytes: it is no plain text, or UTF-16 without its mark. Save it again as UTF-8."
        )
    text = next(_blocks(open, encoding), "")[: 4 * SAMPLE]
    controls = len(_CONTROL.findall(text, 0, SAMPLE))
    if controls > 4 and controls * 20 > min(len(text), SAMPLE):
        raise CorpusError("This looks like a binary file, not like text. Bring a text file (.txt, .csv, .jsonl).")
    return Text(open, size, encoding, text, hashed.hexdigest())


def _decoded(open: Opener, encoding: str) -> Iterator[str]:
    """The text, a part at a time. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with open() as file:
        while data := file.read(_BLOCK):
            yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def _read_through(open: Opener, encoding: str) -> bool:
    """Whether a NUL is anywhere in the text. Raises UnicodeDecodeError: it is in another encoding."""
    return sum("\0" in part for part in _decoded(open, encoding)) > 0  # all of it is read


def _blocks(open: Opener, encoding: str) -> Iterator[str]:
    """The text, a part at a time, none of which ends between CR and LF."""
    held = ""
    try:
        for part in _decoded(open, encoding):
            block = held + part
            held = "\r" if block.endswith("\r") else ""
            yield block.removesuffix(held)
    except UnicodeDecodeError:
        raise CorpusError("The file has changed while it was read. Start again.") from None
    yield held


def _refuse_known_binaries(head: bytes) -> None:
    """Raises CorpusError when the first bytes are those of a format known to be no plain text."""
    binary = bool(re.search(rb"[\x00-\x08\x0e-\x1a]", head)) or not head[:4].isascii()
    found = next(((what, do) for magic, what, do in _SIGNATURES if head.startswith(magic)), None)
    if head.startswith(b"PK\x03\x04"):
        found = next(((what, do) for name, what, do in _ZIPPED if name in head), ("a zip archive", _ARCHIVE))
    if found and (binary or head.startswith((b"%PDF-", b"{\\rtf"))):
        raise CorpusError(f"This looks like {found[0]}, not like text. {found[1]}")
    if head[1:8].count(0) >= 4 and head[8:9] == b"{":
        raise CorpusError("This looks like a trained model, not like text. Load it as a model instead.")
    if re.match(rb"\s{0,100}<(?:!doctype html|html|\?xml)\b", head, re.IGNORECASE):
        raise CorpusError("This looks like a web page, not like text. Copy its text and paste it here.")


def _detect(open: Opener) -> str:
    """The likeliest encoding of bytes that are not UTF-8, judged by their lines that are not ASCII."""
    from charset_normalizer import from_bytes  # only a file in an old encoding needs it

    sample = b""
    with open() as file:
        while len(sample) < SAMPLE and (line := file.readline(_BLOCK)):
            if high := re.search(rb"[\x80-\xff]", line):
                begin = max(0, high.start() - 200)
                sample += line[begin : begin + SAMPLE].rstrip(b"\n") + b"\n"
    # A character of up to four bytes may have been cut through at the end.
    for cut in range(1, 5 if len(sample) > SAMPLE else 2):
        matches = [m for m in from_bytes(sample[:-cut], cp_isolation=list(_ENCODINGS)) if m.encoding in _ENCODINGS]
        if matches:
            # Bytes that make sense in pairs hardly do so by chance: between equals, an encoding of pairs wins.
            best = min(matches, key=lambda m: (round(m.chaos, 2), m.multi_byte_usage < 0.2, -m.coherence))
            # Encodings that read the sample alike come as one match, under whichever name was tried first.
            names = {best.encoding, *best.could_be_from_charset}.intersection(_ENCODINGS)
            equals = {m.encoding for m in matches if (m.chaos, m.coherence) == (best.chaos, best.coherence)}
            return _ENCODINGS[0] if _ENCODINGS[0] in equals else min(names, key=_ENCODINGS.index)
    raise CorpusError(
        "This looks like a binary file, or a text in an unknown encoding. Save it again as plain text in UTF-8."
    )
