"""Figures of plain text. None of them sees a model."""

from __future__ import annotations

from collections.abc import Sequence


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU by sacrebleu (its 13a tokenisation, case kept), 0 to 100.

    Source: Post 2018, arXiv:1804.08771.
    """
    from sacrebleu.metrics.bleu import BLEU  # imported here: a training does not need it

    return float(BLEU().corpus_score(list(hypotheses), [list(references)]).score) if hypotheses else 0.0


def exact_match(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Share of hypotheses that equal their reference, 0 to 1."""
    pairs = list(zip(hypotheses, references, strict=True))
    return sum(h == r for h, r in pairs) / max(1, len(pairs))


def distinct(sentences: Sequence[str]) -> float:
    """Share of different sentences, 0 to 1."""
    return len(set(sentences)) / max(1, len(sentences))


def words(sentence: str) -> int:
    """Whitespace pieces plus one end mark: what a perplexity per word counts."""
    return len(sentence.split()) + 1
