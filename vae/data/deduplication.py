"""Sentences beyond memory, each once, in the order of their hashes: sorted runs in a folder, and their merge.

The hashes decide everything: which sentences are equal, which are held out, and in what order the rest is kept, which
is as good as shuffled. Memory does not grow with the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from vae.system.files import atomic_write
from vae.text.hashing import digests

Keys = NDArray[np.uint64]
_WINDOW = 1 << 18  # sentences merged at once, about


class InMemory:
    """Distinct sentences that fit into memory, offered as `Runs` offers those that do not."""

    def __init__(self, sentences: Sequence[str]) -> None:
        keys = digests(sentences, 8)
        order = np.argsort(keys, kind="stable")
        self._keys, self._sentences = keys[order], [sentences[i] for i in order]

    def merged(self, after: int | None = None) -> Iterator[tuple[Keys, list[str]]]:
        """As `Runs.merged`."""
        start = 0 if after is None else int(np.searchsorted(self._keys, np.uint64(after), "right"))
        for first in range(start, len(self._keys), _WINDOW):
            part = slice(first, first + _WINDOW)
            yield self._keys[part], self._sentences[part]


class Runs:
    """Sorted runs of sentences in a folder. Each is written in one move: a killed reading goes on behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: list[dict[str, Any]] = []  # what was said of each run, in order
        while self._path(len(self.about)).exists():
            with safe_open(self._path(len(self.about)), "numpy") as file:
                self.about.append(json.loads(file.metadata()["about"]))

    def _path(self, number: int) -> Path:
        return self.folder / f"run-{number:06}.safetensors"

    def add(self, sentences: Sequence[str], about: Mapping[str, Any]) -> None:
        """Write one more run of sentences, each of which holds no newline.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        keys, first = np.unique(digests(sentences, 8), return_index=True)
        texts = [(sentences[i] + "\n").encode() for i in first]
        ends = np.fromiter(map(len, texts), np.int64, len(texts)).cumsum()
        arrays = {
            "keys": keys, "ends": np.concatenate([[0], ends]), "texts": np.frombuffer(b"".join(texts), np.uint8),
        }  # fmt: skip
        about = {**about, "sentences": len(keys)}
        atomic_write(self._path(len(self.about)), save(arrays, {"about": json.dumps(about)}))
        self.about.append(about)

    def merged(self, after: int | None = None) -> Iterator[tuple[Keys, list[str]]]:
        """All sentences, each once, with their 64-bit hashes, which ascend; only those behind `after`, if it is given.

        They come in windows of the hashes' range, each of which is read from every run and sorted.
        """
        rows = [about["sentences"] for about in self.about]
        windows = -(-sum(rows) // _WINDOW)
        at = [0] * len(rows)
        begin = 0
        if after is not None:
            at = [int(np.searchsorted(self._keys(run), np.uint64(after), "right")) for run in range(len(rows))]
            begin = after * windows >> 64
        for window in range(begin, windows):
            last = ((window + 1) << 64) // windows - 1
            found: list[Keys] = []
            sentences: list[str] = []
            for run, start in enumerate(at):
                keys, texts = self._take(run, start, last, rows[run], rows[run] // windows)
                at[run] += len(keys)
                found.append(keys)
                sentences += texts
            merged, first = np.unique(np.concatenate(found), return_index=True)
            yield merged, [sentences[i] for i in first]

    def _keys(self, run: int) -> Keys:
        with safe_open(self._path(run), "numpy") as file:
            keys: Keys = file.get_tensor("keys")
            return keys

    def _take(self, run: int, start: int, last: int, rows: int, likely: int) -> tuple[Keys, list[str]]:
        """The sentences of a run of `rows`, from row `start` on, with hashes up to `last`: `likely` as many."""
        if start == rows:
            return np.empty(0, np.uint64), []
        with safe_open(self._path(run), "numpy") as file:
            stored = file.get_slice("keys")
            stop = min(rows, start + likely + likely // 8 + 64)
            keys: Keys = stored[start:stop]
            while stop < rows and keys[-1] <= last:
                stop = min(rows, start + 2 * len(keys))
                keys = stored[start:stop]
            count = int(np.searchsorted(keys, np.uint64(last), "right"))
            ends = file.get_slice("ends")[start : start + count + 1]
            begin, end = int(ends[0]), int(ends[-1])
            texts = file.get_slice("texts")[begin:end].tobytes().decode() if end > begin else ""
        return keys[:count], texts.split("\n")[:-1]
