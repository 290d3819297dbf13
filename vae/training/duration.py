"""A length in minutes or epochs as a number of steps, which a run has from then on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from vae.config.config import Config
from vae.data.batches import Batch, Sampler
from vae.model import schedules
from vae.system import distributed

_TIMED_STEPS = 10
_SHARPENED = 1.9  # times as long as others: measured, since what an untrained model says has no end that could be timed


def steps_of(
    config: Config, sampler: Sampler, update: Callable[[Batch, int], object], evaluate: Callable[[], object],
    evaluations: int, started: float,
) -> int:  # fmt: skip
    """The length of a run in steps, from steps, minutes or epochs, whichever is given first: on all processes the same.

    Args:
        update: does a step, of which some are timed: what it changes must be of no further use.
        evaluate: does all of an evaluation.  evaluations: how many of them the run will have.
        started: `time.monotonic()` from which the minutes count.
    """
    if config.steps:
        return config.steps
    if not config.minutes:
        return max(1, math.ceil(config.epochs * len(sampler)))
    pace = _update_seconds(sampler, update) * (1 + (_SHARPENED - 1) * schedules.sharpened(config))
    if distributed.rank() == 0:  # as it will be in the run
        evaluating = evaluations * min(_seconds(evaluate) for _ in range(2))
        left = 60 * config.minutes - (time.monotonic() - started) - evaluating
        return distributed.broadcast_from_first(max(1, int(left / pace)))
    return distributed.broadcast_from_first(0)


def _update_seconds(sampler: Sampler, update: Callable[[Batch, int], object]) -> float:
    """What a step takes on average."""
    batches = [sampler.batch(turn) for turn in range(min(_TIMED_STEPS, len(sampler)))]
    for batch in batches:  # the first update of each shape pays for its kernels and its memory
        update(batch, 0)
    seconds = sum(_seconds(update, batch, 0) for _ in range(2) for batch in batches) / 2
    tokens = sum(int(batch.lengths.sum()) for batch in batches)
    return seconds / tokens * sampler.tokens.total / sampler.world / len(sampler)


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun
