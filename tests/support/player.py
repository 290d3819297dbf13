"""Visitors who slide and draw, over the requests that the page makes, and what they wait for."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from support.visitor import Plan, RefusalError, Visit

WORDS = ("cat", "teacher", "bicycle", "letter", "garden", "train", "doctor", "window", "sister", "river", "song", "dog")
PAUSE = (2.0, 4.0)  # seconds between two things that somebody does


class Tally:
    """What was asked, what went wrong, and how long each answer took."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    async def time(self, kind: str, asked: Awaitable[object]) -> None:
        """Wait for an answer, and note the time or the error."""
        begun = time.perf_counter()
        try:
            await asked
        except (RefusalError, OSError, asyncio.IncompleteReadError) as error:
            self.errors.append(f"{kind}: {type(error).__name__} {error}")
        else:
            self.seconds[kind].append(time.perf_counter() - begun)


class Player:
    """Somebody with the page open.

    Args:
        number: of the visitor, from which all follows that they choose.
    """

    def __init__(self, url: str, plan: Plan, number: int, tally: Tally) -> None:
        self.visit = Visit(url, plan)
        self._plan, self.tally = plan, tally
        self._random = random.Random(number)

    async def act(self) -> None:
        """Do one thing after another, until cancelled."""
        await asyncio.sleep(self._random.uniform(0, PAUSE[1]))  # nobody begins at the same moment
        while True:
            kind, doing = self._random.choice(self.doings())
            await self.tally.time(kind, doing())
            await asyncio.sleep(self._random.uniform(*PAUSE))

    def doings(self) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """What they do by turns, by chance."""
        return ("sample", self.draw), ("path", self.slide)

    async def draw(self) -> None:
        """Draw 8 sentences."""
        said, *_ = await self.visit.press("sample-go")
        if len((said or {}).get("items", ())) != 8:
            raise RefusalError(f"no 8 sentences: {said}")

    async def slide(self) -> None:
        """Take two new sentences and the path of 11 between them."""
        ends = [f"The {self._random.choice(WORDS)} is near the {self._random.choice(WORDS)}." for _ in range(2)]
        event = self._plan.event("show-path", "click")
        stage, *_ = await self.visit.ask(event, self._plan.filled(event, self.visit.token, *ends))
        if not (stage or {}).get("frames"):
            raise RefusalError(f"no path: {stage}")
