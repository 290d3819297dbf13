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
    best, *others = readings[: 1 + _OTHERS]
    lines = [reading.text.split("\n")[:_LINES] for reading in readings[: 1 + _OTHERS]]
    alike = [others for others in lines if len(others) == len(lines[0])]

    def differing(place: int) -> tuple[int, int]:
        return len({lines[place] for lines in alike}), -len(alike[0][place])

    place = max(range(len(lines[0])), key=differing)
    choices = [
        Choice(reading.encoding.codec, reading.encoding.name, _excerpt(found[place]) if found in alike else "")
        for reading, found in zip([best, *others], lines, strict=True)
    ]
    told = tuple(choice for choice in choices[1:] if choice.example != choices[0].example)
    return Guess(choices[0].encoding, choices[0].name, choices[0].example, told)


def _excerpt(line: str) -> str:
    """The part of a line that is shown: around its first letter that is not ASCII."""
    letter = _LETTER.search(line) or re.search(r"[^\x00-\x7f]", line)
    begin = max(0, letter.start() - _LONGEST // 2) if letter and len(line) > _LONGEST else 0
    return line[begin : begin + _LONGEST].replace(MARK, "□").strip()
