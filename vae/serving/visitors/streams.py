"""The streams that a visitor has open, which hold a place in the queue for as long as they last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from vae.messages.message import Message, UserError

MAX_STREAMS = 4  # of one visitor: two pages, each of which follows a training and a comparison
T = TypeVar("T")


class DisplacedError(UserError):
    """A stream was ended, most often to make room for a newer one; the message is for the person."""


class OpenStreams:
    """The open streams of one visitor, `MAX_STREAMS` at a time: one more ends the oldest.

    The newest is not the one to refuse: a page that was left is noticed only when its stream has something to tell.
    All of them must run on the same event loop.
    """

    def __init__(self) -> None:
        self._ends: list[asyncio.Future[Message]] = []  # oldest first; why it ends

    def __len__(self) -> int:
        return len(self._ends)

    def end(self) -> None:
        """End all of them, soon. Any thread may ask."""
        for end in list(self._ends):
            with suppress(RuntimeError):  # its event loop is closed, and it has ended with that
                end.get_loop().call_soon_threadsafe(_resolve, end, Message("serving.visit_over"))

    async def follow(self, stream: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
        """What `stream` gives, to its end. Raises DisplacedError when it has to make room."""
        end: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._ends.append(end)
        for older in self._ends[:-MAX_STREAMS]:
            _resolve(older, Message("serving.stream_displaced"))
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
                        raise DisplacedError(end.result())
                    try:
                        value = item.result()
                    except StopAsyncIteration:
                        return
                    yield value
        finally:
            self._ends.remove(end)


def _resolve(end: asyncio.Future[Message], why: Message) -> None:
    if not end.done():
        end.set_result(why)
