"""Books of public libraries: the book, without what the library wrote around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice, takewhile

_START = re.compile(
    r"\s*\*\*\*?\s*START OF (?:THE|THIS) PROJECT GUTENBERG|\s*\*END\*?\s*THE SMALL PRINT|\s*\*\*\*\s*START:",
    re.IGNORECASE,
)
_END = re.compile(
    r"\s*\*\*\*?\s*END OF (?:THE|THIS) PROJECT GUTENBERG|\s*End of (?:the |this )?Project Gutenberg|"
    r"\s*\*\*\*\s*START: FULL LICENSE",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\s*(?:(?:e-?text )?(?:produced|prepared|transcribed|scanned) by\b.*|\[(?:illustration|transcriber).*|credits?:.*|"
    r".*\bpgdp\.net\b.*|.*Distributed Proofread.*|release date:.*|language: \w+)",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\s*\[(?:Illustration|Ill?ustratie|Abbildung|Kuva)\b[^\[\]]*\]\s*", re.IGNORECASE)
_EMPHASIS = re.compile(r"_|(?<!\w)=(?=\w)|(?<=[\w.,;:!?])=(?!\w)")  # how a plain text shows italics and bold
_MAKERS = re.compile(
    r"\W*(?:transcriber(?:['’]?s['’]?)? (?:end ?)?notes?|notes? (?:du transcripteur|(?:de|sur la) transcription)|"
    r"au lecteur|(?:anmerkungen|hinweise) zur transkription|opmerkingen van de bewerker)\W*",
    re.IGNORECASE,
)
_LONGEST_NOTES = 400  # lines of what the makers of a text say at its end
_LONGEST_WRAPPER = 1500  # lines in which a book has begun
_CREDIT_LINES = 40  # first lines of a book that may say who made it


def is_wrapped(head: str) -> bool:
    """Whether a book begins with the name of the library that gives it out."""
    return "gutenberg" in head[:20_000].lower() and any(map(_START.match, head[:120_000].split("\n")))


def book(lines: Iterable[str]) -> Iterator[str]:
    """The lines between the wrapper's two ends, or all of them where it has no beginning, as a book shows them."""
    rest = iter(lines)
    front = list(islice(rest, _LONGEST_WRAPPER))
    begins = [i for i, line in enumerate(front) if _START.match(line)]
    start = begins[-1] + 1 if begins else 0
    inside = takewhile(lambda line: not _END.match(line), chain(front[start:], rest))
    for number, line in enumerate(_without_notes(inside)):
        if not (_PICTURE.fullmatch(line) or (begins and number < _CREDIT_LINES and _CREDIT.fullmatch(line))):
            yield _EMPHASIS.sub("", line)


def _without_notes(lines: Iterator[str]) -> Iterator[str]:
    """The lines of a book without what those who typed it say at its end."""
    held: list[str] = []
    for line in lines:
        if held or _MAKERS.fullmatch(line):
            held.append(line)
            if len(held) > _LONGEST_NOTES:  # it was not the end
                yield from held
                held = []
        else:
            yield line
