"""Visitors of the page without a browser: the requests that the page makes, over the connections that it holds.

A whole class of them has to share the computer with the server that they measure, so each request is written by hand:
this takes about a tenth of the processor time of a general client.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

LONGEST = 64 * 2**20  # bytes of a line that the server sends
Message = dict[str, Any]


class RefusalError(Exception):
    """The server said no, or answered with an error; the message is what it said."""


class Wire:
    """One connection that is kept, as a browser keeps it, and made anew when the server has closed it.

    Args:
        cookies: what the server has asked to be told again, by name; several connections of one browser share it.
    """

    def __init__(self, url: str, cookies: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self._cookies = {} if cookies is None else cookies
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        kind: str = "application/json",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, bytes]:
        """(status, body) of the answer; `headers` are further ones of the request."""
        try:
            status, given = await self._begin(method, path, body, kind, headers)
            chunks = [chunk async for chunk in self._chunks(given)]
        except asyncio.CancelledError:
            self.close()  # or the next one would read this one's answer
            raise
        return status, b"".join(chunks)

    async def stream(self, path: str) -> AsyncIterator[Message]:
        """The messages of a stream of events, to its end."""
        status, headers = await self._begin("GET", path, b"", "", {})
        if status != 200:
            raise RefusalError(f"{path}: {status}")
        rest = b""
        async for chunk in self._chunks(headers):
            *whole, rest = (rest + chunk).split(b"\n\n")
            for text in whole:
                if text.startswith(b"data: {"):
                    yield json.loads(text[6:])

    async def begin_only(self, path: str, body: bytes, kind: str, share: float) -> None:
        """Send a share of a body, and no more."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body[: int(share * len(body))])
        await self._writer.drain()

    def close(self) -> None:
        """Hang up."""
        if self._writer:
            self._writer.close()
        self._reader = self._writer = None

    async def _begin(
        self, method: str, path: str, body: bytes, kind: str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str]]:
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if self._cookies:
            head += f"Cookie: {'; '.join(f'{name}={value}' for name, value in self._cookies.items())}\r\n"
        if body:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        request = head.encode() + b"\r\n" + body
        kept = self._reader is not None
        try:
            return await self._send(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            if not kept:
                raise
            return await self._send(request)  # the server had closed what was kept

    async def _send(self, request: bytes) -> tuple[int, Mapping[str, str]]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=LONGEST)
        self._writer.write(request)
        await self._writer.drain()
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines if line)]
        kept = (value.partition(";")[0].partition("=") for name, value in pairs if name == "set-cookie")
        self._cookies.update((name, value) for name, _, value in kept)
        return int(first.split()[1]), dict(pairs)

    async def _chunks(self, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        assert self._reader is not None
        if "content-length" in headers:
            yield await self._reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            while size := int(await self._reader.readline(), 16):
                yield await self._reader.readexactly(size)
                await self._reader.readexactly(2)
            await self._reader.readexactly(2)
        else:
            yield await self._reader.read()
        if headers.get("connection") == "close":
            self.close()


@dataclass(frozen=True)
class Plan:
    """What the page is made of, as the server tells it to every browser: its parts and what happens at each event."""

    dependencies: list[dict[str, Any]]
    values: dict[int, Any]
    named: dict[str, int]  # parts by the id that the page gives them

    @classmethod
    async def read(cls, wire: Wire) -> Plan:
        status, text = await wire.ask("GET", "/config")
        if status != 200:
            raise RefusalError(f"/config: {status}")
        config = json.loads(text)
        parts = config["components"]
        names = {part["props"]["elem_id"]: part["id"] for part in parts if part["props"].get("elem_id")}
        return cls(config["dependencies"], {part["id"]: part["props"].get("value") for part in parts}, names)

    def event(self, name: str, event: str) -> dict[str, Any]:
        """What happens first when an event befalls the part of this name."""
        wanted = [self.named[name], event]
        return next(d for d in self.dependencies if wanted in d["targets"] and d["backend_fn"])

    def load(self) -> dict[str, Any]:
        """What happens when the page has come."""
        return next(d for d in self.dependencies if any(e == "load" for _, e in d["targets"]) and d["backend_fn"])

    def watching(self, on: bool) -> dict[str, Any]:
        """What shows the training as it stands, when its tab is opened; or as it goes on from there."""
        chart = self.named["train-chart"]
        return next(d for d in self.dependencies if chart in d["outputs"] and d["types"]["generator"] == on)

    def endpoint(self, name: str) -> dict[str, Any]:
        """What is offered to programs under a name."""
        return next(d for d in self.dependencies if d["api_name"] == name)

    def filled(self, dependency: dict[str, Any], *given: Any) -> list[Any]:
        """What an event is sent: the first values, and all others as they stand on a fresh page."""
        return [*given, *(self.values[part] for part in dependency["inputs"][len(given) :])]


class Visit:
    """A page that somebody has open: one stream for all that is told, one connection for what is asked."""

    def __init__(self, url: str, plan: Plan, token: str = "") -> None:
        self.token = token
        self.cookies: dict[str, str] = {}
        self._url, self._plan = url, plan
        self._hash = secrets.token_hex(6)
        self._asking, self._telling, self._beating = (Wire(url, self.cookies) for _ in range(3))
        self._waiting: dict[str, asyncio.Queue[Message | None]] = {}
        self._early: list[Message] = []  # told before the answer to the request that they belong to
        self._left: set[str] = set()  # events of which no more is wanted
        self._listener: asyncio.Task[None] | None = None
        self._heart: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Come to the page: get it, and let the server begin the visit, or go on with it."""
        for path in ("/", "/config"):
            status, _ = await self._asking.ask("GET", path)
            if status != 200:
                raise RefusalError(f"{path}: {status}")
        self._heart = asyncio.create_task(self._beat())
        self.token = (await self.ask(self._plan.load(), self._plan.filled(self._plan.load(), self.token)))[0]

    def endpoint(self, name: str) -> dict[str, Any]:
        """What is offered to programs under a name."""
        return self._plan.endpoint(name)

    async def call(self, name: str, *values: Any) -> Any:
        """The answer of an endpoint that takes the token, in full."""
        endpoint = self._plan.endpoint(name)
        return (await self.ask(endpoint, self._plan.filled(endpoint, self.token, *values)))[0]

    async def press(self, name: str, event: str = "click", **typed: Any) -> list[Any]:
        """What comes of an event, with all parts as they stand on a fresh page, but for what was typed into some."""
        dependency = self._plan.event(name, event)
        given = {self._plan.named[part.replace("_", "-")]: value for part, value in typed.items()}
        values = [given.get(part, self._plan.values[part]) for part in dependency["inputs"]]
        return await self.ask(dependency, [self.token, *values[1:]])

    async def ask(self, dependency: dict[str, Any], data: list[Any]) -> list[Any]:
        """The last answer. Raises RefusalError: there was an error instead."""
        answer: list[Any] = []
        async for message in self.tell(dependency, data):
            answer = message["output"]["data"]
        return answer

    async def tell(self, dependency: dict[str, Any], data: list[Any]) -> AsyncIterator[Message]:
        """Each answer of one event, as it comes."""
        body = {"data": data, "fn_index": dependency["id"], "session_hash": self._hash, "event_data": None}
        status, text = await self._asking.ask("POST", "/gradio_api/queue/join", json.dumps(body).encode())
        if status != 200:
            raise RefusalError(text.decode(errors="replace")[:500])
        event = json.loads(text)["event_id"]
        told = self._waiting[event] = asyncio.Queue()
        self._sort()
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        try:
            while message := await told.get():
                kind = message["msg"]
                if kind in ("process_generating", "process_completed") and not message["success"]:
                    raise RefusalError(str(message["output"].get("error")))
                if kind == "process_generating" or (kind == "process_completed" and message["output"].get("data")):
                    yield message
                if kind == "process_completed":
                    return
            raise RefusalError("the connection was lost")
        finally:
            del self._waiting[event]
            self._left.add(event)

    async def close(self) -> None:
        """Leave, whatever is still under way."""
        for task in (self._listener, self._heart):
            if task:
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
        for wire in (self._asking, self._telling, self._beating):
            wire.close()

    async def upload(self, name: str, data: bytes, share: float = 1.0) -> dict[str, Any] | None:
        """Give the server a file, as an input of the page takes it; or only a share of it, and be gone."""
        mark = secrets.token_hex(16)
        head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
        wire, kind = Wire(self._url, self.cookies), f"multipart/form-data; boundary={mark}"
        try:
            path = f"/gradio_api/upload?upload_id={secrets.token_hex(6)}"
            if share < 1:
                await wire.begin_only(path, body, kind, share)
                return None
            status, text = await wire.ask("POST", path, body, kind)
        finally:
            wire.close()
        if status != 200:
            raise RefusalError(text.decode(errors="replace")[:500])
        return {"path": json.loads(text)[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    async def _beat(self) -> None:
        """Hold the connection by which the server knows that the page is open."""
        async for _ in self._beating.stream(f"/gradio_api/heartbeat/{self._hash}"):
            pass

    async def _listen(self) -> None:
        try:
            while self._waiting:  # the server ends the stream when all is answered; the next event opens another
                async for message in self._telling.stream(f"/gradio_api/queue/data?session_hash={self._hash}"):
                    if message["msg"] == "unexpected_error":
                        return
                    self._early.append(message)
                    self._sort()
        finally:
            for told in self._waiting.values():
                told.put_nowait(None)

    def _sort(self) -> None:
        """Hand each message to whoever waits for it."""
        early, self._early = self._early, []
        for message in early:
            event = message.get("event_id")
            if event in self._waiting:
                self._waiting[event].put_nowait(message)
            elif event and event not in self._left:
                self._early.append(message)
