"""The order in which trainings get their turn, and how long each still has to wait."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Sequence

from vae.serving.jobs.job import Job, in_words

_STEPS = ((60, 15), (600, 60), (3600, 300))  # up to so many seconds, a wait is told in steps of so many
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
        job.turn = max(self._turn, max((other.turn for other in others), default=-1) + 1)
        job.asked = time.time()
        self._waiting.append(job)

    def again(self, under_way: Sequence[Job], waiting: Sequence[Job] = ()) -> None:
        """Put runs back at the places that they had, those that had been started and those that had not."""
        self._waiting += [*under_way, *waiting]
        started = [max(job.turn for job in under_way)] if under_way else [job.turn for job in waiting]
        self._turn = max(self._turn, min(started, default=0))

    def start(self, job: Job) -> None:
        """A run goes on now: who comes from now on, comes after it."""
        self._turn = max(self._turn, job.turn)
        self.leave(job)

    def leave(self, job: Job) -> None:
        """A run waits no longer, if it did."""
        if job in self._waiting:
            self._waiting.remove(job)

    def order(self) -> list[Job]:
        """As it is served."""
        return sorted(self._waiting, key=lambda job: (job.state != "stopping", job.turn, job.asked))

    def places(self, going: Sequence[float | None], slots: int, longest: float) -> dict[Job, tuple[int, float | None]]:
        """Each run's place, 1 being the next, or less when a worker is about to take it; and the seconds that it waits,
        roughly, or None while nobody can tell.

        Args:
            going: seconds that each run under way still takes, where that is known.
            slots: runs at once.  longest: seconds that any may take.
        """
        known = None not in going
        ends = sorted(seconds for seconds in going if seconds is not None)
        ends = [0.0] * (slots - len(going)) + ends  # when each slot is free
        found: dict[Job, tuple[int, float | None]] = {}
        for place, job in enumerate(self.order(), 1 + len(going) - slots):
            begins = heapq.heappop(ends) if known else 0.0
            found[job] = place, coarse(begins) if known else None
            lasts = job.expected(longest)
            known = known and lasts is not None
            heapq.heappush(ends, begins + (lasts or 0.0))
        return found


def coarse(seconds: float) -> float:
    """A wait in steps so large that telling it need not change all the time."""
    step = next((step for most, step in _STEPS if seconds < most), _LARGEST_STEP)
    return float(max(1, round(seconds / step)) * step)


def waiting_message(place: int, wait: float | None, slots: int) -> str:
    """What somebody who waits is told."""
    others = "Another training is" if slots == 1 else f"{slots} other trainings are"
    yours = "yours is next" if place == 1 else f"yours is number {place} in the queue"
    return f"{others} running; {yours}{f', in about {in_words(wait)}' if wait else ''}."
