"""What a corpus is made of, for people to look at: lengths, words and their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from vae.text.cleaning import READABLE
from vae.text.sentence_splitting import UNSPACED


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a corpus is made of. A word is a piece between spaces, or a character where a script has no spaces."""

    unit: str  # "words", or "characters" for unspaced scripts
    sentences: int
    words: int
    vocabulary: int  # distinct words, case and outer punctuation aside
    mean_words: float
    lengths: tuple[tuple[str, int], ...]  # (label of a range of lengths in words, sentences in it)
    frequent: tuple[tuple[str, int], ...]  # (word, count), most frequent first, 30 at most


_PUNCTUATION = "!\"#$%&'()*+,-./:;=?@[\\]^_`{|}~¡¿«»‹›“”„‘’‚…–—。！？、，：；（）「」『』【】《》·।॥؟،؛۔"
_BINS = 12


def summarize(sentences: Sequence[str]) -> Statistics:
    """Lengths, most frequent words and vocabulary of clean sentences, one at least."""
    joined = "\n".join(sentences[:2000])
    unspaced = 2 * len(UNSPACED.findall(joined)) > len(READABLE.findall(joined))
    words = [READABLE.findall(s) if unspaced else s.split() for s in sentences]
    counts: Counter[str] = Counter()
    for word, count in Counter(chain.from_iterable(words)).items():
        bare = word.strip(_PUNCTUATION).casefold()
        if bare:
            counts[bare] += count
    lengths = [len(pieces) for pieces in words]
    total = sum(lengths)
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:30]
    return Statistics(
        "characters" if unspaced else "words",
        len(lengths), total, len(counts), total / len(lengths), _histogram(lengths), tuple(frequent),
    )  # fmt: skip


def _histogram(lengths: list[int]) -> tuple[tuple[str, int], ...]:
    """Counts in a dozen ranges of round width; the last takes the longest 1 %."""
    usual = sorted(lengths)[max(0, len(lengths) * 99 // 100 - 1)]
    width = next(w for w in (1, 2, 3, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000) if w * _BINS >= usual)
    bins = Counter(min((length - 1) // width, _BINS) for length in lengths)
    last = max(bins)
    labels = [f"{i * width + 1}" if width == 1 else f"{i * width + 1}–{(i + 1) * width}" for i in range(last + 1)]
    if last == _BINS:
        labels[-1] = f"{_BINS * width + 1}+"
    return tuple((label, bins[i]) for i, label in enumerate(labels))
