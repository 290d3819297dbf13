"""The order in which trainings get their turn, and how long each still has to wait."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Sequence

from vae.messages.durations import round_duration
from vae.messages.message import Message
from vae.serving.jobs.job import Job

_STEPS = ((60, 15), (1500, 60), (3600, 300))  # up to so many seconds, a wait is told in steps of so many
_LARGEST_STEP = 1800


class FairQueue:
    """Trainings that wait: what only saves a model, then everyone's first run before a second.

    Its methods are called with the lock of `Jobs` held.
    """

    def __init__(self) -> None:
        self._waiting: list[Job] = []
        self._turn = 0  # the highest of a run that was started

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, job: Job, others: Iterable[Job]) -> None:
        """Put a run behind those that came before it.

        Args:
            others: the runs of the same user that are going on or wait.
        """
        self.give_turn(job, others)
        self._waiting.append(job)

    def give_turn(self, job: Job, others: Iterable[Job]) -> None:
        """Let a run come behind those that came before it, wherever it stands."""
        job.progress.turn = max(self._turn, max((other.progress.turn for other in others), default=-1) + 1)
        job.progress.queued_at = time.time()

    def requeue(self, started: Sequence[Job], waiting: Sequence[Job] = ()) -> None:
        """Put runs back at the places that they had, those that had been started and those that had not."""
        self._waiting += [*started, *waiting]
        turns = [max(job.progress.turn for job in started)] if started else [job.progress.turn for job in waiting]
        self._turn = max(self._turn, min(turns, default=0))

    def start(self, job: Job) -> None:
        """A run goes on now: who comes from now on, comes after it."""
        self._turn = max(self._turn, job.progress.turn)
        self.remove(job)

    def remove(self, job: Job) -> None:
        """A run waits no longer, if it did."""
        if job in self._waiting:
            self._waiting.remove(job)

    def order(self, *newcomers: Job) -> list[Job]:
        """As it is served, newcomers included."""
        return sorted(
            (*self._waiting, *newcomers),
            key=lambda job: (job.state != "stopping", job.progress.turn, job.progress.queued_at),
        )

    def places(
        self, running: Sequence[float | None], slots: int, takes: Callable[[Job], float | None], *newcomers: Job
    ) -> dict[Job, tuple[int, float | None]]:
        """Each run's place, 1 being the next, or less when a worker is about to take it; and the seconds that it waits,
        roughly, or None while nobody can tell.

        Args:
            running: seconds that each run under way still takes, where that is known.
            slots: runs at once.  takes: seconds that a run takes when its turn has come, where that is known.
            newcomers: runs that might come, too.
        """
        known = None not in running
        ends = sorted(seconds for seconds in running if seconds is not None)
        ends = [0.0] * (slots - len(running)) + ends  # when each slot is free
        found: dict[Job, tuple[int, float | None]] = {}
        for place, job in enumerate(self.order(*newcomers), 1 + len(running) - slots):
            begins = heapq.heappop(ends) if known else 0.0
            found[job] = place, coarse_wait(begins) if known else None
            seconds = takes(job)
            known = known and seconds is not None
            heapq.heappush(ends, begins + (seconds or 0.0))
        return found


def coarse_wait(seconds: float) -> float:
    """A wait in steps so large that telling it need not change all the time."""
    step = next((step for most, step in _STEPS if seconds < most), _LARGEST_STEP)
    return float(max(1, round(seconds / step)) * step)


def waiting_message(place: int, wait: float | None, slots: int) -> Message:
    """What somebody who waits is told."""
    running = Message("serving.others_running", count=slots)
    yours = Message("serving.next") if place == 1 else Message("serving.place", place=place)
    if wait:
        return Message("serving.waiting_about", running=running, yours=yours, time=round_duration(wait))
    return Message("serving.waiting", running=running, yours=yours)
