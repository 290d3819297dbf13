"""Bytes to characters, a part at a time. What is no text is left out, and counted."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vae.text.encodings.letter_pairs import MARK
from vae.text.encodings.sampling import Opener

_BLOCK = 1 << 20  # bytes decoded at once
_BROKEN = f"{MARK}\ufffd"  # the second stands for what some other program could not read
_NO_TEXT = re.compile(f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f{_BROKEN}]")
_TOLERATED = 1000  # characters that are no text, before their share decides whether it is one
_SHARE = 0.05
_EXAMPLE = 30  # characters on both sides of one that was left out


@dataclass(frozen=True, slots=True)
class Dropped:
    """What is left out of a text because it is none."""

    broken: int = 0  # bytes that its encoding does not have, and U+FFFD, which stands for such
    controls: int = 0  # NUL and other control characters
    example: str = ""  # what is around the first of them, which is shown as a box


def _mark(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that are none of an encoding's."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK * (error.end - error.start), error.end


codecs.register_error("mark", _mark)


def decode(data: bytes, codec: str) -> str:
    """The bytes as an encoding reads them, with MARK for each that it does not have."""
    return data.decode(codec, "mark")


def blocks(opener: Opener, codec: str) -> Iterator[str]:
    """The text, a part at a time, none of which ends between CR and LF; without what is no text."""
    for block in _decoded(opener, codec):
        yield _NO_TEXT.sub("", block)


def survey(opener: Opener, codec: str) -> Dropped | None:
    """What `blocks` leaves out; None where it is so much that this is no text, or not in this encoding."""
    broken = controls = size = 0
    example = ""
    for block in _decoded(opener, codec):
        size += len(block)
        first = _NO_TEXT.search(block)
        if first:
            found = sum(map(block.count, _BROKEN))
            broken += found
            controls += len(_NO_TEXT.findall(block)) - found
            example = example or _around(block, first.start())
            if broken + controls > _TOLERATED and broken + controls > _SHARE * size:
                return None
    return Dropped(broken, controls, example) if broken + controls <= max(4, _SHARE * size) else None


def _decoded(opener: Opener, codec: str) -> Iterator[str]:
    """The text with MARK for each byte that could not be read, in parts of which none ends between CR and LF."""
    decoder = codecs.getincrementaldecoder(codec)("mark")
    held = "\ufeff"  # a byte order mark that the codec leaves in place is no text
    with opener() as file:
        while data := file.read(_BLOCK):
            part = decoder.decode(data)
            block = part.removeprefix("\ufeff") if held == "\ufeff" else held + part
            held = "\r" if block.endswith("\r") else ""
            yield block.removesuffix(held)
    yield ("" if held == "\ufeff" else held) + decoder.decode(b"", final=True)


def _around(block: str, place: int) -> str:
    line = re.compile(r"[^\r\n]*")
    before = re.split(r"[\r\n]", block[max(0, place - _EXAMPLE) : place])[-1]
    found = line.match(block, place, place + _EXAMPLE)
    return _NO_TEXT.sub("□", before + (found.group() if found else "")).strip()
