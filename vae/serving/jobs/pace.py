"""How long trainings take on this server now, learned from those that go on."""

from __future__ import annotations

from dataclasses import dataclass

from vae.config.config import Config
from vae.model import size

_NEWEST = 0.05  # weight of a report: there are some a second, and what the machine does beside them comes and goes
_USUAL_START = 5.0  # seconds before the first step, and
_USUAL_RATE = 0.8e-9  # seconds for a unit of work: on a machine of two cores that does nothing else
_EARLY = 0.015  # share of a run in which steps are slow, and no evaluation has been timed yet
_LATE = 0.1  # and in which what is left is mostly its end, and tells nothing of steps


@dataclass(frozen=True, slots=True)
class Forecast:
    """What can be told of a training before it is asked for.

    Args:
        seconds: from its turn to its end; None: nobody can tell.
        measured: whether this server's trainings have shown it; else it is what an idle machine takes, roughly.
        place: in the queue, 1 being the next; less: it would begin at once.
        wait: seconds until its turn; None where nobody can tell.
    """

    seconds: float | None
    measured: bool
    place: int
    wait: float | None


class Pace:
    """Seconds for a unit of work, and for what comes before it. Its methods are called with the lock of `Jobs` held."""

    def __init__(self) -> None:
        self._start = self._rate = 0.0
        self._reports = 0

    def observe_start(self, seconds: float) -> None:
        """A training began with its first step, so long after its turn had come."""
        self._start = seconds if not self._start else (self._start + seconds) / 2

    def observe(self, config: Config, seconds_left: float, steps_left: int, steps: int) -> None:
        """What a training tells of itself."""
        if _LATE * steps < steps_left < (1 - _EARLY) * steps:
            rate = seconds_left / (steps_left * _work(config))
            self._reports += 1
            self._rate += max(_NEWEST, 1 / self._reports) * (rate - self._rate)

    def expected(self, config: Config) -> float | None:
        """Seconds that a training takes from its turn to its end; None while nobody can tell."""
        return self._start + config.steps * _work(config) * self._rate if config.steps and self._rate else None


def usual_seconds(config: Config) -> float | None:
    """What a training takes on an idle machine, roughly: of a server that has seen none."""
    return _USUAL_START + config.steps * _work(config) * _USUAL_RATE if config.steps else None


def _work(config: Config) -> float:
    """What a step takes, roughly: sentences times weights."""
    return config.batch * size.min_parameter_count(config)
