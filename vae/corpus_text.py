"""Bytes to text, and text to clean lines. Every pass is linear in its input, whatever the input."""

from __future__ import annotations

import re
import unicodedata


class CorpusError(ValueError):
    """A text that cannot be used. Its message is written for the person who brought the text."""


SAMPLE = 65_536  # bytes or characters looked at where a look is enough

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


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file, and the encoding it was read in (Python's name for it).

    UTF-8, with or without a byte order mark, UTF-16 and UTF-32 by their mark; anything else is detected.

    Raises:
        CorpusError: the bytes are no text, or their encoding cannot be told.
    """
    _refuse_known_binaries(data)
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        if encoding not in ("utf-8", "utf-8-sig"):
            raise CorpusError(
                f"The file says that it is {encoding.upper()}, but breaks off or is damaged. Save it again as UTF-8."
            ) from None
        encoding = _detect(data)
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            raise CorpusError("The file mixes encodings. Save it again as UTF-8.") from None
    if "\0" in text:
        raise CorpusError(
            "The file holds NUL bytes: it is no plain text, or UTF-16 without its mark. Save it again as UTF-8."
        )
    controls = len(_CONTROL.findall(text, 0, SAMPLE))
    if controls > 4 and controls * 20 > min(len(text), SAMPLE):
        raise CorpusError("This looks like a binary file, not like text. Bring a text file (.txt, .csv, .jsonl).")
    return text, encoding


def _refuse_known_binaries(data: bytes) -> None:
    """Raises CorpusError when the first bytes are those of a format known to be no plain text."""
    head = data[:SAMPLE]
    binary = bool(re.search(rb"[\x00-\x08\x0e-\x1a]", head)) or not head[:4].isascii()
    found = next(((what, do) for magic, what, do in _SIGNATURES if data.startswith(magic)), None)
    if data.startswith(b"PK\x03\x04"):
        found = next(((what, do) for name, what, do in _ZIPPED if name in head), ("a zip archive", _ARCHIVE))
    if found and (binary or data.startswith((b"%PDF-", b"{\\rtf"))):
        raise CorpusError(f"This looks like {found[0]}, not like text. {found[1]}")
    if data[1:8].count(0) >= 4 and data[8:9] == b"{":
        raise CorpusError("This looks like a trained model, not like text. Load it as a model instead.")
    if re.match(rb"\s{0,100}<(?:!doctype html|html|\?xml)\b", head, re.IGNORECASE):
        raise CorpusError("This looks like a web page, not like text. Copy its text and paste it here.")


def _detect(data: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8, judged by their lines that are not ASCII."""
    from charset_normalizer import from_bytes  # only a file in an old encoding needs it

    sample = b""
    for line in data.split(b"\n"):
        if high := re.search(rb"[\x80-\xff]", line):
            begin = max(0, high.start() - 200)
            sample += line[begin : begin + SAMPLE] + b"\n"
            if len(sample) >= SAMPLE:
                break
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


_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
# Control, formatting and direction marks that nobody sees, lone surrogates and noncharacters. The joiners
# U+200C and U+200D stay: Persian, Hindi and emoji are spelt with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff]"
)
_MARK_RUN = 30  # combining marks in a row beyond which a text is no language: Unicode's stream-safe limit
READABLE = re.compile(r"[^\W_]")  # a letter or digit
_LINE = re.compile("\r\n|\n|\r")


def split_lines(text: str) -> list[str]:
    """The lines of a text, ended by CR LF, LF or CR only; an end after the last line begins no other."""
    parts = _LINE.split(text)
    if not parts[-1]:
        parts.pop()
    return parts


def clean(text: str) -> str:
    """One line of visible text: invisible characters removed, every run of white space one space, NFC.

    NFC, so that a letter typed with its accent equals one put together from two characters. Cleaning
    twice equals cleaning once.
    """
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    text = " ".join(text.split())
    if text.isascii() or unicodedata.is_normalized("NFC", text) or _overloaded(text):
        return text
    return unicodedata.normalize("NFC", text)


def _overloaded(text: str) -> bool:
    """Whether marks pile up so high that sorting them, quadratic in their number, would take too long."""
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MARK_RUN:
            return True
    return False
