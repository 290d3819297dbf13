"""A length in minutes or epochs as a number of steps, which a run has from then on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from vae.config.config import Config
from vae.data.batches import Batch, Sampler
from vae.system import distributed

_TIMED_STEPS = 10


def resolve_steps(
    config: Config, sampler: Sampler, update: Callable[[Batch, int], object], evaluate: Callable[[], object],
    evaluations: int, started: float,
) -> int:  # fmt: skip
    """The length of a run in steps, from steps, minutes or epochs, whichever is given first: on all processes the same.

    Args:
        update: does a step; some are timed on a model that is thrown away.
        evaluate: does all of an evaluation.  evaluations: how many of them the run will have.
        started: `time.monotonic()` from which the minutes count.
    """
    if config.steps:
        return config.steps
    if not config.minutes:
        return max(1, math.ceil(config.epochs * len(sampler)))
    seconds_per_step = _update_seconds(sampler, update)
    if distributed.rank() == 0:  # it alone evaluates, as in the run
        evaluation_seconds = evaluations * min(_seconds(evaluate) for _ in range(2))
        seconds_left = 60 * config.minutes - (time.monotonic() - started) - evaluation_seconds
        return distributed.broadcast_from_first(max(1, int(seconds_left / seconds_per_step)))
    return distributed.broadcast_from_first(0)


def _update_seconds(sampler: Sampler, update: Callable[[Batch, int], object]) -> float:
    """Seconds that a step takes on average."""
    batches = [sampler.batch(step) for step in range(min(_TIMED_STEPS, len(sampler)))]
    for batch in batches:  # the first update of each shape pays for its kernels and its memory
        update(batch, 0)
    seconds = sum(_seconds(update, batch, 0) for _ in range(2) for batch in batches) / 2
    tokens = sum(int(batch.lengths.sum()) for batch in batches)
    return seconds / tokens * sampler.tokens.total / sampler.world_size / len(sampler)


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start
