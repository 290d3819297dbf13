"""Wakes coroutines that wait for news, on any event loop, from any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Notifier:
    """Wakes all subscribers when there is news; what it is, they look up. Thread-safe."""

    def __init__(self) -> None:
        self._subscribers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that every `notify` sets, for as long as the block lasts.

        Clear it before looking for news, so that what comes in between is not lost.
        """
        subscriber = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._subscribers.add(subscriber)
        try:
            yield subscriber[1]
        finally:
            with self._lock:
                self._subscribers.remove(subscriber)

    def notify(self) -> None:
        """There is news."""
        with self._lock:
            for loop, event in self._subscribers:
                with suppress(RuntimeError):  # its loop was closed
                    loop.call_soon_threadsafe(event.set)
