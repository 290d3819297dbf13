"""Lines as they stand on pages: freed of what repeats on most of them, cut words put together, paragraphs joined."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from vae.text.sentence_splitting import UNSPACED

_EDGE = 2  # lines at the top of a page, and at its end, that may be none of the text
_FEWEST = 3  # pages from which it can be told what repeats
_SHARE = 0.5  # of the pages
_WORDS = re.compile(r"[^\W\d_](?:.*[^\W\d_])?")  # of a header or footer, without the page's number
_NUMBERED = re.compile(r"^\d|\d$")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|seite|p\.?)?\s*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|von)\s*\d{1,4})?\W*", re.IGNORECASE
)
_CUT = re.compile(r"([^\W\d_]+)[-\u2010\xad]$")  # the word before a hyphen at a line's end
_REST = re.compile(r"([^\W\d_]+)(\S*)\s*")
_NEIGHBOURS = 8  # lines before and behind one that tell how wide its column is
_WRAPPED = 0.2  # of the lines go on with a small letter, if they are those of paragraphs
_NARROWEST = 20  # characters of a column with paragraphs in it
_FULL = 0.85  # of the column's width
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def without_furniture(pages: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """All lines but page numbers, and headers and footers: those on most pages, those on some with a page's number.

    A number at the beginning or the end doesn't count when lines are compared: `12 The Fox` equals `14 The Fox`.

    Returns:
        the lines, and how many others there were.
    """
    # Books have one header on the left pages and another on the right ones, and others in other chapters.
    repeated = _repeated(pages) | _repeated(pages[::2]) | _repeated(pages[1::2])
    numbered = Counter(_key(page[i]) for page in pages for i in _edges(page) if _NUMBERED.search(page[i]))
    repeated |= {key for key, count in numbered.items() if count >= _FEWEST}
    kept: list[str] = []
    for page in pages:
        edges = set(_edges(page))
        kept += [
            line
            for i, line in enumerate(page)
            if i not in edges
            or not (_key(line) in repeated or (len(pages) >= _FEWEST and _PAGE_NUMBER.fullmatch(line)))
        ]
    return kept, sum(map(len, pages)) - len(kept)


def _repeated(pages: Sequence[Sequence[str]]) -> set[str]:
    """What stands at the edge of most of these pages."""
    often = Counter(key for page in pages for key in {_key(page[i]) for i in _edges(page)})
    return {key for key, count in often.items() if len(pages) >= _FEWEST and count > _SHARE * len(pages)}


def _edges(page: Sequence[str]) -> Iterator[int]:
    """The places of a page's first lines and last ones, as long as the text is not all there is between them."""
    size = min(_EDGE, len(page) // 3)
    yield from range(size)
    yield from range(len(page) - size, len(page))


def _key(line: str) -> str:
    words = _WORDS.search(" ".join(line.split()))
    return words[0].casefold() if words else ""


def join_hyphenated(lines: Sequence[str]) -> list[str]:
    """The lines, with each word that was cut at a line's end whole and on that line.

    The hyphen stays where the text has the word with it elsewhere (`self-made`), and not without.
    """
    known = {word.casefold() for line in lines for word in _WORD.findall(line)}
    joined: list[str] = []
    for line in lines:
        cut = _CUT.search(joined[-1]) if joined else None
        rest = _REST.match(line)
        if cut and rest and line[0].islower():
            whole, hyphenated = cut[1] + rest[1], f"{cut[1]}-{rest[1]}"
            keep = hyphenated.casefold() in known and whole.casefold() not in known
            joined[-1] = joined[-1][: cut.start()] + (hyphenated if keep else whole) + rest[2]
            line = line[rest.end() :]
        if line:
            joined.append(line)
    return joined


def paragraphs(lines: Sequence[str]) -> list[str]:
    """Lines joined where they were wrapped, if the text is one that was: a list or a poem stays as it is.

    A line goes on with the next if that begins with a small letter, or if it fills its column. Columns and tables
    differ in width, so that a column is as wide as the lines around.
    """
    goes_on = [b[0].islower() for _, b in pairwise(lines)]
    unspaced = sum(bool(UNSPACED.match(line)) for line in lines) * 2 > len(lines)
    if sum(goes_on) < _WRAPPED * len(goes_on) and not unspaced:
        return list(lines)
    joined: list[str] = []
    part: list[str] = []
    for i, line in enumerate(lines):
        part.append(line)
        if i + 1 == len(lines) or not (goes_on[i] or _is_full(lines, i)):
            joined.append(_join(part))
            part = []
    return joined


def _is_full(lines: Sequence[str], i: int) -> bool:
    """Whether a line leaves too little room in its column for the word that the next one begins with."""
    around = sorted(len(line) for line in lines[max(0, i - _NEIGHBOURS) : i + _NEIGHBOURS + 1])
    width = around[len(around) * 3 // 4]
    following = lines[i + 1]
    word = 1 if UNSPACED.match(following) else following.find(" ") if " " in following else len(following)
    return width >= _NARROWEST and len(lines[i]) + 1 + word >= _FULL * width


def _join(part: Sequence[str]) -> str:
    """The lines of a paragraph as one, without a space between letters of a script that has none."""
    text = part[0]
    for line in part[1:]:
        text += line if UNSPACED.match(text[-1]) and UNSPACED.match(line) else " " + line
    return text
