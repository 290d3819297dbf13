"""The sentences that models are measured on, and what is measured once for all models."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vae.evaluation.judge import check_judge, judge_nlls, perplexities, perplexity, train_small_lm
from vae.messages.message import Message, UserError
from vae.metrics import text_scores
from vae.model.checkpoint import Checkpoint

_FLUENT = 2.0  # times the median perplexity of real sentences, at most

Report = Callable[[Message], None]


@dataclass(frozen=True, slots=True)
class Reference:
    """The sentences that models are measured on, and what is measured once for all of the models."""

    sentences: list[str]
    subset: list[str]  # as many as samples are drawn, if there are
    real: Sequence[str] | None
    judge: Checkpoint | None
    nll: list[float]  # of the judge; empty without one
    drawn: int
    seed: int
    figures: dict[str, Any]

    def judge_nll(self, sentences: Sequence[str]) -> list[float]:
        """-log p of each sentence under the judge, nats."""
        assert self.judge is not None
        return judge_nlls(self.judge, sentences)

    def fluent(self, sentences: Sequence[str]) -> int:
        """How many sentences the judge finds at most twice as odd as the median one of the text."""
        most = _FLUENT * statistics.median(perplexities(self.nll, self.sentences))
        return sum(each <= most for each in perplexities(self.judge_nll(sentences), sentences))


def prepare_reference(
    sentences: Sequence[str], judge: Checkpoint | None, real: Sequence[str] | None, reverse: bool, drawn: int,
    seed: int, report: Report,
) -> Reference:  # fmt: skip
    if not sentences:
        raise UserError(Message("metrics.no_sentences"))
    if judge:
        check_judge(judge)
    sentences = list(sentences)
    words, characters = sum(map(text_scores.word_count, sentences)), sum(len(sentence) + 1 for sentence in sentences)
    rng = random.Random(seed)
    subset = rng.sample(sentences, drawn) if len(sentences) > drawn else sentences
    nll: list[float] = []
    figures: dict[str, Any] = {"sentences": len(sentences), "words": words, "characters": characters}
    figures |= {"vocabulary": len({word for each in (*sentences, *(real or ())) for word in each.split()}) + 1}
    figures |= {"letter_bits": text_scores.letter_entropy(sentences)}
    figures |= {f"real_{name}": value for name, value in diversity(subset, seed).items()}
    figures["real_shared_words"] = text_scores.shared_words(sentences)
    figures |= dict.fromkeys(("real_nll", "real_perplexity", "real_bits_per_character"))
    figures |= dict.fromkeys(("real_reverse_perplexity", "real_copied_span"))
    if judge:
        report(Message("evaluation.judging"))
        nll = judge_nlls(judge, sentences)
        figures["real_nll"] = math.fsum(nll) / len(nll)
        figures["real_perplexity"] = perplexity(nll, sentences)
        figures["real_bits_per_character"] = math.fsum(nll) / characters / math.log(2)
    if real is not None:
        figures["real_copied_span"] = statistics.fmean(text_scores.copied_spans(subset, real))
    if real is not None and reverse:
        report(Message("evaluation.learning_from_real"))
        real_lm = train_small_lm(rng.sample(real, drawn) if len(real) > drawn else real, seed=seed)
        if real_lm is None:
            raise UserError(Message("evaluation.training_text_too_small"))
        figures["real_reverse_perplexity"] = perplexity(judge_nlls(real_lm, sentences), sentences)
    return Reference(sentences, subset, real, judge, nll, drawn, seed, figures)


def diversity(sentences: Sequence[str], seed: int) -> dict[str, float]:
    """Figures that rise or fall with the number of sentences, so that only those of as many compare."""
    ngrams = {f"distinct_{n}": text_scores.distinct_ngrams(sentences, n) for n in (1, 2, 3)}
    return {"self_bleu": text_scores.self_bleu(sentences, seed=seed), **ngrams}
