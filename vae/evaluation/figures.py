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
    """One figure of `evaluate.Evaluation`.

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


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of a model on a text; what each one means stands in FIGURES. No sentence was dropped or cut.

    None is what the family has no way to do, or what nothing was given for: a judge or a training text. Losses are
    nats a sentence; `real_*` are the same figures of the sentences themselves, to compare with.
    """

    # the model
    name: str
    family: str
    trained_on: str
    trained_sentences: int
    parameters: int
    steps: int
    minutes: float | None  # it was meant to train; None if its length was said otherwise
    # the text, and how it was measured
    sentences: int
    words: int  # end marks counted, as in tokens and characters
    tokens: int
    characters: int
    unknown_words: float  # share of the tokens that the model's tokenizer has no piece for
    samples: int  # draws a sentence of the bound
    drawn: int  # sentences said at random
    judge: str | None  # its name
    real: bool  # whether there was text to learn from
    # density
    nll_iw: float | None
    elbo: float | None
    perplexity: float | None
    bits_per_character: float | None
    # latent
    kl: float | None
    kl_per_dimension: tuple[float, ...]  # from N(0, I)
    mutual_information: float | None
    mi_sentences: int
    mi_ceiling: float
    active_units: int | None
    latent_dim: int
    latent_gain: float | None
    prior_mean: float | None
    prior_covariance: float | None
    prior_mmd: float | None
    level: str
    verdict: str
    # reconstruction
    nll: float | None
    token_accuracy: float | None
    reconstruction_bleu: float | None
    exact_match: float | None
    self_consistency: float | None
    # samples
    forward_perplexity: float | None
    reverse_perplexity: float | None
    self_bleu: float
    distinct_1: float
    distinct_2: float
    distinct_3: float
    shared_words: float
    distinct: float
    novel: float | None
    copied_span: float | None
    copied_longest: int | None
    said: tuple[str, ...]  # the first samples
    # interpolation
    pairs: int
    path_perplexity: float | None
    step_length: float | None
    distinct_steps: float | None
    fluent_steps: float | None
    # the sentences themselves
    real_nll: float | None  # of the judge
    real_perplexity: float | None
    real_bits_per_character: float | None
    real_reverse_perplexity: float | None
    real_self_bleu: float
    real_distinct_1: float
    real_distinct_2: float
    real_distinct_3: float
    real_shared_words: float  # with the other sentences
    real_novel: float | None
    real_copied_span: float | None


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
            "What z tells of a sentence, in nats: more keeps the letter, less keeps random points fluent.",
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
            "exact_match", "reconstruction", "Word for word",
            "Share of the sentences that come back without a change.", "share", "higher", 0.6,
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
            "distinct", "samples", "Different samples", "Share of the samples that are different sentences.",
            "share", "higher", 1.0, 0.5,
        ),
        Figure(
            "novel", "samples", "New samples", "Share of the samples that it did not learn from.",
            "share", "higher", 1.0, 0.0, "real_novel",
        ),
        Figure(
            "copied_span", "samples", "Longest copied span",
            "Words in a row that a sample shares with a training sentence, at most; on average. Real sentences share "
            "some, too.",
            "words", "lower", 1.0, 2.0, "real_copied_span", 1, takes="real",
        ),
        Figure(
            "path_perplexity", "interpolation", "Perplexity on the way",
            "How odd the judge finds the sentences between two: near the real text's there is no hole on the way.",
            "words", "lower", 1.0, 4.0, "real_perplexity", 1, takes="judge",
        ),
        Figure(
            "step_length", "interpolation", "Length of a step",
            "Words that change from a step to the next, as a share of those between the ends: 0.10 goes straight.",
            "share", "lower", 0.1, 0.3,
        ),
        Figure(
            "distinct_steps", "interpolation", "Different steps",
            "Different sentences among the 11 of a way, the median.", "of 11", "higher", 11.0, 2.0, digits=1,
        ),
        Figure(
            "fluent_steps", "interpolation", "Fluent steps",
            "Different sentences of a way that the judge finds at most twice as odd as the median real one; median.",
            "of 11", "higher", 8.0, 1.0, digits=1, takes="judge",
        ),
    )
}  # fmt: skip
