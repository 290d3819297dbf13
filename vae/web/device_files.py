"""/device/...: what a browser needs to run a model by itself: scripts and the kernel for all, a model for its visitors.

Every address holds a hash of what lies there, so a browser asks once and never again.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vae.messages.message import Message

PREFIX = "/device/"
VISITOR = "x-visitor"  # the header of a request in which a visitor's token stands
_MODEL = re.compile(r"model-([0-9a-f]{64})\.safetensors")
_TYPES = {"js": "text/javascript", "wasm": "application/wasm"}
_PACKING = 9  # of 9: once
# `private`: what one visitor may have is nothing for a cache that others share.
_HEADERS = {"cache-control": "private, max-age=31536000, immutable"}
# A Worker lives by the policy of its own script. This one compiles the kernel that the page hands it, and asks nobody.
_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
FindModel = Callable[[str, str], Path | None]


@dataclass(frozen=True)
class _File:
    body: bytes
    packed: bytes
    headers: dict[str, str]


class DeviceFiles:
    """What everybody may have, packed once.

    Args:
        files: by name; that of a Worker's script is `worker.js`.
    Attributes:
        addresses: under /device/, by the name without its ending.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.addresses: dict[str, str] = {}
        self.files: dict[str, _File] = {}
        for name, body in files.items():
            stem, _, kind = name.partition(".")
            address = f"{stem}-{hashlib.sha256(body).hexdigest()[:32]}.{kind}"
            headers = {**_HEADERS, "content-type": _TYPES[kind], "vary": "accept-encoding"}
            if name == "worker.js":
                headers["content-security-policy"] = _WORKER_POLICY
            self.addresses[stem] = address
            self.files[address] = _File(body, gzip.compress(body, _PACKING, mtime=0), headers)


_pages: weakref.WeakKeyDictionary[Any, tuple[DeviceFiles, FindModel]] = weakref.WeakKeyDictionary()


def serve(demo: Any, files: DeviceFiles, find_model: FindModel) -> None:
    """From now on a page has these files.

    Args:
        find_model: the file of a model by the token of a visitor who may see it and the hash (SHA-256) of its bytes;
            None where there is no such visitor, or they have no such model. It may read files.
    """
    _pages[demo] = files, find_model


class DeviceRoutes:
    """ASGI: answers GET and HEAD of /device/NAME by itself, with 404 to whoever may not see what lies there."""

    def __init__(self, app: ASGIApp, demo: Any) -> None:
        self.app = app
        self._demo = weakref.ref(demo)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        served, headers = _pages.get(self._demo()), Headers(scope=scope)
        answer = await _answer(*served, scope["path"].removeprefix(PREFIX), headers) if served else None
        if answer is None:
            answer = PlainTextResponse(str(Message("web.nothing_here")), 404, {"cache-control": "no-store"})
        elif scope["method"] == "HEAD" and not isinstance(answer, FileResponse):
            answer.body = b""
        await answer(scope, receive, send)


async def _answer(served: DeviceFiles, find_model: FindModel, name: str, asked: Headers) -> Response | None:
    if file := served.files.get(name):
        if "gzip" in asked.get("accept-encoding", ""):
            return Response(file.packed, headers={**file.headers, "content-encoding": "gzip"})
        return Response(file.body, headers=file.headers)
    found = _MODEL.fullmatch(name)
    if not found or not asked.get(VISITOR):
        return None
    path = await asyncio.to_thread(find_model, asked[VISITOR], found[1])
    # Sent as it is: packing weights takes a core most of a second, for a tenth of their bytes.
    return FileResponse(path, headers=_HEADERS, media_type="application/octet-stream") if path else None
