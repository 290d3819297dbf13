"""The pace and the mean losses of a training, from one Progress to the next."""

from __future__ import annotations

import time

import torch

from vae.events import Progress
from vae.families import Losses

_EVENT_SECONDS = 0.2


class Meter:
    """Sums of the losses since the last Progress, and the pace."""

    def __init__(self) -> None:
        self.restart()
        self._pace = 0.0

    def restart(self) -> None:
        self._sums = torch.zeros(3, dtype=torch.float64)
        self._sentences = self._tokens = self._steps = 0
        self._begun = time.monotonic()

    def add(self, losses: Losses, tokens: int) -> None:
        n = len(losses.nll)
        self._sums += torch.stack([losses.loss * n, losses.nll.sum(), losses.kl.sum()])
        self._sentences += n
        self._tokens += tokens
        self._steps += 1
        self._beta = losses.beta

    def due(self) -> bool:
        return time.monotonic() - self._begun >= _EVENT_SECONDS

    def read(self, step: int, steps: int, epoch: float, seconds: float) -> Progress:
        loss, nll, kl = (self._sums / self._sentences).tolist()
        elapsed = max(1e-9, time.monotonic() - self._begun)
        pace = elapsed / self._steps
        self._pace = pace if not self._pace else 0.95 * self._pace + 0.05 * pace
        event = Progress(
            step=step, steps=steps, epoch=epoch, loss=loss, nll=nll, kl=kl, beta=self._beta,
            tokens_per_second=self._tokens / elapsed, seconds=seconds, seconds_left=(steps - step) * self._pace,
        )  # fmt: skip
        self.restart()
        return event
