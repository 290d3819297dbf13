"""The notifier that wakes those who watch a training."""

from __future__ import annotations

import asyncio
import threading

from vae.system.notifier import Notifier

PATIENCE = 60.0  # seconds


def test_a_notice_from_another_thread_wakes_every_subscriber() -> None:
    notifier = Notifier()

    async def listen() -> None:
        with notifier.subscribe() as one, notifier.subscribe() as other:
            threading.Thread(target=notifier.notify).start()
            await asyncio.wait_for(asyncio.gather(one.wait(), other.wait()), PATIENCE)

    asyncio.run(listen())


def test_who_has_left_hears_nothing_and_holds_nobody_up() -> None:
    notifier = Notifier()

    async def listen() -> asyncio.Event:
        with notifier.subscribe() as left:
            pass
        with notifier.subscribe() as here:
            notifier.notify()
            await asyncio.wait_for(here.wait(), PATIENCE)
        return left

    assert not asyncio.run(listen()).is_set()


def test_a_loop_that_was_closed_holds_nobody_up() -> None:
    notifier = Notifier()
    gone = asyncio.new_event_loop()

    async def come() -> None:
        listening = notifier.subscribe()
        listening.__enter__()
        kept.append(listening)

    kept: list[object] = []
    gone.run_until_complete(come())
    gone.close()

    async def listen() -> None:
        with notifier.subscribe() as here:
            notifier.notify()
            await asyncio.wait_for(here.wait(), PATIENCE)

    asyncio.run(listen())
