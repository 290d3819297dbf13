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
    top = [(reading.encoding, reading.text.split("\n")[:_LINES]) for reading in readings[: 1 + _OTHERS]]
    first = top[0][1]
    alike = [lines for _, lines in top if len(lines) == len(first)]
    place = max(range(len(first)), key=lambda place: (len({lines[place] for lines in alike}), -len(first[place])))
    best, *others = (
        Choice(encoding.codec, encoding.name, _excerpt(lines[place]) if len(lines) == len(first) else "")
        for encoding, lines in top
    )
    told = tuple(other for other in others if other.example != best.example)
    return Guess(best.encoding, best.name, best.example, told)


def _excerpt(line: str) -> str:
    """The part of a line that is shown: around its first letter that is not ASCII."""
    letter = _LETTER.search(line) or re.search(r"[^\x00-\x7f]", line)
    begin = max(0, letter.start() - _LONGEST // 2) if letter and len(line) > _LONGEST else 0
    return line[begin : begin + _LONGEST].replace(MARK, "□").strip()
