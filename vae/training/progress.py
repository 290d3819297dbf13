"""The speed and the mean losses of a training, from one Progress to the next."""

from __future__ import annotations

import time

import torch

from vae.data.batches import Batch
from vae.model.families.interface import Losses
from vae.system import distributed
from vae.training.events import Progress

_EVENT_SECONDS = 0.2


class ProgressMeter:
    """Sums of the losses since the last Progress, and the time of a step."""

    def __init__(self) -> None:
        self.restart()
        self._seconds_per_step = 0.0

    def restart(self) -> None:
        """Forget all since the last Progress."""
        self._sums = torch.zeros(())  # of what `add` lists, from the first on
        self._sentences = self.steps = 0
        self._reported = False
        self._since = time.monotonic()

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
        latest, average = elapsed / self.steps, self._seconds_per_step
        self._seconds_per_step = 0.95 * average + 0.05 * latest if average else latest
        event = Progress(
            step=step, steps=steps, epoch=epoch, loss=loss / self._sentences, nll=nll / self._sentences,
            kl=kl / self._sentences, beta=self._beta, tokens_per_second=tokens / elapsed, seconds=seconds,
            seconds_left=(steps - step) * self._seconds_per_step,
        )  # fmt: skip
        self.restart()
        return event
