"""The figures of what a model says at random."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from vae.evaluation.judge import judge_nlls, perplexity, train_small_lm
from vae.evaluation.reference import Reference, Report, diversity
from vae.messages.message import Message
from vae.metrics import text_scores
from vae.metrics.bootstrap import Interval, interval
from vae.model import text_model
from vae.model.checkpoint import Checkpoint

_SHOWN = 10


def measure_samples(
    checkpoint: Checkpoint, samples: Sequence[str], reference: Reference, report: Report
) -> tuple[dict[str, Any], dict[str, Interval]]:
    """Figures and intervals of samples as the model gives them by default, and of some from N(0, I)."""
    figures: dict[str, Any] = dict.fromkeys(
        ("forward_perplexity", "sample_perplexity_ratio", "reverse_perplexity", "copied_span", "copied_longest",
         "normal_perplexity_ratio", "normal_distinct", "normal_new")
    )  # fmt: skip
    intervals: dict[str, Interval] = {}
    figures |= diversity(samples[: len(reference.subset)], reference.seed)
    new = [checkpoint.is_new(sentence) for sentence in samples]
    figures |= {
        "shared_words": text_scores.shared_words(samples, reference.sentences),
        "sample_distinct": text_scores.distinct(samples),
        "sample_new": share_of(new),
        "said": tuple(samples[:_SHOWN]),
    }
    if None not in new:
        intervals["sample_new"] = interval([float(bool(each)) for each in new], statistics.fmean, reference.seed)
    judged = reference.judge is not None and reference.judge is not checkpoint
    if judged:
        nll = reference.judge_nll(samples)
        figures["forward_perplexity"] = perplexity(nll, samples)
        figures["sample_perplexity_ratio"] = figures["forward_perplexity"] / reference.figures["real_perplexity"]
        intervals["sample_perplexity_ratio"] = interval(
            list(zip(nll, samples, strict=True)),
            lambda some: perplexity(*zip(*some, strict=True)) / reference.figures["real_perplexity"],
            reference.seed,
        )
    if checkpoint.text_model.latent:
        plain = text_model.sample(
            checkpoint.text_model, reference.drawn, temperature=1.0, prior="normal", seed=reference.seed
        )
        normal = [point.text for point in plain]
        figures["normal_distinct"] = text_scores.distinct(normal)
        figures["normal_new"] = share_of([checkpoint.is_new(sentence) for sentence in normal])
        if judged:
            odd = perplexity(reference.judge_nll(normal), normal)
            figures["normal_perplexity_ratio"] = odd / reference.figures["real_perplexity"]
    if reference.real is not None:
        spans = text_scores.copied_spans(samples, reference.real)
        figures |= {"copied_span": statistics.fmean(spans), "copied_longest": max(spans)}
    if reference.real is not None and reference.figures["real_reverse_perplexity"]:
        report(Message("evaluation.learning_from_samples"))
        sample_lm = train_small_lm(samples[: len(reference.real)], seed=reference.seed)
        if sample_lm:
            figures["reverse_perplexity"] = perplexity(judge_nlls(sample_lm, reference.sentences), reference.sentences)
    return figures, intervals


def share_of(new: Sequence[bool | None]) -> float | None:
    """The share that is new; None where the model cannot tell."""
    return None if None in new else sum(map(bool, new)) / len(new)
