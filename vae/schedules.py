"""What changes over a run, as functions of the fraction of it that is done."""

from __future__ import annotations

import math

from vae.config import Config


def beta(fraction: float, *, final: float, autoencoder: float, warmup: float) -> float:
    """Weight of the KL term: 0 while it is an autoencoder, then a straight rise to `final`.

    Args:
        fraction: share of the run that is done, 0 to 1; so are `autoencoder` and `warmup`.
    Source: Bowman et al. 2016, arXiv:1511.06349 (annealing); Li et al. 2019, arXiv:1909.00868 (autoencoder first).
    """
    if fraction < autoencoder:
        return 0.0
    if warmup == 0:
        return final
    return final * min(1.0, (fraction - autoencoder) / warmup)


def settling(fraction: float, config: Config) -> bool:
    """Whether beta still rises, so that losses do not compare with what comes after."""
    return config.dimensions > 0 and fraction < config.autoencoder + config.warmup


def learning_rate(fraction: float, *, peak: float, rise: float = 0.02, floor: float = 0.05) -> float:
    """A short linear rise to `peak`, then half a cosine down to `floor` of it.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983.
    """
    if fraction < rise:
        return peak * (fraction + 0.001) / (rise + 0.001)
    done = (fraction - rise) / (1 - rise)
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
