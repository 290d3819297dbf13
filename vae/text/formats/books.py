"""Books of public libraries: the book, without what the library wrote around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

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
_LONGEST_WRAPPER = 1500  # lines in which a book has begun
_CREDIT_LINES = 40  # first lines of a book that may say who made it


def is_wrapped(head: str) -> bool:
    """Whether a book begins with the name of the library that gives it out."""
    return "gutenberg" in head[:20_000].lower() and any(map(_START.match, head[:120_000].split("\n")))


def book(lines: Iterable[str]) -> Iterator[str]:
    """The lines between the wrapper's two ends; all of them where it has no beginning."""
    rest = iter(lines)
    front = list(islice(rest, _LONGEST_WRAPPER))
    begins = [i for i, line in enumerate(front) if _START.match(line)]
    start = begins[-1] + 1 if begins else 0
    for number, line in enumerate(chain(front[start:], rest)):
        if _END.match(line):
            return
        if number >= _CREDIT_LINES or not begins or not _CREDIT.fullmatch(line):
            yield line
