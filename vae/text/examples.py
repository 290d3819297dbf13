"""Sentences of a text that show what it is like."""

from __future__ import annotations

import random
from collections.abc import Sequence

_WORDS = range(4, 15)  # of an example: neither a cry nor a story


def middling(sentences: Sequence[str]) -> Sequence[str]:
    """Those of a length that is easily read, if there are two."""
    found = [sentence for sentence in sentences if len(sentence.split()) in _WORDS]
    return found if len(found) > 1 else sentences


def pairs(sentences: Sequence[str], most: int, seed: int) -> list[tuple[str, str]]:
    """At most so many pairs of different sentences, drawn by chance; the same seed draws the same."""
    found = list(dict.fromkeys(middling(sentences)))
    chosen = random.Random(seed).sample(found, min(len(found) // 2, most) * 2)
    return list(zip(chosen[::2], chosen[1::2], strict=True))
