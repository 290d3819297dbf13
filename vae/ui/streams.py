"""The streams that a visitor has open, which hold a place in the queue for as long as they last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeVar

MOST = 4  # of one visitor: two pages, each of which follows a training and a comparison
T = TypeVar("T")


class DisplacedError(ValueError):
    """A stream had to make room for a newer one; the message is for the person."""


class Streams:
    """The open streams of one visitor, `MOST` at a time: one more ends the oldest.

    The newest is not the one to refuse: a page that was left is noticed only when its stream has something to tell.
    All of them must run on the same event loop.
    """

    def __init__(self) -> None:
        self._ends: list[asyncio.Future[None]] = []  # oldest first

    async def follow(self, stream: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
        """What `stream` gives, to its end. Raises DisplacedError when it has to make room."""
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ends.append(end)
        for older in self._ends[:-MOST]:
            if not older.done():
                older.set_result(None)
        try:
            async with aclosing(stream):
                while True:
                    item = asyncio.ensure_future(anext(stream))
                    either: set[asyncio.Future[Any]] = {item, end}
                    try:
                        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        if not item.done():
                            item.cancel()
                            await asyncio.wait({item})
                    if item.cancelled():
                        raise DisplacedError(
                            "Two other pages of yours follow this by now, so this one has stopped. Reload it to go on."
                        )
                    try:
                        value = item.result()
                    except StopAsyncIteration:
                        return
                    yield value
        finally:
            self._ends.remove(end)
