"""A length in minutes or epochs as a number of steps; after which of them it is evaluated; and with how many threads.

What a step costs is counted in seconds of the processor, which hardly depend on what else the machine does; how many of
these a second brings depends on nothing else, and is measured beside it. Both change, and first steps cost more than
those that follow: so the steps of a length in minutes follow the pace of the run, from one evaluation to the next.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from vae.config.config import Config
from vae.data.batches import Batch, Sampler
from vae.messages.message import Message, UserError
from vae.metrics.diagnosis import ENOUGH_STEPS
from vae.system import distributed

_EVALUATIONS = (0.01, 0.025, 0.05, *(i / 16 for i in range(1, 17)))  # as shares of the run
_TIMED_STEPS = 10
_PACE_KNOWN = 0.05  # of a length in minutes: from then on its steps follow the pace
_OFF_PACE = 0.02  # of the steps: by which they are not changed yet
_ROUNDS, _WORTH = 5, 0.8  # of the comparison; the share of one thread's time that more must not take

Update = Callable[[Batch, int], object]


def evaluation_steps(config: Config, epoch: int) -> set[int]:
    """The steps after which a run is evaluated.

    Args:
        epoch: how many steps one is.
    """
    if config.patience:
        return {*range(epoch, config.steps, epoch), config.steps}
    return {max(1, round(share * config.steps)) for share in _EVALUATIONS}


def resolve_steps(
    config: Config, sampler: Sampler, update: Update, evaluate: Callable[[], object], started: float
) -> int:
    """The length of a run in steps, from steps, minutes or epochs, whichever is given first: on all processes the same.

    Args:
        update: does a step; some are timed on a model that is thrown away.
        evaluate: does all of an evaluation.
        started: `time.monotonic()` from which the minutes count.
    Raises:
        UserError: the minutes are too few to learn anything in, on this machine now.
    """
    if config.steps:
        return config.steps
    if not config.minutes:
        return max(1, math.ceil(config.epochs * len(sampler)))
    clock = time.perf_counter if config.device == "cuda" else time.process_time
    wall, work = time.perf_counter(), clock()
    cost = _update_cost(sampler, update, clock)
    steps, first = 0, distributed.rank() == 0  # it alone evaluates, as in the run
    if first:
        evaluating = len(_EVALUATIONS) * min(_cost(clock, evaluate) for _ in range(2))
    share = (clock() - work) / (time.perf_counter() - wall)  # seconds of work that a second brings
    passed = time.monotonic() - started
    if first:
        steps = max(0, int(((60 * config.minutes - passed) * share - evaluating) / cost))
    steps = distributed.broadcast_from_first(steps)
    if steps < ENOUGH_STEPS:
        needed = (passed + (ENOUGH_STEPS * cost + (evaluating if first else 0.0)) / share) / 60
        values = {
            "minutes": config.minutes,
            "steps": steps,
            "enough": ENOUGH_STEPS,
            "needed": math.ceil(10 * needed) / 10,
        }
        raise UserError(Message("training.too_short", **values))
    return steps


def steps_at_pace(config: Config, step: int, seconds: float, within: Callable[[float, int], int]) -> int:
    """The length of a run that has been evaluated after a step, in steps: on all processes the same.

    Of a length in minutes, as many as these hold at the pace it has; where that is about what was planned, what was.

    Args:
        seconds: since the run began.
        within: how many steps a run has in all that ends in so many seconds and is at this step.
    """
    whole = 60 * config.minutes
    if not whole or step >= config.steps:
        return config.steps
    steps = config.steps
    if distributed.rank() == 0 and seconds >= _PACE_KNOWN * whole:
        fitting = max(step + 1, ENOUGH_STEPS, within(whole - seconds, step))
        steps = fitting if abs(fitting - steps) >= _OFF_PACE * steps else steps
    return distributed.broadcast_from_first(steps)


@contextmanager
def threads_restored() -> Iterator[None]:
    """What is set within is set back at the end: the next training is to choose its own threads."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fastest_threads(sampler: Sampler, update: Update) -> int:
    """1, or as many threads as are set, if these are faster beside all else that the machine does now.

    Threads wait for each other at every product: where another program has the core of one, all of them spin.
    """
    most, batch = torch.get_num_threads(), sampler.batch(0)
    spent = {1: 0.0, most: 0.0}
    for turn in range(1 + _ROUNDS):
        for threads in spent:
            torch.set_num_threads(threads)
            seconds = _cost(time.perf_counter, update, batch, 0)
            spent[threads] += seconds if turn else 0.0  # the first one pays for kernels and memory
        if spent[most] > 2 * spent[1]:
            break
    fastest = most if spent[most] < _WORTH * spent[1] else 1
    torch.set_num_threads(fastest)
    return fastest


def _update_cost(sampler: Sampler, update: Update, clock: Callable[[], float]) -> float:
    """What a step takes on average, by a clock."""
    batches = [sampler.batch(step) for step in range(min(_TIMED_STEPS, len(sampler)))]
    for batch in batches:  # the first update of each shape pays for its kernels and its memory
        update(batch, 0)
    cost = sum(_cost(clock, update, batch, 0) for _ in range(2) for batch in batches) / 2
    tokens = sum(int(batch.lengths.sum()) for batch in batches)
    return max(1e-6, cost / tokens * sampler.tokens.total / sampler.world_size / len(sampler))


def _cost(clock: Callable[[], float], work: Callable[..., object], *arguments: object) -> float:
    start = clock()
    work(*arguments)
    return clock() - start
