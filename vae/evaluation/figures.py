"""The figures of an evaluation: what each one tells, and what good looks like. Nothing is measured here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUPS = {
    "density": "How likely it finds the text",
    "latent": "How it uses the latent space",
    "reconstruction": "What is left of a sentence",
    "samples": "What it says at random",
    "interpolation": "What lies between two sentences",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of `evaluation.Evaluation`.

    Args:
        name: of the field.  group: one of GROUPS.
        title: its name for people.  help: a line for a learner.
        unit: what it counts, or nothing.  better: "lower", "higher", or nothing where it is a matter of taste.
        good, poor: the ends of the bar that says what good looks like.
        against: the field that `good` and `poor` are multiples of, where a fixed number would be dishonest because
            texts differ.
        digits: behind the point.  takes: what has to be given for it, "judge" or "real", or nothing.
    """

    name: str
    group: str
    title: str
    help: str
    unit: str = ""
    better: str = ""
    good: float = 1.0
    poor: float = 0.0
    against: str = ""
    digits: int = 2
    takes: str = ""

    def bounds(self, values: Mapping[str, Any]) -> tuple[float, float] | None:
        """The ends of the bar, good and poor, for an evaluation as a mapping; None if there is nothing to go by."""
        scale: float | None = values.get(self.against) if self.against else 1.0
        if scale is None or not math.isfinite(scale) or self.good * scale == self.poor * scale:
            return None
        return self.good * scale, self.poor * scale

    def share(self, values: Mapping[str, Any]) -> float | None:
        """How much of the bar is filled, 0 to 1; None without a value or a bar."""
        value, ends = values.get(self.name), self.bounds(values)
        if value is None or ends is None or not math.isfinite(value):
            return None
        good, poor = ends
        return float(min(1.0, max(0.0, (value - poor) / (good - poor))))

    def format_value(self, value: float | None) -> str:
        """The value as people read it."""
        if value is None:
            return "–"
        return format(value, "," if isinstance(value, int) else f",.{self.digits}f" if abs(value) < 1e6 else ".1e")


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "perplexity", "density", "Perplexity a word",
            "As unsure as if it chose among so many words each time; one end mark a sentence counts as a word.",
            "words", "lower", 1.0, 3.0, "real_perplexity", 1,
        ),
        Figure(
            "bits_per_character", "density", "Bits a character",
            "What it takes to store the text with this model's help, however it is cut, if it knows all words.",
            "bits", "lower", 1.0, 1.6, "real_bits_per_character",
        ),
        Figure(
            "nll_iw", "density", "Nats a sentence",
            "-log p(x), the price of a sentence: a bound that falls to the truth as draws grow; exact without z.",
            "nats", "lower", 1.0, 1.6, "real_nll",
        ),
        Figure(
            "elbo", "density", "ELBO",
            "What a VAE learns by: a lower bound on log p(x) from one draw a sentence.",
            "nats", "higher", -1.0, -1.6, "real_nll",
        ),
        Figure(
            "kl", "latent", "KL",
            "What z tells of a sentence, in nats: more keeps the exact words, less keeps random points fluent.",
            "nats", "", 2.0, 0.0, "latent_dim",
        ),
        Figure(
            "mutual_information", "latent", "Mutual information",
            "How surely a z is traced back to its sentence among N; the estimate cannot exceed ln N.",
            "nats", "higher", 1.0, 0.0, "mi_ceiling",
        ),
        Figure(
            "active_units", "latent", "Active dimensions",
            "Dimensions of z that move from one sentence to the next; the others say nothing.",
            "", "higher", 1.0, 0.0, "latent_dim", 0,
        ),
        Figure(
            "latent_gain", "latent", "Latent gain",
            "What another sentence's z costs the decoder: 0 means that it does not listen.",
            "nats", "higher", 10.0, 0.0,
        ),
        Figure(
            "prior_mean", "latent", "Off centre",
            "How far the middle of all codes lies from the prior's: 1 is a prior's width in every dimension.",
            "", "lower", 0.0, 0.5,
        ),
        Figure(
            "prior_covariance", "latent", "Off shape",
            "How much the spread of all codes differs from the prior's: 0 is the same, 1 as if all were one point.",
            "", "lower", 0.0, 1.0,
        ),
        Figure(
            "prior_mmd", "latent", "Distance from the prior",
            "MMD: how well codes can be told from random points of the prior; around 0 they cannot.",
            "", "lower", 0.0, 0.05, digits=4,
        ),
        Figure(
            "nll", "reconstruction", "Price of repeating",
            "Nats it takes to tell a sentence once its z is known; a language model has to tell all of it.",
            "nats", "lower", 0.0, 1.0, "real_nll",
        ),
        Figure(
            "token_accuracy", "reconstruction", "Words in place",
            "Share of the words and end marks that come back at their own place.", "share", "higher",
        ),
        Figure(
            "reconstruction_bleu", "reconstruction", "Reconstruction BLEU",
            "How much of the wording comes back, in runs of up to four words: 100 is all of it.",
            "of 100", "higher", 80.0, 0.0, digits=1,
        ),
        Figure(
            "ends_exact", "reconstruction", "Word for word",
            "Share of the sentences that come back without a change from the encoder's guess at their code.",
            "share", "higher",
        ),
        Figure(
            "ends_exact_refined", "reconstruction", "Word for word, searched",
            "The same from codes found by search, which the ends of a path are.", "share", "higher",
        ),
        Figure(
            "self_consistency", "reconstruction", "Self-consistency",
            "BLEU of its own sentences, said from random points, read again and said again.",
            "of 100", "higher", 80.0, 0.0, digits=1,
        ),
        Figure(
            "forward_perplexity", "samples", "Forward perplexity",
            "How odd a judge, a language model of real text, finds the samples: near the real text's is fluent; "
            "far below is dull.",
            "words", "lower", 1.0, 3.0, "real_perplexity", 1, takes="judge",
        ),
        Figure(
            "sample_perplexity_ratio", "samples", "Oddness",
            "Perplexity of the samples as a multiple of the real text's: at 1 the judge finds them as likely.",
            "times", "lower", 1.0, 3.0, takes="judge",
        ),
        Figure(
            "reverse_perplexity", "samples", "Reverse perplexity",
            "How odd a language model that learned from the samples alone finds the real text: what they lack costs.",
            "words", "lower", 1.0, 3.0, "real_reverse_perplexity", 1, takes="real",
        ),
        Figure(
            "self_bleu", "samples", "Self-BLEU",
            "How much a sample repeats of the others: close to the real text's is varied enough.",
            "of 100", "lower", 1.0, 2.0, "real_self_bleu", 1,
        ),
        Figure(
            "distinct_1", "samples", "Different words",
            "Share of the words that are different ones, of as many samples as real sentences.",
            "share", "higher", 1.0, 0.0, "real_distinct_1",
        ),
        Figure(
            "distinct_2", "samples", "Different pairs", "Share of the word pairs that are different ones.",
            "share", "higher", 1.0, 0.0, "real_distinct_2",
        ),
        Figure(
            "distinct_3", "samples", "Different triples", "Share of the word triples that are different ones.",
            "share", "higher", 1.0, 0.0, "real_distinct_3",
        ),
        Figure(
            "shared_words", "samples", "Words of the text",
            "Share of the samples' words that occur in this text: how far they keep to its vocabulary.",
            "share", "higher", 1.0, 0.0, "real_shared_words",
        ),
        Figure(
            "sample_distinct", "samples", "Different samples", "Share of the samples that are different sentences.",
            "share", "higher", 1.0, 0.5,
        ),
        Figure(
            "sample_new", "samples", "New samples", "Share of the samples that it did not learn from.",
            "share", "higher", 1.0, 0.0, "real_novel",
        ),
        Figure(
            "normal_perplexity_ratio", "samples", "Bell curve: oddness",
            "Times as odd as real text, from points of N(0, I) and with words drawn by chance, as a plain VAE does.",
            "times", "lower", 1.0, 3.0, takes="judge",
        ),
        Figure(
            "normal_distinct", "samples", "Bell curve: different", "Share of those that are different sentences.",
            "share", "higher", 1.0, 0.5,
        ),
        Figure(
            "normal_new", "samples", "Bell curve: new", "Share of those that it did not learn from.",
            "share", "higher", 1.0, 0.0, "real_novel",
        ),
        Figure(
            "copied_span", "samples", "Longest copied span",
            "Words in a row that a sample shares with a training sentence, at most; on average. Real sentences share "
            "some, too.",
            "words", "lower", 1.0, 2.0, "real_copied_span", 1, takes="real",
        ),
        Figure(
            "path_different", "interpolation", "Sentences of a path",
            "Different sentences from one to another, both ends counted; the median over pairs.",
            "", "higher", 14.0, 2.0, digits=1,
        ),
        Figure(
            "path_fluent", "interpolation", "Fluent ones among them",
            "Those that the judge finds at most twice as odd as the median real sentence; the median over pairs.",
            "", "higher", 11.0, 1.0, digits=1, takes="judge",
        ),
        Figure(
            "path_jump", "interpolation", "Largest jump",
            "Words that change from a sentence to the next, where most of them do; the mean over pairs.",
            "words", "lower", 2.0, 8.0, digits=1,
        ),
        Figure(
            "path_perplexity", "interpolation", "Perplexity on the way",
            "How odd the judge finds the sentences between two: near the real text's there is no hole on the way.",
            "words", "lower", 1.0, 4.0, "real_perplexity", 1, takes="judge",
        ),
        Figure(
            "attractor_share", "interpolation", "Pull of one sentence",
            "Share of the commonest sentence among the middles of paths, or of samples: high is a hole in the space.",
            "share", "lower", 0.0, 0.1, digits=3,
        ),
    )
}  # fmt: skip
