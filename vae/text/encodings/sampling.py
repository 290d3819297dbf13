"""The part of a text by which its encoding is told: lines that are not ASCII, from all over it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO

Opener = Callable[[], BinaryIO]  # opens the bytes of a text at their beginning, as often as it is called

_BLOCK = 1 << 16  # bytes
_ENOUGH = 24_000  # bytes of lines
_MOST = 3 * _ENOUGH  # with those that hold a rare byte
_LINE = 1000  # bytes of a line that are looked at
_RARE = 3  # times that a byte has to come before it needs no more lines
_HIGH = re.compile(rb"[\x80-\xff]")
_LINE_END = re.compile(rb"[\r\n]")
_APART = re.compile(rb"[\t-\r -/](?!.*[\t-\r -/])", re.DOTALL)  # the last byte that is in no character of two


def sample(opener: Opener, size: int) -> bytes:
    """Lines with bytes beyond ASCII: some from each part of the text, and some for each byte that is rare.

    Lines end as they do in every encoding but UTF-16 and UTF-32. A long one is cut.
    """
    blocks = size // _BLOCK + 1
    found: list[bytes] = []
    taken, seen = 0, Counter[int]()
    for number, block in enumerate(_whole_lines(opener), 1):
        for line in _high_lines(block):
            high = set(line) - _ASCII
            if taken < _ENOUGH * number / blocks or any(seen[byte] < _RARE for byte in high):
                found.append(line)
                taken += len(line)
                seen.update(high)
                if taken > _MOST:
                    return b"\n".join(found)
    return b"\n".join(found)


_ASCII = frozenset(range(128))


def _whole_lines(opener: Opener) -> Iterator[bytes]:
    """The text in blocks that end with a line, but for a line that is longer than a block."""
    held = b""
    with opener() as file:
        while data := file.read(_BLOCK):
            block = held + data
            end = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
            if end == 0 and len(block) < 2 * _BLOCK:
                held = block
                continue
            end = end or len(block)
            yield block[:end]
            held = block[end:]
    yield held


def _high_lines(block: bytes) -> Iterator[bytes]:
    """The lines of a block that are not ASCII, each cut to at most `_LINE` bytes behind its first high byte."""
    end = 0
    while high := _HIGH.search(block, end):
        begin = max(end, high.start() - _LINE // 4)
        begin = max(begin, block.rfind(b"\n", begin, high.start()) + 1, block.rfind(b"\r", begin, high.start()) + 1)
        line_end = _LINE_END.search(block, high.end())
        end = line_end.start() if line_end else len(block)
        line = block[begin:end]
        if len(line) > _LINE:
            line = line[:_LINE]
            apart = _APART.search(line, _LINE // 2)
            line = line[: apart.start()] if apart else line
        yield line
