"""A proxy as people put one before the server: https outside (as far as its header tells), and a path of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

from support.server import free_port


@contextmanager
def proxied(url: str, path: str = "", frame: bool = False) -> Iterator[str]:
    """The address of a server behind a proxy that takes `path` off; with `frame`, of a page that holds it in a frame.

    The framing page is of another site than the framed one: of localhost, and that of 127.0.0.1.
    """
    port = free_port()
    target = urlsplit(url)
    inside = f"http://127.0.0.1:{port}{path}/"
    page = f'<iframe src="{inside}" style="width: 100%; height: 90vh"></iframe>'.encode()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError), closing(writer):
            while part := await reader.read(65_536):
                writer.write(part)
                await writer.drain()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        method, asked, version = first.split(" ")
        if asked == f"{path}/frame":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n" + page)
            await writer.drain()
            return
        if not asked.startswith(f"{path}/"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n")
            return
        kept = [line for line in lines if not line.lower().startswith(("connection:", "x-forwarded-"))]
        added = ["Connection: close", "X-Forwarded-Proto: https"]
        there, back = await asyncio.open_connection(target.hostname, target.port)
        with closing(back):
            sent = "\r\n".join([f"{method} {asked[len(path) :]} {version}", *kept, *added])
            back.write(f"{sent}\r\n\r\n".encode("latin-1"))
            await asyncio.gather(pipe(reader, back), pipe(there, writer))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError), closing(writer):
            await answer(reader, writer)

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        ending.append((asyncio.get_running_loop(), ended := asyncio.Event()))
        started.set()
        await ended.wait()
        server.close()

    started, ending = threading.Event(), list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()
    # `asyncio.run` ends what is still being answered and closes the loop: a page's stream outlasts its test.
    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    started.wait()
    try:
        yield f"http://localhost:{port}{path}/frame" if frame else inside
    finally:
        loop, ended = ending.pop()
        loop.call_soon_threadsafe(ended.set)
        thread.join()
