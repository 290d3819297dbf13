"""The lesson of docs/teaching.md, minute by minute, with made-up students: what each part asks of the server.

    python tests/reliability/lesson.py [--students 25] [--pace 1.0]

A server of its own. Everybody slides, then draws, then chooses the text of the lesson; the teacher trains on it and
shares the training, which all follow to its end; with its model, of which each has a copy then, all slide again.
Between two things a student waits 2 to 4 seconds, more eager than real ones. `--pace 3` takes a third of the minutes,
but the training takes what it takes. It prints JSON: of each part the requests, errors and waiting in milliseconds;
of the training its steps and seconds; and how many students had its model in the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (0, 1, 2)]

from load import TEXT, quantile, resident
from support.player import Player, Tally
from support.server import running_server
from support.visitor import Plan, Wire


class Student(Player):
    """Somebody who does what the class does."""

    def __init__(self, url: str, plan: Plan, number: int) -> None:
        super().__init__(url, plan, number, Tally())
        self.busy_with: str = "path"

    def doings(self) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """The one thing that is asked for now."""
        return [doing for doing in super().doings() if doing[0] == self.busy_with]

    async def choose_text(self) -> None:
        """Take the text of the lesson."""
        await self.visit.press("corpus-ours", "input", corpus_ours=TEXT)

    async def follow(self, code: str) -> None:
        """Watch a shared training to its end, and copy its model."""
        await self.visit.call("shared", code, True)

    async def has_model(self) -> bool:
        """Whether there is a model beside the one that stands ready."""
        return len(await self.visit.call("models")) > 1


async def part(students: Sequence[Student], seconds: float, doing: str) -> dict[str, Any]:
    """All do the same again and again for so long."""
    tally = Tally()
    for student in students:
        student.tally, student.busy_with = tally, doing
    acting = [asyncio.create_task(student.act()) for student in students]
    done, going = await asyncio.wait(acting, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in going:
        task.cancel()
    await asyncio.wait(acting)
    for task in done:
        task.result()
    return figures(tally)


async def once(students: Sequence[Student], doing: str, do: Callable[[Student], Awaitable[Any]]) -> dict[str, Any]:
    """All do something at the same moment."""
    tally = Tally()
    await asyncio.gather(*(tally.time(doing, do(student)) for student in students))
    return figures(tally)


def figures(tally: Tally) -> dict[str, Any]:
    """Requests, errors, and what was waited for."""
    times = sorted(1000 * s for kind in tally.seconds.values() for s in kind)
    return {
        "requests": len(times), "p50_ms": quantile(times, 0.5), "p95_ms": quantile(times, 0.95),
        "errors": len(tally.errors), "said": sorted(set(tally.errors)),
    }  # fmt: skip


async def lesson(url: str, pid: int, students: int, pace: float) -> dict[str, Any]:
    """The parts by their minutes."""
    wire = Wire(url)
    plan = await Plan.read(wire)
    wire.close()
    teacher, *others = class_ = [Student(url, plan, number) for number in range(students + 1)]
    minute = 60 / pace
    found = {"0-5 come": await once(class_, "come", lambda student: student.visit.open())}
    found["5-12 slide"] = await part(others, 7 * minute, "path")
    found["12-17 sample"] = await part(others, 5 * minute, "sample")
    found["17-22 choose the text"] = await once(class_, "text", Student.choose_text)
    begun = time.monotonic()
    run = (await teacher.visit.call("train", "quick", {}))["run"]
    code = (await teacher.visit.call("share", "run", run))["code"]
    found["22-32 follow the training"] = await once(others, "follow", lambda student: student.follow(code))
    took = time.monotonic() - begun
    status = await teacher.visit.call("status", run)
    found["32-40 slide with its model"] = await part(others, 8 * minute, "path")
    found["40-45 sample with its model"] = await part(others, 5 * minute, "sample")
    owners = await asyncio.gather(*(student.has_model() for student in others))
    for student in class_:
        await student.visit.close()
    return {
        "students": students, "pace": pace, **found,
        "training": {"seconds": round(took), "steps": status["progress"]["step"], "state": status["state"]},
        "with_the_model": sum(owners), "memory_mb": round(resident(pid)),
    }  # fmt: skip


def main() -> None:
    """Hold it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=25)
    parser.add_argument("--pace", type=float, default=1.0, help="how many times as fast as the minutes say")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as (url, process):
        found = asyncio.run(lesson(url, process.pid, arguments.students, arguments.pace))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
