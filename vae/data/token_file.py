"""Token ids on disk: written once in blocks, read a block at a time, so that memory does not grow with the text.

A block is a header, the lengths of its sentences, and their ids one after another. It is read into memory and not
mapped: the pages of a mapped file count as memory of the process that touched them, until nothing is left for others.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vae.data.batches import Tokens, flat_ids
from vae.data.deduplication import Keys
from vae.messages.message import Message
from vae.system.files import DamagedError

BLOCK = 65_536  # sentences of a block; of the last one up to twice as many
_HEADER = np.dtype([("rows", "<i8"), ("tokens", "<i8"), ("width", "<i8"), ("last", "<u8"), ("sum", "<u4")])


class TokenFile:
    """The sentences of a text as token ids, in blocks. What it offers is what `batches.Sampler` asks for."""

    def __init__(self, path: Path) -> None:
        """Raises DamagedError: the file is not what was written. OSError: it is not there."""
        self.path = path
        self._headers, self._offsets = _read_headers(path)
        self.bounds = np.concatenate([[0], self._headers["rows"].cumsum()])  # the first row of each block, and the end
        self.total = int(self._headers["tokens"].sum())
        if not len(self._offsets) or self._offsets[-1] + _block_size(self._headers[-1]) != path.stat().st_size:
            raise _damaged(path)

    def __len__(self) -> int:
        """Sentences."""
        return int(self.bounds[-1])

    def lengths_of(self, block: int) -> np.ndarray:
        """(rows,) tokens of each sentence of a block, end marks counted."""
        return np.fromfile(self.path, "<u2", int(self._headers["rows"][block]), offset=int(self._offsets[block]))

    def used(self, vocabulary: int) -> np.ndarray:
        """(vocabulary,) bool: which ids occur. Raises DamagedError: an id lies beyond, or a block is damaged."""
        used = np.zeros(vocabulary, bool)
        for number in range(len(self._headers)):
            _, flat = _read_block(self.path, self._headers[number], int(self._offsets[number]))
            if len(flat) and flat.max() >= vocabulary:
                raise _damaged(self.path)
            used[flat] = True
        return used

    def block(self, number: int) -> Tokens:
        """The sentences of a block. Raises DamagedError: it is not what was written."""
        lengths, flat = _read_block(self.path, self._headers[number], int(self._offsets[number]))
        return Tokens(flat, np.concatenate([[0], lengths.cumsum(dtype=np.int64)]), int(self.bounds[number]))


class TokenWriter:
    """Writes a `TokenFile`. What a killed one left is continued, behind its last whole block.

    Attributes:
        last: hash of the last sentence that was written; None at the beginning.
        rows: sentences that were added.
    """

    def __init__(self, path: Path, vocabulary: int) -> None:
        self._width = 2 if vocabulary <= 1 << 16 else 4
        headers, offsets = _read_headers(path) if path.exists() else (np.empty(0, _HEADER), np.empty(0, np.int64))
        end = int(offsets[-1]) + _block_size(headers[-1]) if len(offsets) else 0
        self.last = int(headers["last"][-1]) if len(offsets) else None
        self.rows = int(headers["rows"].sum())
        self._file = path.open("r+b" if path.exists() else "wb")
        self._file.truncate(end)
        self._file.seek(end)
        self._keys = np.empty(0, np.uint64)  # of the sentences that wait for their block, as are
        self._lengths = np.empty(0, np.uint16)
        self._flat = np.empty(0, f"<u{self._width}")

    def add(self, keys: Keys, ids: Sequence[Sequence[int]]) -> None:
        """Add sentences by their hashes and token ids, without end marks.

        Raises:
            OSError: the disk is full.
        """
        flat, lengths = flat_ids(ids)
        self._keys = np.concatenate([self._keys, keys])
        self._lengths = np.concatenate([self._lengths, lengths.astype(np.uint16)])
        self._flat = np.concatenate([self._flat, flat.astype(self._flat.dtype)])
        self.rows += len(keys)
        while len(self._keys) >= 2 * BLOCK:
            self._write(BLOCK)

    def __enter__(self) -> TokenWriter:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Write what waits; after an error leave it to whoever continues."""
        try:
            if failed is None and len(self._keys):
                self._write(len(self._keys))
        finally:
            self._file.close()

    def _write(self, rows: int) -> None:
        tokens = int(self._lengths[:rows].sum(dtype=np.int64))
        data = self._lengths[:rows].tobytes() + self._flat[:tokens].tobytes()
        self._file.write(np.array([(rows, tokens, self._width, self._keys[rows - 1], zlib.crc32(data))], _HEADER).data)
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._keys, self._lengths, self._flat = self._keys[rows:], self._lengths[rows:], self._flat[tokens:]


def _block_size(header: np.void) -> int:
    """Bytes of a block behind its header."""
    return int(header["rows"]) * 2 + int(header["tokens"]) * int(header["width"])


def _read_headers(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The headers of the whole blocks of a file, and where the data of each begins."""
    headers, offsets, end = [], [], path.stat().st_size
    with path.open("rb") as file:
        while len(raw := file.read(_HEADER.itemsize)) == _HEADER.itemsize:
            header = np.frombuffer(raw, _HEADER)
            valid = min(header["rows"][0], header["tokens"][0]) > 0 and header["width"][0] in (2, 4)
            if not valid or file.tell() + _block_size(header[0]) > end:
                break
            headers.append(header)
            offsets.append(file.tell())
            file.seek(_block_size(header[0]), os.SEEK_CUR)
    if headers:
        try:
            _read_block(path, headers[-1][0], offsets[-1])  # the last one may have been torn
        except DamagedError:
            del headers[-1], offsets[-1]
    return np.concatenate([np.empty(0, _HEADER), *headers]), np.array(offsets, np.int64)


def _read_block(path: Path, header: np.void, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """Lengths and ids of a block. Raises DamagedError: they are not what was written."""
    data = np.fromfile(path, np.uint8, _block_size(header), offset=offset)
    if zlib.crc32(data.data) != header["sum"]:
        raise _damaged(path)
    split = int(header["rows"]) * 2
    return data[:split].view("<u2"), data[split:].view(f"<u{header['width']}")


def _damaged(path: Path) -> DamagedError:
    return DamagedError(Message("data.token_file_damaged", file=str(path)))
