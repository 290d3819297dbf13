"""What a run has told so far, kept as large as a chart needs it, however long the run is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from vae.training.events import Evaluated, Event, Finished, Progress, Started

TREND_SPAN = 0.02  # of a run, over which the trend looks back
MAX_POINTS = 500  # of training; past that every second one goes
# Of a run's model: not taken over yet, in use, among the visitor's, dropped for newer ones.
ModelFate = Literal["", "used", "kept", "gone"]
ChartMark = tuple[int, int, int]  # how far a chart is drawn: `stride`, and how many points of `train` and of `valid`
NOTHING_DRAWN: ChartMark = (0, 0, 0)


@dataclass(slots=True)
class Trend:
    """Running means of reconstruction and KL: a batch holds sentences of like length, so that each says little.

    The weight of a value fades with the steps since: to 1/e over 2 % of the run, and sooner at its beginning.
    """

    step: int = 0
    weight: float = 0.0
    sums: tuple[float, float] = (0.0, 0.0)

    def add(self, event: Progress) -> tuple[float, float]:
        """Both means, this event counted."""
        span = max(1.0, min(TREND_SPAN * event.steps, event.step / 4))
        kept = math.exp(-max(1, event.step - self.step) / span)
        nll, kl = (kept * old + (1 - kept) * new for old, new in zip(self.sums, (event.nll, event.kl), strict=True))
        self.step, self.weight, self.sums = event.step, kept * self.weight + 1 - kept, (nll, kl)
        return nll / self.weight, kl / self.weight


@dataclass(slots=True)
class RunHistory:
    """A run's events so far, however long it is, of a model of `family`. `previous` is the evaluation before the last.

    The chart draws `valid`, all evaluations, and `train`: one of every `stride` others.
    """

    family: str = "vae"
    started: Started | None = None
    progress: Progress | None = None
    evaluated: Evaluated | None = None
    previous: Evaluated | None = None
    finished: Finished | None = None
    train: list[dict[str, Any]] = field(default_factory=list)
    valid: list[dict[str, Any]] = field(default_factory=list)
    stride: int = 1
    skipped: int = 0  # since the last that was kept
    trend: Trend = field(default_factory=lambda: Trend())

    def add(self, events: Iterable[Event]) -> None:
        """Take in what came next."""
        for event in events:
            match event:
                case Started():
                    self.started, self.finished = event, None
                    self.train = [point for point in self.train if point["step"] <= event.step]
                    self.valid = [point for point in self.valid if point["step"] <= event.step]
                    self.trend = self.trend if self.train else Trend()
                case Progress():
                    self.progress = event
                    self._add_training_point(event)
                case Evaluated():
                    self.previous, self.evaluated = self.evaluated, event
                    if _drawable(event):
                        self.valid.append(_point(event, valid=True))
                case Finished():
                    self.finished = event

    @property
    def mark(self) -> ChartMark:
        """What a chart that is sent now draws."""
        return self.stride, len(self.train), len(self.valid)

    def _add_training_point(self, event: Progress) -> None:
        if not _drawable(event):
            return
        nll, kl = self.trend.add(event)
        self.skipped += 1
        if self.skipped < self.stride:
            return
        self.skipped = 0
        trend = {"beta": round(event.beta, 3), "nll_trend": round(nll, 3), "kl_trend": round(kl, 3)}
        self.train.append({**_point(event, valid=False), **trend})
        if len(self.train) >= MAX_POINTS:
            self.train, self.skipped = self.train[::2], self.stride  # the last one goes, too
            self.stride *= 2


def _drawable(event: Progress | Evaluated) -> bool:
    return math.isfinite(event.nll) and math.isfinite(event.kl)


def _point(event: Progress | Evaluated, *, valid: bool) -> dict[str, Any]:
    return {"step": event.step, "nll": round(event.nll, 3), "kl": round(event.kl, 3), "valid": valid}
