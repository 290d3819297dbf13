"""The shelf of loaded models that all visitors share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vae.checkpoint import Checkpoint

MAX_LOADED = 6  # of all visitors, beside the bundled one


class Shelf:
    """Loaded models, at most `capacity` beside the pinned one; each file is read once, off the event loop."""

    def __init__(self, pinned: Path, capacity: int = MAX_LOADED) -> None:
        self._pinned = pinned
        self._capacity = capacity
        self._loaded: OrderedDict[Path, Future[Checkpoint]] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, path: Path) -> Checkpoint:
        """The checkpoint at `path`. Raises CheckpointError when the file is not a sound model."""
        from vae import checkpoint  # brings torch, so not before somebody needs a model

        with self._lock:
            future = self._loaded.get(path)
            mine = future is None
            if future is None:
                future = self._loaded[path] = Future()
            self._loaded.move_to_end(path)
            others = [p for p in self._loaded if p != self._pinned]
            for stale in others[: max(0, len(others) - self._capacity)]:
                del self._loaded[stale]
        if mine:
            try:
                future.set_result(checkpoint.load(path))
            except BaseException as error:
                with self._lock:
                    self._loaded.pop(path, None)
                future.set_exception(error)
        return future.result()

    def has(self, path: Path) -> bool:
        """Whether `load` gives the file at `path` at once."""
        with self._lock:
            future = self._loaded.get(path)
        return future is not None and future.done() and not future.exception()

    def name(self, path: Path) -> str:
        """The name in the file at `path`, if it is loaded by now; else nothing: no name is worth a wait."""
        return self.load(path).info.name if self.has(path) else ""

    def family(self, path: Path) -> str:
        """The family of the model at `path`, if it is loaded by now; else nothing."""
        return self.load(path).config.family if self.has(path) else ""
