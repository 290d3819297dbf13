"""Hashes of sentences: the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray


def digests(sentences: Sequence[str], size: int) -> NDArray[Any]:
    """Little-endian BLAKE2b of `size` bytes of each sentence, (sentences,); the same on every machine."""
    joined = b"".join(blake2b(s.encode("utf-8", "surrogatepass"), digest_size=size).digest() for s in sentences)
    return np.frombuffer(joined, dtype=f"<u{size}")


def hashes(sentences: Iterable[str]) -> NDArray[np.uint32]:
    """The 32-bit BLAKE2b of each sentence's UTF-8, sorted, each once: (at most as many as sentences,)."""
    return np.unique(digests(list(sentences), 4)).astype(np.uint32)
