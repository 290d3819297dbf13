"""Bytes to characters, a part at a time. What cannot be read is dropped, and counted."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from vae.text.encodings.letter_pairs import MARK
from vae.text.encodings.sampling import Opener

_BLOCK = 1 << 20  # bytes decoded at once


def _mark(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that are none of an encoding's."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK * (error.end - error.start), error.end


codecs.register_error("mark", _mark)


def decode(data: bytes, codec: str) -> str:
    """The bytes as an encoding reads them, with MARK for each that it does not have."""
    return data.decode(codec, "mark")
