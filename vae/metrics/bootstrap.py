"""How sure a figure is that was measured on a sample."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

_REPEATS = 200
Interval = tuple[float, float]


def interval(values: Sequence[Any], statistic: Callable[[Sequence[Any]], float], seed: int = 1) -> Interval:
    """The 95 % interval of a statistic of independent values: between which it lies for most samples drawn from them.

    Args:
        values: at least one.  statistic: of a sequence as long as they are.
    Source: Efron 1979 (the bootstrap, by percentiles).
    """
    rng = random.Random(seed)
    found = sorted(statistic(rng.choices(values, k=len(values))) for _ in range(_REPEATS))
    return found[round(0.025 * _REPEATS)], found[round(0.975 * _REPEATS) - 1]
