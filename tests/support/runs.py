"""How tests follow the trainings of `Jobs`."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from pathlib import Path

from vae.serving.jobs.service import Jobs, Status
from vae.training.events import Event, Progress

PATIENCE = 300.0  # seconds; a busy machine is slow, and a hang is still found


def follow(
    jobs: Jobs, owner: str, run_id: str, until: Callable[[Status, list[Event]], bool] = lambda status, events: False
) -> tuple[Status, list[Event]]:
    """Watch a run until a condition holds, or until it rests."""

    async def watch() -> tuple[Status, list[Event]]:
        seen: list[Event] = []
        async for status, events in jobs.watch(owner, run_id):
            seen += events
            if until(status, seen):
                break
        return status, seen

    return asyncio.run(asyncio.wait_for(watch(), PATIENCE))


def learning(status: Status, events: list[Event]) -> bool:
    return status.state == "running" and any(isinstance(event, Progress) for event in events)


def in_state(state: str) -> Callable[[Status, list[Event]], bool]:
    return lambda status, events: status.state == state


def files(run_folder: Path) -> set[str]:
    return {path.name for path in run_folder.iterdir()}


def workers() -> set[int | None]:
    return {process.pid for process in multiprocessing.active_children() if process.name == "vae-worker"}
