"""One file that is compressed by gzip, bzip2 or xz: known by its first bytes, and readable as a stream of any size."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from vae.messages.message import Message
from vae.text.containers.packed import Kind, Listing, Packed, Unpacked, checked_size, damaged

# What reading a broken one raises: gzip and bzip2 an OSError, too.
_BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)
_EXTENSION = re.compile(r"(?<=.)\.(gz|gzip|bz2|xz)$", re.IGNORECASE)
Decompress = Callable[[BinaryIO], Any]  # gives a file of the bytes inside
_FORMATS: tuple[tuple[Message, bytes, Decompress], ...] = (
    (Message("text.gzip_archive"), rb"\x1f\x8b\x08", gzip.open),
    (Message("text.bzip2_archive"), rb"BZh[1-9](1AY&SY|\x17rE8P\x90)", bz2.open),
    (Message("text.xz_archive"), rb"\xfd7zXZ\x00", lzma.open),
)
_HEAD = 16  # bytes by which one is known


def unpacked_from(path: Path) -> Message | None:
    """What a compressed file is unpacked from; None: it is not compressed. Raises OSError: it cannot be read."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    found = next((what for what, magic, _ in _FORMATS if re.match(magic, head)), None)
    return found and Message("text.unpacked_from", what=found)


def open_compressed(path: Path) -> BinaryIO:
    """What gives the bytes in a compressed file, a part at a time, and raises CorpusError where the file breaks."""
    file = path.open("rb")
    head = file.read(_HEAD)
    file.seek(0)
    what, decompress = next((what, decompress) for what, magic, decompress in _FORMATS if re.match(magic, head))
    return io.BufferedReader(_Decompressed(what, file, decompress(file)), 1 << 16)


class _Decompressed(io.RawIOBase):
    """The bytes in a compressed file; closes the file, too."""

    def __init__(self, what: Message, packed: BinaryIO, inner: Any) -> None:
        self._what, self._packed, self._inner = what, packed, inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            data = self._inner.read(len(buffer))
        except _BROKEN:
            raise damaged(self._what) from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._packed.close()
        super().close()


def inner_name(name: str) -> str:
    """`sentences.txt.gz` -> `sentences.txt`."""
    return _EXTENSION.sub("", name)


def _kind(what: Message, magic: bytes, decompress: Decompress) -> Kind:
    def recognizes(data: bytes, listing: Listing) -> bool:
        return re.match(magic, data) is not None

    def read(packed: Packed) -> Unpacked:
        try:
            data = decompress(io.BytesIO(packed.data)).read(packed.max_bytes + 1)
        except _BROKEN:
            raise damaged(what) from None
        return Unpacked(checked_size(data, packed), inner_name(packed.name), Message("text.unpacked_from", what=what))

    return Kind(what, recognizes, read, confined=False)


KINDS = tuple(_kind(*each) for each in _FORMATS)
