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


class SentencesInMemory:
    """Distinct sentences that fit into memory, offered as `SortedRuns` offers those that do not."""

    def __init__(self, sentences: Sequence[str]) -> None:
        keys = digests(sentences, 8)
        order = np.argsort(keys, kind="stable")
        self._keys, self._sentences = keys[order], [sentences[i] for i in order]

    def merged(self, after: int | None = None) -> Iterator[tuple[Keys, list[str]]]:
        """As `SortedRuns.merged`."""
        start = 0 if after is None else int(np.searchsorted(self._keys, np.uint64(after), "right"))
        for first in range(start, len(self._keys), _WINDOW):
            part = slice(first, first + _WINDOW)
            yield self._keys[part], self._sentences[part]


class SortedRuns:
    """Sorted runs of sentences in a folder. Each is written in one move: a killed reading goes on behind it.

    With `keep_duplicates` a sentence counts as another one each time, by its place in the text.
    """

    def __init__(self, folder: Path, keep_duplicates: bool = False) -> None:
        self.folder, self._keep_duplicates = folder, keep_duplicates
        self.metadata: list[dict[str, Any]] = []  # of each run, in order
        while self._path(len(self.metadata)).exists():
            with safe_open(self._path(len(self.metadata)), "numpy") as file:
                self.metadata.append(json.loads(file.metadata()["about"]))

    def _path(self, number: int) -> Path:
        return self.folder / f"run-{number:06}.safetensors"

    def add(self, sentences: Sequence[str], metadata: Mapping[str, Any]) -> None:
        """Write one more run of sentences, each of which holds no newline; of its metadata, `sentences` is added here.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        names = sentences
        if self._keep_duplicates:
            place = sum(run["sentences"] for run in self.metadata)
            names = [f"{sentence}\n{number}" for number, sentence in enumerate(sentences, place)]
        keys, first = np.unique(digests(names, 8), return_index=True)
        texts = [(sentences[i] + "\n").encode() for i in first]
        ends = np.fromiter(map(len, texts), np.int64, len(texts)).cumsum()
        arrays = {
            "keys": keys, "ends": np.concatenate([[0], ends]), "texts": np.frombuffer(b"".join(texts), np.uint8),
        }  # fmt: skip
        metadata = {**metadata, "sentences": len(keys)}
        atomic_write(self._path(len(self.metadata)), save(arrays, {"about": json.dumps(metadata)}))
        self.metadata.append(metadata)

    def merged(self, after: int | None = None) -> Iterator[tuple[Keys, list[str]]]:
        """All sentences, each once, with their 64-bit hashes, which ascend; only those behind `after`, if it is given.

        They come in windows of the hashes' range, each of which is read from every run and sorted.
        """
        rows = [metadata["sentences"] for metadata in self.metadata]
        windows = -(-sum(rows) // _WINDOW)
        starts = [0] * len(rows)
        first_window = 0
        if after is not None:
            starts = [int(np.searchsorted(self._keys(run), np.uint64(after), "right")) for run in range(len(rows))]
            first_window = after * windows >> 64
        for window in range(first_window, windows):
            last = ((window + 1) << 64) // windows - 1
            all_keys: list[Keys] = []
            sentences: list[str] = []
            for run, start in enumerate(starts):
                keys, texts = self._read_window(run, start, last, rows[run], rows[run] // windows)
                starts[run] += len(keys)
                all_keys.append(keys)
                sentences += texts
            merged, first = np.unique(np.concatenate(all_keys), return_index=True)
            yield merged, [sentences[i] for i in first]

    def _keys(self, run: int) -> Keys:
        with safe_open(self._path(run), "numpy") as file:
            keys: Keys = file.get_tensor("keys")
            return keys

    def _read_window(self, run: int, start: int, last: int, rows: int, expected: int) -> tuple[Keys, list[str]]:
        """The sentences of a run of `rows`, from row `start` on, with hashes up to `last`: `expected` ones, about."""
        if start == rows:
            return np.empty(0, np.uint64), []
        with safe_open(self._path(run), "numpy") as file:
            stored = file.get_slice("keys")
            stop = min(rows, start + expected + expected // 8 + 64)
            keys: Keys = stored[start:stop]
            while stop < rows and keys[-1] <= last:
                stop = min(rows, start + 2 * len(keys))
                keys = stored[start:stop]
            count = int(np.searchsorted(keys, np.uint64(last), "right"))
            ends = file.get_slice("ends")[start : start + count + 1]
            begin, end = int(ends[0]), int(ends[-1])
            texts = file.get_slice("texts")[begin:end].tobytes().decode() if end > begin else ""
        return keys[:count], texts.split("\n")[:-1]
