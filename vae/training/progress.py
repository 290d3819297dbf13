"""The pace and the mean losses of a training, from one Progress to the next."""

from __future__ import annotations

import time

import torch

from vae.data.batches import Batch
from vae.model.families.interface import Losses
from vae.system import distributed
from vae.training.events import Progress

_EVENT_SECONDS = 0.2


class ProgressMeter:
    """Sums of the losses since the last Progress, and the pace."""

    def __init__(self) -> None:
        self.restart()
        self._pace = 0.0

    def restart(self) -> None:
        self._sums = torch.zeros(())  # of what `add` lists, from the first on
        self._sentences = self.steps = 0
        self._asked = False
        self._begun = time.monotonic()

    def add(self, losses: Losses, batch: Batch) -> None:
        sums = losses.loss * batch.whole, losses.nll.sum(), losses.kl.sum(), batch.lengths.sum()
        self._sums = self._sums + torch.stack(sums).double()
        self._sentences += batch.whole
        self.steps += 1
        self._beta = losses.beta

    def due(self) -> bool:
        """Whether it is time for a Progress. It says so once."""
        due = not self._asked and self.steps > 0 and time.monotonic() - self._begun >= _EVENT_SECONDS
        self._asked |= due
        return due

    def read(self, step: int, steps: int, epoch: float, seconds: float) -> Progress:
        """What there was since the last one, of all processes, each of which must ask."""
        loss, nll, kl, tokens = distributed.sum_over_ranks(self._sums).tolist()
        elapsed = max(1e-9, time.monotonic() - self._begun)
        pace = elapsed / self.steps
        self._pace = pace if not self._pace else 0.95 * self._pace + 0.05 * pace
        event = Progress(
            step=step, steps=steps, epoch=epoch, loss=loss / self._sentences, nll=nll / self._sentences,
            kl=kl / self._sentences, beta=self._beta, tokens_per_second=tokens / elapsed, seconds=seconds,
            seconds_left=(steps - step) * self._pace,
        )  # fmt: skip
        self.restart()
        return event
