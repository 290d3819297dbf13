"""The words of a text, from which those that a model has put together of pieces can be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vae.text.hashing import digests, hashes
from vae.text.words import words_of

MAX_WORDS = 2**18  # 1 MB in a model's file
_SENTENCES = 300_000  # looked at, of a text: a second or two
_USUAL = 0.5  # of new sentences: the share whose words are all known where an unknown one is strange


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words as sorted 32-bit hashes, by which one in 2^32 / n strange words is taken for a known one.

    Capitals do not count: a sentence may begin with any word.
    """

    hashes: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.hashes)

    def made_up(self, text: str, besides: str = "") -> list[str]:
        """The words of a text that it does not hold, nor another text, in lower case."""
        allowed = {word.lower() for word in words_of(besides)}
        words = [word.lower() for word in words_of(text) if word.lower() not in allowed]
        wanted = digests(words, 4)
        places = np.searchsorted(self.hashes, wanted)  # where each would stand
        known = np.append(self.hashes, 0)[places] == wanted
        known &= places < len(self.hashes)
        return [word for word, is_known in zip(words, known.tolist(), strict=True) if not is_known]


def lexicon_of(sentences: Iterable[str], new: Sequence[str], before: Lexicon | None = None) -> Lexicon | None:
    """The words of a text, or of its first sentences if they are many.

    Args:
        new: sentences of the same kind that are not among them.
        before: words to add: those of a model that goes on with this text.
    Returns:
        None where most new sentences have new words: of small texts, and of those without spaces between words.
    """
    words = {word.lower() for sentence in islice(sentences, _SENTENCES) for word in words_of(sentence)}
    found = hashes(words)
    if before is not None:
        found = np.union1d(found, before.hashes).astype(np.uint32)
    lexicon = Lexicon(found)
    known = sum(not lexicon.made_up(sentence) for sentence in new)
    return lexicon if known > _USUAL * len(new) and len(lexicon) <= MAX_WORDS else None
