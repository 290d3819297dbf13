"""In which encoding a text is, judged by what comes out: whether it is words of a language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from vae.text.encodings.decoding import decode
from vae.text.encodings.known import ENCODINGS, Encoding
from vae.text.encodings.letter_pairs import MARK, Tally

_UTF8_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_CUT_OFF = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{0,2}\Z")  # the beginning of one
_HIGH = re.compile(rb"[\x80-\xff]")
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # which hold NULs, and lines end otherwise
_ESCAPED, _ESCAPE = "iso2022_jp", b"\x1b$"  # which is ASCII but for what it means
_DAMAGED = 0.05  # share of bytes that an encoding may not have before it is none of the text's
_WORDS = 14.0  # bits of a pair of letters, on average, beyond which they are no words of any language
_ENOUGH = 8192  # bytes of a text to tell that it is one of these
_FEW = 64  # pairs, too few to tell that they are no words


@dataclass(frozen=True, slots=True)
class Reading:
    """A sample as an encoding reads it."""

    encoding: Encoding
    text: str  # MARK stands for each byte that it does not have
    language: str
    bits: float  # what it costs: less is likelier
    pairs: float  # of letters, by which it was judged

    @property
    def is_text(self) -> bool:
        """Whether it reads like words at all."""
        return self.bits <= _WORDS * (self.pairs + _FEW)


def looks_like_utf8(data: bytes) -> bool:
    """Whether what is not ASCII is nearly always UTF-8."""
    characters = len(_UTF8_CHARACTER.findall(data))
    broken = len(_HIGH.findall(_UTF8_CHARACTER.sub(b"", data)))
    return characters > 0 and broken <= 0.1 * characters


def special_readings(data: bytes) -> Sequence[Reading]:
    """What the beginning of a text can be that holds NULs, or looks like ASCII and is none, the likeliest first.

    None where it is like other texts.
    """
    data = data[:_ENOUGH]
    found = readings(data) if b"\0" in data or _ESCAPE in data else ()
    return found if found and found[0].encoding.codec in (*_WIDE, _ESCAPED) and found[0].is_text else ()


def readings(data: bytes) -> Sequence[Reading]:
    """What the bytes can be, the likeliest first; none where they are no text in any encoding."""
    found: dict[str, Reading] = {}
    for encoding in ENCODINGS:
        if encoding.languages and _may_be(encoding, data):
            text = decode(data, encoding.codec)
            if text.count(MARK) > 4 and text.count(MARK) > _DAMAGED * len(data):
                continue
            tally = Tally.of(unicodedata.normalize("NFC", text))
            bits, language = min((tally.bits(language), language) for language in encoding.languages)
            reading = Reading(encoding, text, language, bits + encoding.rarity, tally.size)
            if text not in found or found[text].bits > reading.bits:
                found[text] = reading
    return sorted(found.values(), key=lambda reading: reading.bits)


def _may_be(encoding: Encoding, data: bytes) -> bool:
    """Whether an encoding is worth a try."""
    if encoding.codec in _WIDE:
        return b"\0" in data
    if encoding.codec == "utf-8":
        return bool(_UTF8_CHARACTER.search(data) or _CUT_OFF.search(data))
    return (encoding.codec == _ESCAPED) == (_ESCAPE in data and data.isascii())
