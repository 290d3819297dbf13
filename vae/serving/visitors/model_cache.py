"""The loaded models, which all visitors share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae.messages.message import Message
from vae.system.resources import return_freed_memory

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint

FileId = tuple[int, int, int, int]


class ModelCache:
    """Loaded models: those used last, as many as fit, and the pinned one; each file is read once, whoever asks.

    A file is known by what it is, not by its name: visitors who have the same file under several names share one model.

    Args:
        pinned: the file of a model that stays; its bytes do not count.
        capacity: bytes in memory of all others together. One alone may be larger.
    """

    def __init__(self, pinned: Path, capacity: int) -> None:
        self._pinned = pinned
        self._capacity = capacity
        self._loaded: OrderedDict[FileId, Future[Checkpoint]] = OrderedDict()  # the longest unused first
        self._sizes: dict[FileId, int] = {}
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of all models that are loaded by now, without the pinned one."""
        with self._lock:
            return sum(self._sizes.values())

    def load(self, path: Path) -> Checkpoint:
        """The checkpoint at `path`; it may take seconds. Raises CheckpointError when the file is not a sound model."""
        from vae.model import checkpoint  # brings torch, so not before somebody needs a model

        key = _file_id(path)
        if key is None:
            raise checkpoint.CheckpointError(Message("serving.model_file_gone"))
        with self._lock:
            future = self._loaded.get(key)
            first = future is None
            if future is None:
                future = self._loaded[key] = Future()
            self._loaded.move_to_end(key)
        if first:
            try:
                loaded = checkpoint.load(path)
            except BaseException as error:
                with self._lock:
                    self._loaded.pop(key, None)
                future.set_exception(error)
            else:
                future.set_result(loaded)
                self._evict(key, model_bytes(loaded))
        return future.result()

    def _evict(self, newest: FileId, added: int) -> None:
        pinned, evicted = _file_id(self._pinned), False
        with self._lock:
            if newest in self._loaded and newest != pinned:
                self._sizes[newest] = added
            for key in list(self._loaded):
                if sum(self._sizes.values()) <= self._capacity:
                    break
                if key in self._sizes and key != newest:
                    del self._loaded[key], self._sizes[key]
                    evicted = True
        if evicted:
            return_freed_memory()

    def has(self, path: Path) -> bool:
        """Whether `load` gives the file at `path` at once."""
        key = _file_id(path)
        with self._lock:
            future = None if key is None else self._loaded.get(key)
        return future is not None and future.done() and not future.exception()

    def drop(self, path: Path) -> None:
        """Let go of the file at `path`, which is about to be removed."""
        key = _file_id(path)
        with self._lock:
            if key in self._sizes:
                del self._loaded[key], self._sizes[key]

    def name(self, path: Path) -> str:
        """The name in the file at `path`, if it is loaded by now; else nothing: no name is worth a wait."""
        return self.load(path).info.name if self.has(path) else ""

    def family(self, path: Path) -> str:
        """The family of the model at `path`, if it is loaded by now; else nothing."""
        return self.load(path).config.family if self.has(path) else ""


def model_bytes(loaded: Checkpoint) -> int:
    """Bytes that a loaded model takes: its weights, its tokenizer, the hashes of what it has learned from, and at most
    the table that it makes as it speaks."""
    model: Any = loaded.text_model.model
    weights = sum(tensor.nbytes for tensor in chain(model.parameters(), model.buffers()))
    words = 0 if loaded.text_model.lexicon is None else loaded.text_model.lexicon.hashes.nbytes
    listed = len(loaded.text_model.tokenizer.model) + loaded.seen.nbytes + words
    return int(weights + model.gate_table_bytes + listed)


def count_weights(loaded: Checkpoint) -> int:
    """How many weights a model really has."""
    model: Any = loaded.text_model.model
    return sum(tensor.numel() for tensor in model.parameters())


def _file_id(path: Path) -> FileId | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
