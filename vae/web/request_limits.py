"""The wall before the server: what is too large, too slow or aims past the page is refused before it costs anything."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as ASGIMessage

from vae.messages.message import Message
from vae.serving.limits import Limits
from vae.system import log
from vae.text.corpus import MAX_SENTENCES
from vae.web import hub_sign_in, security_headers

MEGABYTE = 10**6
ENVELOPE = 2**20  # bytes of an upload around its file
PAGE = 2**20  # bytes of a kept page around its model
MAX_BODY = 2 * 2**20  # bytes of any other request, such as the longest text that can be pasted
MAX_HEADERS = 64
MAX_HEADER_BYTES = 16 * 2**10
STALL_TIMEOUT = 60.0  # seconds without a byte of a body that is under way
BODY_TIMEOUT = 900.0  # seconds for a whole body
UPLOAD = "/gradio_api/upload"
LOGGED = {400, 403, 408, 413, 422, 429, 431, 503, 507}  # worth a line in the log
TOOLS = ("/gradio_api/mcp", "/gradio_api/mcp/")  # where programs ask by MCP
DENIED_PATHS = ("file=http", "file/http", "file=//", "proxy=", "proxy/")
# All that the page and its clients ask for. What else Gradio would answer is no part of this app.
ROUTES = {
    "GET": re.compile(
        r"/|/health|/config/?|/device/[\w.-]+|/(assets|static|svelte)/.+|/(gradio_api/)?theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt"
        r"|/pwa_icon(/\d+)?|/gradio_api/(info/?|openapi\.json|app_id/?|startup-events|queue/data|upload_progress|file=.+"
        r"|heartbeat/[^/]+|call/[^/]+/[^/]+)"
    ),
    "POST": re.compile(r"/enter|/gradio_api/(queue/join|upload|cancel|reset/?|call/[^/]+)"),
}
ROUTES["HEAD"] = ROUTES["GET"]
_ROUTE_NAME = re.compile(r"(?:/gradio_api)?(/[a-z_]{1,20}(?:/(?:join|data))?)")


def upload_bytes(limits: Limits) -> int:
    """Bytes of one uploaded file: the longest text, or the page of the largest model, which is in half precision, with
    all that it lists.
    """
    model = 2 * limits.parameters * MEGABYTE + 4 * MAX_SENTENCES + 4 * MEGABYTE
    return max(limits.corpus_mb * MEGABYTE, 4 * model // 3 + PAGE)


class TooLargeError(Exception):
    """The streamed body went past its limit."""


class TooSlowError(Exception):
    """The body did not arrive in time."""


class RequestLimits:
    """ASGI: 413 once the streamed bytes of a body pass the limit, 408 when they stall, 404 where the page has no
    such route, 507 for a file while there is no room for any (`has_room`). With `tools`, MCP clients may ask, too, and
    with `sign_in` there are the routes of that.

    It counts what arrives: Content-Length may be absent or false. Gradio's own limit is for one file part only. Every
    answer leaves with the headers of `security_headers`, and an error that nobody foresaw leaves as a plain sentence.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_file: int = 64 * 2**20,
        max_body: int = MAX_BODY,
        stall_timeout: float = STALL_TIMEOUT,
        has_room: Callable[[], bool] = lambda: True,
        tools: bool = False,
        sign_in: bool = False,
    ) -> None:
        self.app = app
        self.tools = tools
        self.sign_in = sign_in
        self.has_room = has_room
        self.max_file = max_file
        self.max_body = max_body
        self.stall_timeout = stall_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # the page opens none
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def logged(message: ASGIMessage) -> None:
            if message.get("status") in LOGGED:
                log.event("request refused", status=message["status"], door=route_name(scope["path"]))
            await send(message)

        refusal = self.refusal(scope)
        if refusal is None and scope["path"] == UPLOAD and not await asyncio.to_thread(self.has_room):
            refusal = _answer(Message("web.no_room_for_files"), 507)
        if refusal:
            await security_headers.with_headers(refusal)(scope, receive, logged)
        else:
            await self._pass(scope, receive, logged)

    def limit(self, scope: Scope) -> int:
        """Bytes that the body of this request may have."""
        return self.max_file + ENVELOPE if scope["path"] == UPLOAD else self.max_body

    def refusal(self, scope: Scope) -> ASGIApp | None:
        """The answer to a request that can be refused by its head."""
        path = scope["path"]
        flat = re.sub("/+", "/", unquote(path).lower())
        if any(part in path.lower() or part in flat for part in DENIED_PATHS):
            return _answer(Message("web.not_served"), 403)
        query = unquote(scope.get("query_string", b"").decode("latin-1"))
        if self.tools and path in TOOLS:
            if scope["method"] != "POST":  # there is no news to wait for, and Gradio's page about it needs other sites
                return _answer(Message("web.only_for_tools"), 405)
        elif not self._is_served(scope["method"], path) or "deep_link" in query:  # which would load another's page
            return _answer(Message("web.nothing_here"), 404)
        headers = scope["headers"]
        if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
            return _answer(Message("web.headers_too_large"), 431)
        if declared(scope) > self.limit(scope):
            return self._too_large()
        return None

    def _is_served(self, method: str, path: str) -> bool:
        """Whether there is such a route."""
        if self.sign_in and method == "GET" and hub_sign_in.ROUTES.fullmatch(path):
            return True
        return method in ROUTES and ROUTES[method].fullmatch(path) is not None

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit, received, complete = self.limit(scope), 0, scope["method"] != "POST"
        deadline = time.monotonic() + BODY_TIMEOUT
        fault: Exception | None = None
        started = False

        async def receive_counted() -> ASGIMessage:
            nonlocal received, complete, fault
            if fault:
                raise fault
            try:
                if complete:
                    message = await receive()
                else:
                    left = min(self.stall_timeout, deadline - time.monotonic())
                    message = await asyncio.wait_for(receive(), max(0.0, left))
            except asyncio.TimeoutError:
                fault = TooSlowError()
                raise fault from None
            complete = complete or not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > limit:
                fault = TooLargeError()
                raise fault
            return message

        async def send_watched(message: ASGIMessage) -> None:
            nonlocal started
            if fault is None:  # else the app is answering our own exception: the person gets ours instead
                if message["type"] == "http.response.start":
                    started = True
                    security_headers.set_headers(MutableHeaders(scope=message), scope)
                await send(message)

        try:
            await self.app(scope, receive_counted, send_watched)
        except ClientDisconnect:
            return
        except Exception as error:
            if fault is None:
                if not isinstance(error.__cause__, HTTPException):  # a stream of a session that has ended: it knows
                    log.exception("request failed", error, door=route_name(scope["path"]))
                if started:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                else:
                    await security_headers.with_headers(_answer(Message("web.unforeseen"), 500))(scope, receive, send)
                return
        if fault and not started:
            slow = isinstance(fault, TooSlowError)
            answer = _answer(Message("web.too_slow"), 408) if slow else self._too_large()
            await security_headers.with_headers(answer)(scope, receive, send)

    def _too_large(self) -> ASGIApp:
        return _answer(Message("web.too_large", megabytes=self.max_file // MEGABYTE), 413)


def _answer(message: Message, status: int) -> ASGIApp:
    """A plain answer after which the connection is closed: the rest of the body is not read."""
    return PlainTextResponse(str(message), status, {"connection": "close", "cache-control": "no-store"})


def declared(scope: Scope) -> int:
    """The Content-Length a request announces, or 0: a quick no for honest clients, never a yes."""
    values = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(values[0]) if values and values[0].isdigit() else 0


def route_name(path: str) -> str:
    """Where a request went, without whatever it names."""
    found = _ROUTE_NAME.match(path)
    return found[1] if found else "/"


Layer = Callable[[ASGIApp], ASGIApp]


def lifespan_with(*layers: Layer) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """A lifespan for `app_kwargs={"lifespan": ...}` that puts `layers` around all of the server, innermost first.

    Middleware that Gradio is given lies inside its own, which would then answer, compress and fail outside of them.
    """

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        for layer in layers:  # no request has come yet
            app.middleware_stack = layer(app.middleware_stack)
        yield

    return lifespan
