"""Evaluations made by hand, for tests of what is told of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES
from vae.evaluation.missing_figures import reason_missing
from vae.serving.jobs.evaluation_process import EvaluatedModel

# A model that has learned a text of 300 held-out sentences, beside a judge that has, too.
LEARNED: dict[str, Any] = {
    "name": "toy", "family": "vae", "trained_on": "toy.txt", "trained_sentences": 5000, "parameters": 1000,
    "steps": 100, "sentences": 300, "words": 3000, "tokens": 4000, "characters": 15_000, "vocabulary": 800,
    "letter_bits": 4.0, "unknown_words": 0.0, "samples": 20, "drawn": 200, "judge": "judge", "real": True,
    "bits_per_character": 1.5, "perplexity": 40.0, "kl_per_dimension": (1.0, 2.0), "latent_dim": 2, "mi_ceiling": 5.0,
    "mi_sentences": 300, "level": "healthy", "verdict": "Healthy.", "ends_sentences": 300, "shared_words": 0.7,
    "sample_distinct": 1.0, "self_bleu": 20.0, "distinct_1": 0.2, "distinct_2": 0.5, "distinct_3": 0.8,
    "said": ("a cat.", "a dog."), "path_pairs": 100, "real_bits_per_character": 1.2, "real_perplexity": 30.0,
    "real_nll": 30.0, "real_self_bleu": 20.0, "real_distinct_1": 0.2, "real_distinct_2": 0.5, "real_distinct_3": 0.8,
    "real_shared_words": 0.7, "intervals": {},
}  # fmt: skip
HALF = 0.05  # of a value, on either side: as wide as intervals are made here


def evaluation(*, between: bool = True, **values: Any) -> Evaluation:
    """One like LEARNED with other values; where it has no figure, None. `between`: the given ones have intervals."""
    given = dict.fromkeys(field.name for field in fields(Evaluation)) | LEARNED | values
    if between:
        known = {name: value for name, value in values.items() if name in FIGURES and value is not None}
        given["intervals"] = {name: (value * (1 - HALF), value * (1 + HALF)) for name, value in known.items()}
    return Evaluation(**given)


def evaluated(known: Evaluation) -> EvaluatedModel:
    """It as a comparison holds it, of a model that says nothing."""
    reasons = {name: reason_missing(known, name) for name in FIGURES}
    missing = {name: reason for name, reason in reasons.items() if reason is not None}
    return EvaluatedModel(known, missing, known.kl_per_dimension, (), (), ())
