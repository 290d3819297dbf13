"""What the figures of a latent space mean, and what to change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

from vae.messages.message import Message
from vae.metrics.latent_use import LatentUse

ENOUGH_STEPS = (
    200  # of a training: before, all of its figures are on their way, and a space that is used has only begun
)
_FEW_SENTENCES, _TOO_FEW_SENTENCES = 200, 20
_UNSETTLED_KL = 2.5  # nats a dimension: as an autoencoder without a prior has
_UNSETTLED_CODES = 0.25  # nats a dimension: as at a third of the prior's variance, or at more than twice as much


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the figures mean, and what to change, if anything. `level` is one of `checkpoint.LEVELS`."""

    level: str
    text: Message
    advice: Message | None = None


def verdict(use: LatentUse, steps: int = ENOUGH_STEPS) -> Verdict:
    """The state of a latent space after so many steps of training, and what to change."""
    if not use.kl:
        return Verdict("unknown", Message("metrics.no_latent_space"))
    if steps < ENOUGH_STEPS:
        return Verdict("unknown", Message("metrics.too_early", count=steps), Message("metrics.train_on"))
    if use.sentences < _TOO_FEW_SENTENCES:
        text = Message("metrics.too_few_held_out", count=use.sentences)
        return Verdict("unknown", text, Message("metrics.judge_by_samples"))
    if not all(map(math.isfinite, (sum(use.kl), use.nll, use.latent_gain))):
        return Verdict("unknown", Message("metrics.no_numbers"), Message("metrics.lower_learning_rate"))
    found = _verdict_on_posteriors(use) if use.spec.has_likelihood else _verdict_on_codes(use)
    if use.sentences < _FEW_SENTENCES:
        return Verdict(found.level, Message("metrics.few_held_out", verdict=found.text, n=use.sentences), found.advice)
    return found


def _verdict_on_posteriors(use: LatentUse) -> Verdict:
    """Of a family with a KL term."""
    dimensions, kl = len(use.kl), sum(use.kl)
    if kl < 1 or use.latent_gain < 0.5:
        return Verdict("collapsed", Message("metrics.collapsed"), Message("metrics.raise_free_bits"))
    if kl > _UNSETTLED_KL * dimensions:
        return Verdict("weak", Message("metrics.unsettled", nats=kl), Message("metrics.raise_beta"))
    if weaknesses := _weaknesses(use):
        return Verdict("weak", Message("metrics.weak", weaknesses=weaknesses), Message("metrics.train_longer"))
    if use.active_units == dimensions:
        return Verdict("healthy", Message("metrics.all_active", dimensions=dimensions))
    return Verdict("healthy", Message("metrics.some_active", active=use.active_units, dimensions=dimensions))


def _verdict_on_codes(use: LatentUse) -> Verdict:
    """Of a family whose codes have no spread, and a critic instead of a KL term."""
    distance = sum(use.kl)
    if use.latent_gain < 0.5:
        return Verdict("collapsed", Message("metrics.codes_collapsed"), Message("metrics.less_critic"))
    if distance > _UNSETTLED_CODES * len(use.kl):
        return Verdict("weak", Message("metrics.codes_unsettled", nats=distance), Message("metrics.more_critic"))
    if weaknesses := _weaknesses(use):
        advice = Message("metrics.longer_or_less_critic")
        return Verdict("weak", Message("metrics.codes_weak", weaknesses=weaknesses), advice)
    return Verdict("healthy", Message("metrics.codes_healthy", nats=distance))


def _weaknesses(use: LatentUse) -> Message | None:
    """What a latent space that does little is short of."""
    dimensions, information = len(use.kl), use.mutual_information
    found = []
    if use.active_units < 0.5 * dimensions:
        found.append(Message("metrics.few_active", active=use.active_units, dimensions=dimensions))
    if use.latent_gain < 3:
        found.append(Message("metrics.low_gain", nats=use.latent_gain))
    if information is not None and information < 0.5 * min(use.mi_ceiling, 5.0):
        found.append(Message("metrics.low_information", nats=information))
    if not found:
        return None
    return reduce(lambda first, second: Message("metrics.and", first=first, second=second), found)
