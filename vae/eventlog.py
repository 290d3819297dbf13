"""Reads the events that another process writes to a run's folder."""

from __future__ import annotations

import os
import threading
import zlib
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from vae.events import Event, from_json


class EventLog:
    """The events in one file, from any one on. It keeps in mind where each begins.

    Thread-safe. The file may not exist yet. It only grows, save that a resumed run replaces it by one without
    the events behind its saved state: `cuts` tells, for each time, how many of those known were left.
    """

    def __init__(self, path: Path) -> None:
        self.cuts: list[int] = []
        self._path = path
        self._inode = 0
        self._lines: list[tuple[int, int]] = []  # where each event begins, and its checksum
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
                self._look(file)
                wanted = self._lines[max(0, after) :]
                if not wanted:
                    return []
                file.seek(wanted[0][0])
                return [from_json(file.readline().decode()) for _ in wanted]

    def _look(self, file: BinaryIO) -> None:
        before, inode = self._lines, os.fstat(file.fileno()).st_ino
        if inode != self._inode:
            self._inode, self._lines, self._end = inode, [], 0
        file.seek(self._end)
        for line in file:
            if not line.endswith(b"\n"):
                break  # still being written
            self._lines.append((self._end, zlib.crc32(line)))
            self._end += len(line)
        if before and self._lines is not before:
            same = takewhile(lambda pair: pair[0] == pair[1], zip(before, self._lines, strict=False))
            self.cuts.append(sum(1 for _ in same))


class Follower:
    """Gives each event of a log once, and those that replace them after a cut."""

    def __init__(self, log: EventLog, after: int = 0) -> None:
        self._log = log
        self._after = after
        self._cuts = len(log.cuts)

    def read(self) -> list[Event]:
        """The events since the last call, or since the first `after`."""
        events = self._log.read(self._after)
        if cuts := self._log.cuts[self._cuts :]:
            self._cuts += len(cuts)
            self._after = min(self._after, *cuts)
            events = self._log.read(self._after)
        self._after += len(events)
        return events
