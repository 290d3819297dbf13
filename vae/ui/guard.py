"""The guard before the server: what is too large or aims past the page is refused before it costs anything."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vae.corpus import MAX_BYTES

MAX_UPLOAD = 64 * 2**20  # bytes of one file: a model of the largest size that the page trains
MAX_FILE_BODY = MAX_UPLOAD + 2**20  # bytes of an upload: the file and its envelope
MAX_BODY = 2 * 2**20  # bytes of any other request, such as the longest text that can be pasted
DENIED = ("file=http", "file/http", "proxy=", "proxy/")


class TooLargeError(Exception):
    """The streamed body went past its limit."""


class Guard:
    """ASGI middleware: 413 once the streamed bytes of a body pass the limit, 403 for paths that fetch elsewhere.

    It counts what arrives: Content-Length may be absent or false. Gradio's own limit is for one file part only.
    """

    def __init__(self, app: ASGIApp, max_file_body: int = MAX_FILE_BODY, max_body: int = MAX_BODY) -> None:
        self.app = app
        self.max_file_body = max_file_body
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = unquote(scope["path"]).lower().replace("//", "/")
        if any(part in path for part in DENIED):
            await PlainTextResponse("Not served here.", 403)(scope, receive, send)
            return
        limit = self.max_file_body if path.rstrip("/").endswith("/upload") else self.max_body
        if declared(scope) > limit:
            await refuse(scope, receive, send)
            return
        taken = 0
        over = started = False

        async def counted() -> Message:
            nonlocal taken, over
            message = await receive()
            taken += len(message.get("body", b""))
            over = over or taken > limit
            if over:
                raise TooLargeError
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if not over:  # else the app is answering our own exception: the person gets the 413 instead
                started = True
                await send(message)

        try:
            await self.app(scope, counted, watched)
        except Exception:
            if not over:
                raise
        if over and not started:
            await refuse(scope, receive, send)


def declared(scope: Scope) -> int:
    """The Content-Length a request announces, or 0: a quick no for honest clients, never a yes."""
    values = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(values[0]) if values and values[0].isdigit() else 0


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 413 and close the connection: the rest of the body is not read."""
    text = f"This is too large: a text may have {MAX_BYTES // 10**6} MB, a model file {MAX_UPLOAD >> 20} MB."
    await PlainTextResponse(text, 413, {"connection": "close"})(scope, receive, send)


def middleware() -> list[Any]:
    """The guard as `launch(app_kwargs={"middleware": ...})` takes it."""
    return [Middleware(Guard)]
