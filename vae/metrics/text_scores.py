"""Figures of plain text. None of them sees a model; words are whitespace pieces."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

_ORDERS = 4  # of BLEU: runs of up to four words
_COMPARED = 500  # sentences of a self-BLEU at most: it rises with their number


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU by sacrebleu (its 13a tokenisation, case kept), 0 to 100.

    Source: Post 2018, arXiv:1804.08771.
    """
    from sacrebleu.metrics.bleu import BLEU  # imported here: a training does not need it

    return float(BLEU().corpus_score(list(hypotheses), [list(references)]).score) if hypotheses else 0.0


def self_bleu(sentences: Sequence[str], *, seed: int = 1) -> float:
    """Corpus BLEU of each sentence with all others as its references, 0 to 100: how much they repeat each other.

    Of more than 500 sentences it takes 500, chosen by seed, since it rises with their number.
    Source: Zhu et al. 2018, arXiv:1802.01886 (Texygen), there averaged over sentences; pooled here, so that it needs
    no smoothing.
    """
    if len(sentences) > _COMPARED:
        sentences = random.Random(seed).sample(list(sentences), _COMPARED)
    split = [sentence.split() for sentence in sentences]
    total = sum(map(len, split))
    if len(split) < 2 or not total:
        return 0.0
    log_precision = 0.0
    for order in range(1, _ORDERS + 1):
        runs = [Counter(_runs(words, order)) for words in split]
        most: dict[tuple[str, ...], tuple[int, int]] = {}  # how often the two sentences with most of it have it
        for counts in runs:
            for run, n in counts.items():
                first, second = most.get(run, (0, 0))
                most[run] = max(first, n), min(first, max(second, n))
        # the others' most is the second where the first is the sentence's own
        found = sum(n if n < most[run][0] else most[run][1] for counts in runs for run, n in counts.items())
        if not found:
            return 0.0
        log_precision += math.log(found / sum(map(Counter.total, runs))) / _ORDERS
    lengths = Counter(map(len, split))
    nearest = sum(n * _nearest(length, lengths) for length, n in lengths.items())
    return 100 * math.exp(log_precision + min(0.0, 1 - nearest / total))


def _nearest(length: int, lengths: Counter[int]) -> int:
    """Of the other sentences' lengths the one nearest to a sentence's, the shorter of two."""
    if lengths[length] > 1:
        return length
    return min((other for other in lengths if other != length), key=lambda other: (abs(other - length), other))


def _runs(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All runs of n words in a row."""
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def exact_match(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Share of hypotheses that equal their reference, 0 to 1."""
    pairs = list(zip(hypotheses, references, strict=True))
    return sum(h == r for h, r in pairs) / max(1, len(pairs))


def in_place(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Share of the references' words, end marks counted, that stand at their own place in the hypothesis, 0 to 1."""
    same = total = 0
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        said, meant = [*hypothesis.split(), None], [*reference.split(), None]
        same += sum(a == b for a, b in zip(said, meant, strict=False))
        total += len(meant)
    return same / max(1, total)


def distinct(sentences: Sequence[str]) -> float:
    """Share of different sentences, 0 to 1."""
    return len(set(sentences)) / max(1, len(sentences))


def distinct_runs(sentences: Sequence[str], n: int) -> float:
    """Share of the runs of n words that are different ones, over all sentences, 0 to 1 (distinct-n).

    Source: Li et al. 2016, arXiv:1510.03055.
    """
    runs = [run for sentence in sentences for run in _runs(sentence.split(), n)]
    return len(set(runs)) / max(1, len(runs))


def shared_words(sentences: Sequence[str], text: Sequence[str] | None = None) -> float:
    """Share of the sentences' words that occur in a text, 0 to 1; without one, in another of the sentences."""
    kept = [sentence.split() for sentence in sentences]
    occurs = Counter(word for each in (kept if text is None else map(str.split, text)) for word in set(each))
    enough = 2 if text is None else 1
    return sum(occurs[word] >= enough for words in kept for word in words) / max(1, sum(map(len, kept)))


def words(sentence: str) -> int:
    """Whitespace pieces plus one end mark: what a perplexity per word counts."""
    return len(sentence.split()) + 1


def edit_distance(a: str, b: str) -> int:
    """Words to insert, remove or replace to get from a to b.

    Source: Levenshtein 1966, by Wagner & Fischer 1974.
    """
    others = b.split()
    row = list(range(len(others) + 1))
    for i, word in enumerate(a.split(), 1):
        before, row = row, [i]
        for j, other in enumerate(others, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (word != other)))
    return row[-1]


def copied_spans(sentences: Sequence[str], text: Sequence[str]) -> list[int]:
    """Of each sentence the longest run of its words that stands in one sentence of a text as well: its length in words.

    Runs grow by a word at a time, all at once, and only those found so far are looked for again: the text is walked
    through once, whatever its length, and little of it more often.
    """
    known = {word: number for number, word in enumerate({word for s in sentences for word in s.split()}, 1)}
    ours, mine = _numbered(sentences, known)
    theirs, _ = _numbered(text, known)
    longest = [0] * len(sentences)
    # at each place of either: which of the runs of n words that occur in the sentences begins there
    here, there = np.arange(len(ours)), np.arange(len(theirs))
    run_here, run_there = np.zeros(len(ours), np.int64), np.zeros(len(theirs), np.int64)
    for n in range(1, len(ours) + 1):
        here, run_here = _longer(here, run_here, ours, n, len(known))
        there, run_there = _longer(there, run_there, theirs, n, len(known))
        wanted, run_here = np.unique(run_here, return_inverse=True)
        place = np.searchsorted(wanted, run_there).clip(max=max(0, len(wanted) - 1))
        found = wanted[place] == run_there if len(wanted) else np.zeros(len(there), bool)
        there, run_there = there[found], place[found]
        copied = np.isin(run_here, run_there)
        here, run_here = here[copied], run_here[copied]
        if not len(here):
            break
        for sentence in np.unique(mine[here]):
            longest[sentence] = n
    return longest


def _numbered(sentences: Sequence[str], known: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """The words of all sentences in a row as numbers, 0 behind each sentence and for what is not known; and which
    sentence each one is of."""
    lengths = [len(sentence.split()) + 1 for sentence in sentences]
    numbers = (number for s in sentences for number in (*(known.get(word, 0) for word in s.split()), 0))
    return np.fromiter(numbers, np.int64, sum(lengths)), np.repeat(np.arange(len(sentences)), lengths)


def _longer(
    places: np.ndarray, runs: np.ndarray, words: np.ndarray, n: int, known: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of runs of n - 1 words those that go on with a known word, as runs of n: where they begin, and their numbers."""
    following = words[places + n - 1]  # there is one: a 0 ends every run before the end
    goes_on = following > 0
    return places[goes_on], runs[goes_on] * (known + 1) + following[goes_on]
