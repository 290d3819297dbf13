"""The speed and the mean losses of a training, from one Progress to the next."""

from __future__ import annotations

import math
import time
from collections.abc import Collection

import torch

from vae.data.batches import Batch
from vae.model.families.interface import Losses
from vae.system import distributed
from vae.training.events import Progress

_EVENT_SECONDS = 0.2
_MEMORY = 20.0  # seconds over which the pace is a mean: what the machine does beside it comes and goes


class ProgressMeter:
    """Sums of the losses since the last Progress, and the pace: of steps, and of the evaluations between them.

    Args:
        evaluations: the steps after which there is one; the end of a run takes as long as one more.
        guess: how many steps an evaluation takes, roughly, until one was timed.
    """

    def __init__(self, evaluations: Collection[int], guess: float) -> None:
        self._guess = guess
        self.plan_for(evaluations)
        self._step_seconds = self._evaluation_seconds = self._share = self._watched = 0.0
        self.restart()

    def plan_for(self, evaluations: Collection[int]) -> None:
        """From now on, an evaluation comes after each of these steps."""
        self._evaluations = sorted(evaluations)

    def restart(self) -> None:
        """Forget all since the last Progress."""
        self._sums = torch.zeros(())  # of what `add` lists, from the first on
        self._sentences = self.steps = 0
        self._reported = False
        self._since, self._work = time.monotonic(), time.process_time()

    def add(self, losses: Losses, batch: Batch) -> None:
        """The losses of a step."""
        sums = losses.loss * batch.global_size, losses.nll.sum(), losses.kl.sum(), batch.lengths.sum()
        self._sums = self._sums + torch.stack(sums).double()
        self._sentences += batch.global_size
        self.steps += 1
        self._beta = losses.beta

    def due(self) -> bool:
        """Whether it is time for a Progress. It says so once."""
        due = not self._reported and self.steps > 0 and time.monotonic() - self._since >= _EVENT_SECONDS
        self._reported |= due
        return due

    def read(self, step: int, steps: int, epoch: float, seconds: float) -> Progress:
        """The Progress since the last one, over all processes, each of which must call this."""
        loss, nll, kl, tokens = distributed.sum_over_ranks(self._sums).tolist()
        elapsed = max(1e-9, time.monotonic() - self._since)
        self._watched += elapsed if self._step_seconds else 0.0  # the first steps pay for kernels and memory
        weight = max(1 - math.exp(-elapsed / _MEMORY), elapsed / self._watched) if self._watched else 1.0
        self._step_seconds += weight * (elapsed / self.steps - self._step_seconds)
        share = 1.0 if self._sums.is_cuda else (time.process_time() - self._work) / elapsed
        self._share += weight * (share - self._share)
        event = Progress(
            step=step, steps=steps, epoch=epoch, loss=loss / self._sentences, nll=nll / self._sentences,
            kl=kl / self._sentences, beta=self._beta, tokens_per_second=tokens / elapsed, seconds=seconds,
            seconds_left=self._seconds_left(step, steps), cores=self._share,
        )  # fmt: skip
        self.restart()
        return event

    def evaluated(self) -> None:
        """All since the last Progress was an evaluation."""
        latest, mean = time.monotonic() - self._since, self._evaluation_seconds
        self._evaluation_seconds = (latest + mean) / 2 if mean else latest
        self.restart()

    def steps_within(self, seconds: float, step: int) -> int:
        """How many steps a run has in all, that has just been evaluated after `step` and ends in so many seconds."""
        return step + int((seconds - self._evaluations_left(step + 1)) / self._step_seconds)

    def _seconds_left(self, step: int, steps: int) -> float:
        return (steps - step) * self._step_seconds + self._evaluations_left(step)  # that of this step comes next

    def _evaluations_left(self, step: int) -> float:
        """The seconds of those that come from a step on, and of the end."""
        evaluations = 1 + sum(each >= step for each in self._evaluations)
        return evaluations * (self._evaluation_seconds or self._guess * self._step_seconds)
