"""What the figures of a latent space mean, in plain words, and what to change."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vae.metrics.latent_use import LatentUse

_FEW_SENTENCES, _TOO_FEW_SENTENCES = 200, 20
_UNSETTLED_KL = 2.5  # nats a dimension: as an autoencoder without a prior has
_UNSETTLED_CODES = 0.25  # nats a dimension: as at a third of the prior's variance, or at more than twice as much


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the figures mean. `level` is one of `events.LEVELS`."""

    level: str
    text: str
    advice: str


def verdict(use: LatentUse) -> Verdict:
    """The state of a latent space in plain words, and what to change."""
    d, kl, n = len(use.kl), sum(use.kl), use.sentences
    little = f" Only {n} sentences were held out, so take this with a pinch of salt." if n < _FEW_SENTENCES else ""
    if not d:
        return Verdict("unknown", "A language model has no latent space, so there is nothing to collapse.", "")
    if n < _TOO_FEW_SENTENCES:
        held_out = "1 sentence was" if n == 1 else f"{n} sentences were"
        return Verdict(
            "unknown",
            f"Nobody can tell yet: only {held_out} held out to measure on.",
            "Judge by the reconstructions and samples, or bring a longer text.",
        )
    if not all(map(math.isfinite, (kl, use.nll, use.latent_gain))):
        return Verdict("unknown", "The figures are not numbers.", "Train again with a lower learning rate.")
    if not use.kind.density:
        return _verdict_on_codes(use, little)
    if kl < 1 or use.latent_gain < 0.5:
        return Verdict(
            "collapsed",
            f"Collapsed: the decoder does not listen to z, so every point says much the same.{little}",
            "Raise free bits or word dropout, lower beta, or give the autoencoder phase a larger part.",
        )
    if kl > _UNSETTLED_KL * d:
        return Verdict(
            "weak",
            f"Unsettled: z carries {kl:.0f} nats, so points drawn at random read badly.{little}",
            "Train on until beta has risen, or raise beta.",
        )
    lacks = _lacks(use)
    if lacks:
        return Verdict(
            "weak",
            f"Weak: z carries something, but little: {' and '.join(lacks)}.{little}",
            "Train longer, raise free bits or word dropout, or lower beta.",
        )
    active = f"all {d}" if use.active_units == d else f"{use.active_units} of {d}"
    return Verdict("healthy", f"Healthy: {active} dimensions carry information.{little}", "")


def _verdict_on_codes(use: LatentUse, little: str) -> Verdict:
    """Of a family whose codes have no spread, and a critic instead of a KL term."""
    d, distance = len(use.kl), sum(use.kl)
    if use.latent_gain < 0.5:
        return Verdict(
            "collapsed",
            f"Collapsed: the decoder does not listen to the codes, so every point says much the same.{little}",
            "Give the critic less weight, or the autoencoder phase a larger part.",
        )
    if distance > _UNSETTLED_CODES * d:
        return Verdict(
            "weak",
            f"Unsettled: the codes lie {distance:.0f} nats off the bell curve, so points drawn at random read badly."
            f"{little}",
            "Train longer, or give the critic more weight.",
        )
    lacks = _lacks(use)
    if lacks:
        return Verdict(
            "weak",
            f"Weak: the codes tell something, but little: {' and '.join(lacks)}.{little}",
            "Train longer, or give the critic less weight.",
        )
    return Verdict(
        "healthy",
        f"Healthy: the codes lie like the bell curve ({distance:.1f} nats off), and the decoder listens to them."
        f"{little}",
        "",
    )


def _lacks(use: LatentUse) -> list[str]:
    """What a latent space that does little is short of, in words."""
    d, information = len(use.kl), use.mutual_information
    lacks = []
    if use.active_units < 0.5 * d:
        lacks.append(f"{use.active_units} of {d} dimensions are in use")
    if use.latent_gain < 3:
        lacks.append(f"another sentence's z costs the decoder only {use.latent_gain:.1f} nats")
    if information is not None and information < 0.5 * min(use.mi_ceiling, 5.0):
        lacks.append(f"a z tells only {information:.1f} nats of its sentence")
    return lacks
