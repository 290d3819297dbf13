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
_LINE = 1000  # bytes of a line, more of which are not looked at
_RARE = 3  # times that a byte has to come before it needs no more lines
_HIGH = re.compile(rb"[\x80-\xff]")
_ASCII = frozenset(range(128))
_LINE_END = re.compile(rb"[\r\n]")
_APART = re.compile(rb"[\t-\r -/]")  # a byte that is no part of a character of several
_TO_LAST_APART = re.compile(rb".*[\t-\r -/]", re.DOTALL)


def sample(opener: Opener, size: int) -> bytes:
    """Lines with bytes beyond ASCII: some from each part of the text, and some for each byte that is rare.

    Lines end as they do in every encoding but UTF-16 and UTF-32. A long one is cut.
    """
    blocks = size // _BLOCK + 1
    found: list[bytes] = []
    taken, seen = 0, Counter[int]()

    def take(line: bytes) -> None:
        nonlocal taken
        found.append(line)
        taken += len(line)
        seen.update(set(line))

    for number, block in enumerate(_whole_lines(opener), 1):
        end = 0
        while taken < _ENOUGH * number / blocks and (high := _HIGH.search(block, end)):
            line, end = _line_around(block, high.start(), end)
            take(line)
        rest = block[end:]
        for byte in set(rest) - _ASCII:
            place = rest.find(byte)
            while place >= 0 and seen[byte] < _RARE and taken < _MOST:
                line, end = _line_around(rest, place, 0)
                take(line)
                place = rest.find(byte, end)
    return b"\n".join(found)


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


def _line_around(block: bytes, place: int, begin: int) -> tuple[bytes, int]:
    """The line of a place, but nothing before `begin`, and where it ends. Of a long line it is a part."""
    begin = max(begin, block.rfind(b"\n", 0, place) + 1, block.rfind(b"\r", 0, place) + 1)
    if begin < place - _LINE // 2:
        apart = _APART.search(block, place - _LINE // 2, place)
        begin = apart.end() if apart else place - _LINE // 2
    line_end = _LINE_END.search(block, place)
    end = line_end.start() if line_end else len(block)
    if end - begin > _LINE:
        shorter = _TO_LAST_APART.match(block, place + 1, begin + _LINE)
        return block[begin : shorter.end() if shorter else begin + _LINE], end
    return block[begin:end], end
