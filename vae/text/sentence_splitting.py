"""Running text to sentences: wrapped lines joined to paragraphs, paragraphs split at their sentences' ends.

Every pass is linear in its input: no regular expression tries a run of characters twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise

from vae.text.cleaning import SAMPLE_SIZE, clean, split_lines

_TERMINAL = ".!?…؟۔।॥"
_WIDE_TERMINAL = "。！？｡"
_CLOSING = "\"'”’»›)]}」』）】》〉］"
_OPENING = "\"'“‘„«‹([{¿¡—–-「『（【《〈［*_"
# The look-behind lets a run of marks begin one match only, which keeps the search linear.
_END = re.compile(
    f"(?<![{re.escape(_TERMINAL)}])[{re.escape(_TERMINAL)}]+[{re.escape(_CLOSING)}]*(?: [»”’)]+(?= )){{0,3}}(?= )"
)
_WIDE_END = re.compile(f"[{_WIDE_TERMINAL}]+[{re.escape(_CLOSING)}]*")
# Thai, Lao, Burmese, Khmer, kana and Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
UNSPACED = re.compile(f"[{_UNSPACED}]")
_WIDE = re.compile(f"[{_UNSPACED}\u3001-\u303f\uff00-\uffef]")
# Never the last word of a sentence.
_TITLES = {
    "mr", "mrs", "ms", "dr", "prof", "rev", "hon", "gen", "col", "lt", "sgt", "capt", "cpl", "maj", "st",
    "messrs", "mme", "mlle", "sr", "sra", "srta", "dra", "e.g", "i.e", "cf", "vs", "viz", "ca", "approx",
    "resp", "bzw", "z.b", "d.h", "u.a", "p.ej", "p.ex", "hr", "fr",
}  # fmt: skip
# Short for something when a number follows.
_NUMBERED = {
    "no", "nos", "nr", "n", "p", "pp", "vol", "fig", "figs", "sec", "ch", "chap", "art", "para", "jan",
    "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
}  # fmt: skip
_MONTHS = (  # the German for "3 May" is "3. Mai"
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
_CUT_LINES = 8  # that break off in a sentence, to tell by them that lines were wrapped
_SAMPLE_LINES = 2000  # lines from which the width of a text is told
_MAX_PARAGRAPH = 20_000_000  # characters of a paragraph, which has to fit into memory
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")


def sentences(lines: Iterable[str], cased: bool) -> Iterator[str]:
    """The sentences of a running text, clean, in order. `cased`: whether capitals begin them, as `is_cased` tells.

    Lines are joined to paragraphs where they were wrapped; empty lines and indented lines begin one.
    """
    for paragraph in _paragraphs(lines):
        yield from _split(clean(paragraph), cased)


def is_cased(text: str) -> bool:
    """Whether capitals begin the sentences: not so in a text that is all lower case."""
    lower = sum(map(str.islower, text))
    return sum(map(str.isupper, text)) * 100 > lower


def _split(paragraph: str, cased: bool) -> Iterator[str]:
    """The sentences of one clean line."""
    for piece in _WIDE_END.sub("\\g<0>\n", paragraph).split("\n"):
        text, start = piece.strip(), 0
        for match in _END.finditer(text):
            if _ends_sentence(text, start, match, cased):
                yield text[start : match.end()]
                start = match.end() + 1
        if start < len(text):
            yield text[start:]


def _ends_sentence(text: str, start: int, match: re.Match[str], cased: bool) -> bool:
    """Whether the marks found end a sentence, or an abbreviation, an initial or a spoken phrase in it."""
    after = text[match.end() + 1 : match.end() + 41].lstrip(_OPENING)
    if cased and after[:1].islower():
        return False
    if match.group() != ".":
        return True
    word = text[max(text.rfind(" ", start, match.start()) + 1, start) : match.start()][-40:].lstrip(_OPENING)
    folded = word.casefold()
    if folded in _TITLES or (folded in _NUMBERED and after[:1].isdigit()):
        return False
    if word.isdigit() and len(word) <= 3 and (match.start() - start == len(word) or after.startswith(_MONTHS)):
        return False  # the number of a list, or of a day
    return not (word.isupper() and _INITIALS.fullmatch(word) and not UNSPACED.search(word))


def _paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Lines joined where they were wrapped. A line ends a paragraph when the next is empty, is indented
    and it is not, or would have had ample room on it."""
    rest = iter(lines)
    first = list(islice(rest, _SAMPLE_LINES))
    width = _wrap_width(first)
    part: list[str] = []
    size = 0
    indented = False
    for line in chain(first, rest):
        bare = line.strip()
        indent = line[:1].isspace()
        if part and (
            not bare or (indent and not indented) or size > _MAX_PARAGRAPH or _has_room(part[-1], bare, width)
        ):
            yield _join(part)
            part, size = [], 0
        if bare:
            part.append(bare)
            size += len(bare)
        indented = indent
    if part:
        yield _join(part)


def _has_room(line: str, following: str, width: int) -> bool:
    """Whether a line stops far short of the width although the next would fit, and ends a sentence or begins one."""
    ended = line.endswith(tuple(_TERMINAL + _WIDE_TERMINAL)) and not line.endswith(("...", "…"))
    apart = ended or following[:1].isupper()
    return apart and (len(line) + 1 + _first_word_length(following)) * 10 < width * 6


def _first_word_length(line: str) -> int:
    space = line.find(" ", 0, 60)
    return space if space >= 0 else min(len(line), 60)


def _wrap_width(lines: list[str]) -> int:
    """The width a text was wrapped at: what 95 % of its lines keep to."""
    lengths = sorted(len(line.strip()) for line in lines[:_SAMPLE_LINES] if line.strip())
    return lengths[len(lengths) * 95 // 100] if lengths else 0


def _join(part: list[str]) -> str:
    """Lines of one paragraph on one line: no space after a hyphen, nor between unspaced scripts."""
    pieces = [part[0]]
    for before, after in pairwise(part):
        hyphenated = before.endswith("-") and before[-2:-1].isalpha() and after[:1].islower()
        glued = hyphenated or (_WIDE.match(before[-1]) and _WIDE.match(after[0]))
        pieces.append(after if glued else " " + after)
    return "".join(pieces)


def _begins(line: str) -> bool:
    """Whether a line begins as a sentence does: with a capital or a digit, behind whatever opens it."""
    first = line.lstrip(_OPENING)[:1]
    return first.isupper() or first.isdigit()


def is_running(head: str) -> bool:
    """Whether the text that begins with `head` runs on, rather than holding a sentence a line.

    It does when its lines are wrapped (most are as full as the width lets them be, and few end with a
    sentence's mark), or when its lines hold two sentences and more on average.
    """
    lines = [line.strip() for line in split_lines(head[: 4 * SAMPLE_SIZE])]
    filled = [line for line in lines if line]
    if not filled:
        return False
    width = _wrap_width(filled)
    pairs = [(a, b) for a, b in pairwise(lines) if a and b]
    ends = tuple(_TERMINAL + _WIDE_TERMINAL + _CLOSING)
    full = [len(a) + 1 + (1 if _WIDE.match(b) else _first_word_length(b)) >= width for a, b in pairs]
    ended = sum(a.endswith(ends) for a, _ in pairs)
    cut = [is_full for (a, b), is_full in zip(pairs, full, strict=True) if b[:1].islower() and not a.endswith(ends)]
    # Verse and headlines begin each line as a sentence; lines that were wrapped begin wherever they were cut.
    begun = sum(_begins(b) for _, b in pairs)
    wrapped = sum(full) * 2 > len(pairs) and ended * 2 < len(pairs) and begun * 4 < len(pairs) * 3
    # Of a book with verse, lists and speech in it, some lines are: those that break off in a sentence are all full.
    partly = len(cut) >= _CUT_LINES and len(cut) * 4 >= len(pairs) and sum(cut) * 5 >= len(cut) * 4
    if width >= 30 and len(pairs) >= 2 and (wrapped or partly):
        return True
    cased = is_cased(head[:SAMPLE_SIZE])
    return sum(1 for line in filled for _ in _split(clean(line), cased)) >= 2 * len(filled)
