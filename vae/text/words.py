"""The words of a text, in whatever script."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_JOINERS = "\u200c\u200d"  # join and part letters within words, such as those of Persian
_MARKED = (range(0x300, 0x20000), range(0xE0100, 0xE01F0))  # where Unicode has marks


def words_of(text: str) -> list[str]:
    """Its runs of letters, with the vowel signs and accents that belong to them, and of digits."""
    return _word().findall(text)


@cache
def _word() -> re.Pattern[str]:
    marks = (chr(code) for codes in _MARKED for code in codes if unicodedata.category(chr(code)).startswith("M"))
    return re.compile(rf"[\w{_JOINERS}{''.join(marks)}]+")
