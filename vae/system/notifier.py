"""Wakes coroutines that wait for news, on any event loop, from any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Notifier:
    """Everyone who listens is told that there is news; what it is, they look up. Thread-safe."""

    def __init__(self) -> None:
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that is set at every ring, for as long as the block lasts.

        Clear it before looking for news, so that a ring in between is not lost.
        """
        listener = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def ring(self) -> None:
        """There is news."""
        with self._lock:
            for loop, event in self._listeners:
                with suppress(RuntimeError):  # its loop was closed
                    loop.call_soon_threadsafe(event.set)
