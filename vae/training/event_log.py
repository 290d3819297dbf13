"""Reads the events that another process appends to a run's folder."""

from __future__ import annotations

import threading
from pathlib import Path

from vae.training.events import Event, from_json


class EventLog:
    """The events in one file, from any one on. It keeps the offset of each.

    Thread-safe. The file may not exist yet; it only grows.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offsets: list[int] = []
        self._scanned = 0  # bytes of which they are known
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
                file.seek(self._scanned)
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # still being written
                    self._offsets.append(self._scanned)
                    self._scanned += len(line)
                offsets = self._offsets[max(0, after) :]
                if not offsets:
                    return []
                file.seek(offsets[0])
                return [from_json(file.readline().decode()) for _ in offsets]
