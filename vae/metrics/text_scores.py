"""Figures of plain text. None of them sees a model; words are whitespace pieces."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

from vae.text.edit_distance import edit_distance

_BLEU_ORDER = 4  # n-grams of up to four words
_SELF_BLEU_SENTENCES = 500  # sentences of a self-BLEU at most: it rises with their number


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
    if len(sentences) > _SELF_BLEU_SENTENCES:
        sentences = random.Random(seed).sample(list(sentences), _SELF_BLEU_SENTENCES)
    split = [sentence.split() for sentence in sentences]
    total = sum(map(len, split))
    if len(split) < 2 or not total:
        return 0.0
    log_precision = 0.0
    for order in range(1, _BLEU_ORDER + 1):
        ngrams = [Counter(_ngrams(words, order)) for words in split]
        # how often an n-gram occurs in the two sentences that have it most often
        top_counts: dict[tuple[str, ...], tuple[int, int]] = {}
        for counts in ngrams:
            for ngram, n in counts.items():
                first, second = top_counts.get(ngram, (0, 0))
                top_counts[ngram] = max(first, n), min(first, max(second, n))
        # among the others it is the second where the first is the sentence's own
        found = sum(
            n if n < top_counts[ngram][0] else top_counts[ngram][1] for counts in ngrams for ngram, n in counts.items()
        )
        if not found:
            return 0.0
        log_precision += math.log(found / sum(map(Counter.total, ngrams))) / _BLEU_ORDER
    lengths = Counter(map(len, split))
    reference_length = sum(n * _closest_length(length, lengths) for length, n in lengths.items())
    return 100 * math.exp(log_precision + min(0.0, 1 - reference_length / total))


def _closest_length(length: int, lengths: Counter[int]) -> int:
    """Of the other sentences' lengths the one nearest to a sentence's, the shorter of two."""
    if lengths[length] > 1:
        return length
    return min((other for other in lengths if other != length), key=lambda other: (abs(other - length), other))


def _ngrams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All n-grams: runs of n words."""
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def exact_match(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Share of hypotheses that equal their reference, 0 to 1."""
    pairs = list(zip(hypotheses, references, strict=True))
    return sum(h == r for h, r in pairs) / max(1, len(pairs))


def token_accuracy(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Share of the references' words, end marks counted, that stand at their own place in the hypothesis, 0 to 1."""
    correct = total = 0
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        predicted, expected = [*hypothesis.split(), None], [*reference.split(), None]
        correct += sum(a == b for a, b in zip(predicted, expected, strict=False))
        total += len(expected)
    return correct / max(1, total)


def distinct(sentences: Sequence[str]) -> float:
    """Share of different sentences, 0 to 1."""
    return len(set(sentences)) / max(1, len(sentences))


def distinct_ngrams(sentences: Sequence[str], n: int) -> float:
    """Share of the n-grams that are different ones, over all sentences, 0 to 1 (distinct-n).

    Source: Li et al. 2016, arXiv:1510.03055.
    """
    ngrams = [ngram for sentence in sentences for ngram in _ngrams(sentence.split(), n)]
    return len(set(ngrams)) / max(1, len(ngrams))


def shared_words(sentences: Sequence[str], text: Sequence[str] | None = None) -> float:
    """Share of the sentences' words that occur in a text, 0 to 1; without one, in another of the sentences."""
    split = [sentence.split() for sentence in sentences]
    sentences_with = Counter(word for each in (split if text is None else map(str.split, text)) for word in set(each))
    least = 2 if text is None else 1
    return sum(sentences_with[word] >= least for words in split for word in words) / max(1, sum(map(len, split)))


def letter_entropy(sentences: Sequence[str]) -> float:
    """Bits a character, end marks counted, for whoever knows nothing but how often each of them occurs."""
    counts = Counter(character for sentence in sentences for character in (*sentence, None))
    total = counts.total()
    return -sum(count / total * math.log2(count / total) for count in counts.values())


def word_count(sentence: str) -> int:
    """Whitespace pieces plus one end mark: what a perplexity per word counts."""
    return len(sentence.split()) + 1


def words_apart(a: str, b: str) -> int:
    """Words to insert, remove or replace to get from a to b."""
    return edit_distance(a.split(), b.split())


def copied_spans(sentences: Sequence[str], text: Sequence[str]) -> list[int]:
    """Of each sentence the longest run of its words that stands in one sentence of a text as well: its length in words.

    N-grams grow by a word at a time, all at once, and only those found so far are looked for again: the text is walked
    through once, whatever its length, and little of it more often.
    """
    word_ids = {word: number for number, word in enumerate({word for s in sentences for word in s.split()}, 1)}
    words, sentence_of = _numbered(sentences, word_ids)
    text_words, _ = _numbered(text, word_ids)
    longest = [0] * len(sentences)
    # where in either an n-gram that both may have begins, and its number
    starts, text_starts = np.arange(len(words)), np.arange(len(text_words))
    ngrams, text_ngrams = np.zeros(len(words), np.int64), np.zeros(len(text_words), np.int64)
    for n in range(1, len(words) + 1):
        starts, ngrams = _extend(starts, ngrams, words, n, len(word_ids))
        text_starts, text_ngrams = _extend(text_starts, text_ngrams, text_words, n, len(word_ids))
        known, ngrams = np.unique(ngrams, return_inverse=True)
        index = np.searchsorted(known, text_ngrams).clip(max=max(0, len(known) - 1))
        found = known[index] == text_ngrams if len(known) else np.zeros(len(text_starts), bool)
        text_starts, text_ngrams = text_starts[found], index[found]
        copied = np.isin(ngrams, text_ngrams)
        starts, ngrams = starts[copied], ngrams[copied]
        if not len(starts):
            break
        for sentence in np.unique(sentence_of[starts]):
            longest[sentence] = n
    return longest


def _numbered(sentences: Sequence[str], word_ids: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """The words of all sentences in a row by their ids, and which sentence each one is of.

    0 stands behind each sentence, and for a word without an id.
    """
    lengths = [len(sentence.split()) + 1 for sentence in sentences]
    numbers = (number for s in sentences for number in (*(word_ids.get(word, 0) for word in s.split()), 0))
    return np.fromiter(numbers, np.int64, sum(lengths)), np.repeat(np.arange(len(sentences)), lengths)


def _extend(
    starts: np.ndarray, ngrams: np.ndarray, words: np.ndarray, n: int, vocabulary: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of (n - 1)-grams those that a known word follows, as n-grams: where they begin, and their numbers."""
    following = words[starts + n - 1]  # there is one: a 0 ends every n-gram before the end
    extended = following > 0
    return starts[extended], ngrams[extended] * (vocabulary + 1) + following[extended]
