"""What changes over a run, as functions of the fraction of it that is done."""

from __future__ import annotations

import math

from vae.config.config import Config
from vae.config.families import FAMILIES

_STEEPNESS = 12.0  # of the logistic rise: from 0.25 % of its height to 99.75 %


def beta(fraction: float, config: Config) -> float:
    """Weight of the KL term at a fraction of the run, 0 to 1."""
    return config.beta * warmup_factor(fraction, config)


def warmup_factor(fraction: float, config: Config) -> float:
    """Share of the full weight of the KL term or the critic: 0 in the autoencoder phase, then rising to 1.

    constant: at once. linear: a straight rise. logistic: an S. cyclical: so many times a straight rise over half of a
    cycle, and a stay over the other half.

    Args:
        fraction: share of the run that is done, 0 to 1.
    Source: Bowman et al. 2016, arXiv:1511.06349 (linear, logistic); Fu et al. 2019, arXiv:1903.10145 (cyclical); Li et
    al. 2019, arXiv:1909.00868 (autoencoder first).
    """
    since = fraction - config.autoencoder
    if since < 0:
        return 0.0
    if since >= _warmup(config):
        return 1.0
    done = since / config.warmup
    if config.beta_schedule == "logistic":
        return 1 / (1 + math.exp(_STEEPNESS * (0.5 - done)))
    if config.beta_schedule == "cyclical":
        done = 2 * (done * config.cycles % 1)
    return min(1.0, done)


def ends_autoencoder_phase(t: int, config: Config) -> bool:
    """Whether step t is the first after an autoencoder phase."""
    return (t - 1) / config.steps < config.autoencoder <= t / config.steps if config.autoencoder and t else False


def of_encoder_alone(fraction: float, config: Config) -> float:
    """How much is done of the last part, in which the encoder alone learns: 0 to 1, or less before it."""
    used = config.encoder_last and FAMILIES[config.family].uses("encoder_last")
    return 1 - (1 - fraction) / config.encoder_last if used else -1.0


def changes_the_loss(fraction: float, config: Config) -> bool:
    """Whether losses do not compare with those of the rest of a run: while beta changes, and once the encoder learns
    alone, which gives precision of its codes away for better means."""
    warming_up = config.dimensions > 0 and fraction - config.autoencoder < _warmup(config)
    return warming_up or of_encoder_alone(fraction, config) > 0


def _warmup(config: Config) -> float:
    return 0.0 if config.beta_schedule == "constant" else config.warmup


def learning_rate(fraction: float, *, peak: float, rise: float = 0.02, floor: float = 0.05) -> float:
    """A short linear rise to `peak`, then half a cosine down to `floor` of it.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983.
    """
    if fraction < rise:
        return peak * (fraction + 0.001) / (rise + 0.001)
    done = (fraction - rise) / (1 - rise)
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
