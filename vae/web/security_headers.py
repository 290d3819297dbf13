"""The headers of every answer, and which code the page may run: its own files and scripts, nothing written in."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import secrets
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SOURCES = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "frame-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}  # no frame-ancestors: a Space shows the page in a frame
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()",
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in SOURCES.items()),
}
_PACKING = 5  # of 9: what takes milliseconds
_SCRIPT = re.compile(rb"<script(?=[\s>])")
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def set_headers(headers: MutableHeaders, scope: Scope) -> None:
    """Give an answer its headers. Other sites' pages get no leave to read it: `access-control-*` goes."""
    for name in [name for name in headers if name.startswith("access-control-") or name == "x-powered-by"]:
        del headers[name]
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["path"].startswith("/gradio_api/file="):
        headers["cache-control"] = "private, no-store"


def with_headers(answer: ASGIApp) -> ASGIApp:
    """`answer` with these headers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                set_headers(MutableHeaders(scope=message), scope)
            await send(message)

        await answer(scope, receive, sending)

    return app


class ScriptPolicy:
    """ASGI middleware: the scripts of the page get a number used once, and only they, and those of `head`, run.

    `first` is put at the beginning of the page itself: `head` is only added to it when Gradio has been loaded. The
    page, which Gradio sends as it is, is packed: that more than halves what a first visit loads.

    Gradio makes functions of the texts in `js=` and `js_on_load=`, all ours: 'unsafe-eval' is for them. Scripts and
    event handlers that find their way into a text of the page have no leave.
    """

    def __init__(self, app: ASGIApp, head: str = "", first: str = "") -> None:
        self.app = app
        self._first = b"<head>" + first.encode()
        hashes = [
            base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in _INLINE_SCRIPT.findall(head)
        ]
        self._allowed = " ".join(["'self'", "'unsafe-eval'", *(f"'sha256-{value}'" for value in hashes)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        sources = SOURCES | {"script-src": f"{self._allowed} 'nonce-{nonce}'"}

        packed = scope["method"] == "GET" and "gzip" in Headers(scope=scope).get("accept-encoding", "")

        def change(body: bytes) -> bytes:
            body = _SCRIPT.sub(f'<script nonce="{nonce}"'.encode(), body.replace(b"<head>", self._first, 1))
            return gzip.compress(body, _PACKING, mtime=0) if packed and body else body

        def head(headers: MutableHeaders) -> None:
            if packed:  # nothing secret stands in it, of which its size could tell
                headers["content-encoding"] = "gzip"
            headers.add_vary_header("accept-encoding")
            headers["content-security-policy"] = "; ".join(f"{name} {value}" for name, value in sources.items())
            headers["cache-control"] = "no-store"

        await rewrite(self.app, change, head)(scope, receive, send)


def rewrite(app: ASGIApp, body: Callable[[bytes], bytes], head: Callable[[MutableHeaders], None]) -> ASGIApp:
    """`app` whose answer is held back until it is whole, and leaves as `body` and `head` make it."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        parts: list[bytes] = []

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            whole = body(b"".join(parts))
            headers = MutableHeaders(scope=start)
            head(headers)
            if "content-length" in headers:
                of_head = scope["method"] == "HEAD" and not whole
                headers["content-length"] = headers["content-length"] if of_head else str(len(whole))
            await send(start)
            await send({"type": "http.response.body", "body": whole})

        await app(scope, receive, hold)

    return changed
