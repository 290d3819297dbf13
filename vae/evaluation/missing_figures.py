"""Why an evaluation lacks a figure."""

from __future__ import annotations

from vae.config.families import FAMILIES
from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES
from vae.messages.message import Message

_REASONS = {
    "forward_perplexity": Message("evaluation.is_the_judge"),
    "sample_perplexity_ratio": Message("evaluation.is_the_judge"),
    "reverse_perplexity": Message("evaluation.samples_are_alike"),
    "sample_new": Message("evaluation.unlisted_sentences"),
    "normal_new": Message("evaluation.unlisted_sentences"),
}


def reason_missing(evaluation: Evaluation, name: str) -> Message | None:
    """Why an evaluation has no figure of this name; None if it has it."""
    if getattr(evaluation, name) is not None:
        return None
    figure, spec = FIGURES[name], FAMILIES[evaluation.family]
    of_density = figure.group == "density" or name in ("kl", "mutual_information")
    of_space = figure.group in ("latent", "reconstruction", "interpolation") or name.startswith("normal_")
    if (of_density and not spec.has_likelihood) or (of_space and not spec.has_latent_space):
        return Message("text", text=spec.limitation)
    if figure.takes == "judge" and not evaluation.judge:
        return Message("evaluation.takes_a_judge")
    if figure.takes == "real" and not evaluation.real:
        return Message("evaluation.takes_the_training_text")
    if name == "reverse_perplexity" and evaluation.real_reverse_perplexity is None:
        return Message("evaluation.takes_minutes")
    if name == "reverse_perplexity" and round(evaluation.sample_distinct * evaluation.drawn) > 1:
        return Message("evaluation.no_model_of_the_samples")
    return _REASONS.get(name, Message("evaluation.too_little_text"))
