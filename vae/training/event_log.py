"""Reads the events that another process appends to a run's folder."""

from __future__ import annotations

import threading
from pathlib import Path

from vae.training.events import Event, from_json


class EventLog:
    """The events in one file, from any one on. It keeps in mind where each begins.

    Thread-safe. The file may not exist yet; it only grows.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts: list[int] = []
        self._end = 0  # up to where they are known
        self._lock = threading.Lock()

    def read(self, after: int = 0) -> list[Event]:
        """All events but the first `after`.

        Raises:
            ValueError: the file holds something else.
        """
        with self._lock:
            try:
                file = self._path.open("rb")
            except FileNotFoundError:
                return []
            with file:
                file.seek(self._end)
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # still being written
                    self._starts.append(self._end)
                    self._end += len(line)
                wanted = self._starts[max(0, after) :]
                if not wanted:
                    return []
                file.seek(wanted[0])
                return [from_json(file.readline().decode()) for _ in wanted]
