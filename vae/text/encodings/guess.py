"""What a person is shown of how a text was read, and how else it might be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vae.messages.message import Message
from vae.text.encodings.detection import Reading
from vae.text.encodings.known import ENCODINGS, Encoding
from vae.text.encodings.letter_pairs import MARK

_OTHERS = 5
_LINES = 200  # looked at for an example
_LONGEST = 80  # characters of an example
_BOX = "□"  # stands for what cannot be shown
_UNSHOWN = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd{MARK}]")
_LETTER = re.compile(r"(?=[^\x00-\x7f])[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Choice:
    """An encoding to choose, and a line as it reads it ("" where all lines are ASCII)."""

    encoding: str  # to hand to `read_corpus`
    name: Message
    example: str = ""


@dataclass(frozen=True, slots=True)
class Guess(Choice):
    """The encoding in which a text was read."""

    others: tuple[Choice, ...] = ()  # that are plausible, too, the likeliest first; none where there is no doubt


def encoding_choices() -> tuple[Choice, ...]:
    """All encodings that a person can choose."""
    return tuple(Choice(encoding.codec, encoding.name) for encoding in ENCODINGS)


def guess_without_doubt(encoding: Encoding, head: str) -> Guess:
    """Of a text that says itself in which encoding it is; `head` is its beginning."""
    lines = head.splitlines()[:_LINES]
    return Guess(encoding.codec, encoding.name, next((_excerpt(line) for line in lines if _LETTER.search(line)), ""))


def guess_among(readings: Sequence[Reading]) -> Guess:
    """Of the readings of a sample of it, the first of which was taken; shown by the line that they differ most in."""
    found = [(reading.encoding, reading.text.split("\n")[:_LINES]) for reading in readings]
    first = found[0][1]
    alike = [(encoding, lines) for encoding, lines in found if len(lines) == len(first)]
    near = [lines for _, lines in alike[: 1 + _OTHERS]]
    place = max(range(len(first)), key=lambda place: (len({lines[place] for lines in near}), -len(first[place])))
    best, *others = (Choice(encoding.codec, encoding.name, _excerpt(lines[place])) for encoding, lines in alike)
    told = {best.example: best}
    for other in others:
        if _BOX not in other.example:
            told.setdefault(other.example, other)
    return Guess(best.encoding, best.name, best.example, tuple(told.values())[1 : 1 + _OTHERS])


def _excerpt(line: str) -> str:
    """The part of a line that is shown: around its first letter that is not ASCII."""
    letter = _LETTER.search(line) or re.search(r"[^\x00-\x7f]", line)
    begin = max(0, letter.start() - _LONGEST // 2) if letter and len(line) > _LONGEST else 0
    return _UNSHOWN.sub(_BOX, line[begin : begin + _LONGEST].strip())
