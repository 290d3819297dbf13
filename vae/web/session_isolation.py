"""Whose a Gradio session and an uploaded file are: its browser's, whatever name or path another one knows.

Gradio lets every client choose the name of its session (`session_hash`), and gives that session's answers to whoever
says the name. Here each browser gets a cookie that only it has, and the names it says are turned into others by a keyed
hash of cookie and name: the same name said by two browsers is two sessions, and nothing of it need be remembered. A
client without cookies is known by its address. A file is served to the browser that uploaded it, or in whose answers
Gradio named it, and nobody else may name it in a request.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vae.web import request_body
from vae.web.latency import LatencyMeter

COOKIE = "sentence-space"
AGE = 400 * 86_400  # seconds, as long as browsers keep one
MAX_CALLERS = 5_000  # whose files are remembered
MAX_FILES = 300  # of one of them
MAX_OF_CALLER = 40  # requests under way or waiting
MAX_OF_ADDRESS = 400  # a class behind one address has 30 browsers, each with a few streams
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
_API = "/gradio_api"
_FILE = f"{_API}/file="
_CALL = re.compile(r"/gradio_api/call/([^/]+)(?:/([^/]+))?")


def secure(scope: Scope) -> bool:
    """Whether the browser speaks https, as far as the server or the proxy before it can tell."""
    told = dict(scope["headers"]).get(b"x-forwarded-proto", b"")
    return bool(scope.get("scheme") == "https" or told.split(b",")[0].strip() == b"https")


def cookies(scope: Scope) -> dict[str, str]:
    """The cookies of a request."""
    pairs = (pair.partition("=") for name, value in scope["headers"] if name == b"cookie" for pair in
             value.decode("latin-1").split(";"))  # fmt: skip
    return {name.strip(): value.strip() for name, _, value in pairs}


def cookie(name: str, value: str, scope: Scope, age: int = AGE) -> str:
    """A Set-Cookie header; under https also for a page in the frame of another site, as in a Space."""
    if secure(scope):
        return f"__Host-{name}={value}; Path=/; Max-Age={age}; HttpOnly; Secure; SameSite=None; Partitioned"
    return f"{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax"


def shown(name: str, scope: Scope) -> str:
    """The value of one of our cookies in a request, or nothing."""
    return cookies(scope).get(f"__Host-{name}" if secure(scope) else name, "")


def address(scope: Scope) -> str:
    """Where a request came from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


class Files:
    """Which caller may have which file. The callers that were longest away are forgotten, and then may have none."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._lock = threading.Lock()

    def give(self, caller: str, path: str) -> None:
        """From now on the caller may have the file at `path`."""
        with self._lock:
            paths = self._of.setdefault(caller, OrderedDict())
            self._of.move_to_end(caller)
            paths[path] = None
            paths.move_to_end(path)
            while len(paths) > MAX_FILES:
                paths.popitem(last=False)
            while len(self._of) > MAX_CALLERS:
                self._of.popitem(last=False)

    def has(self, caller: str, path: str) -> bool:
        """Whether the caller may have the file at `path`: exactly as it was named to them."""
        with self._lock:
            if caller in self._of:
                self._of.move_to_end(caller)
            return path in self._of.get(caller, ())


class SessionIsolation:
    """ASGI middleware inside of Gradio's own, where answers are not compressed yet."""

    def __init__(self, app: ASGIApp, meter: LatencyMeter | None = None) -> None:
        self.app = app
        self._meter = meter or LatencyMeter()
        self._files = Files()
        self._key = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not path.startswith(f"{_API}/"):
            await self.app(scope, receive, self._badged(scope, send) if path in ("/", "/config") else send)
        else:
            await self._api(scope, receive, send, path)

    async def _api(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        caller = self._caller(scope)
        door, method = path.removeprefix(_API), scope["method"]
        call = _CALL.fullmatch(path)
        if path.startswith(_FILE):
            if not self._files.has(caller, path.removeprefix(_FILE)):
                await PlainTextResponse("This file is not yours, or it is gone.", 403)(scope, receive, send)
                return
        elif door in ("/queue/data", "/upload_progress", "/upload"):
            pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
            named = [(name, self._own(caller, value) if name in ("session_hash", "upload_id") else value)
                     for name, value in pairs]  # fmt: skip
            scope = {**scope, "query_string": urlencode(named).encode("latin-1")}
            send = self._gathering(caller, send) if door == "/upload" else self._listening(caller, send)
        elif door.startswith("/heartbeat/"):
            own = f"{_API}/heartbeat/{self._own(caller, door.removeprefix('/heartbeat/'))}"
            scope = {**scope, "path": own, "raw_path": own.encode()}
        elif call and method == "GET":
            if not self._began(scope, caller, call[2] or ""):
                await PlainTextResponse("There is no such call of yours.", 404)(scope, receive, send)
                return
            send = self._listening(caller, send)
        elif method == "POST" and (door in ("/queue/join", "/cancel") or call):
            await self._post(scope, receive, send, caller, "join" if door == "/queue/join" else "call" if call else
                             "cancel", call[1] if call else "")  # fmt: skip
            return
        await self.app(scope, receive, send)

    async def _post(self, scope: Scope, receive: Receive, send: Send, caller: str, kind: str, name: str) -> None:
        """Let a body go on as it was understood, with the name of the caller's own session in it."""
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            said = request_body.read(body, kind)
            function = self._function(scope, said, name) if kind != "cancel" else ""
        except request_body.BadRequestError as error:
            await JSONResponse({"detail": str(error)}, 422)(scope, receive, send)
            return
        if not all(
            self._files.has(caller, path) for path in request_body.files([said.get("data"), said.get("event_data")])
        ):
            text = "A file of this request is not yours, or the server was restarted. Upload it again."
            await JSONResponse({"detail": text}, 403)(scope, receive, send)
            return
        said["session_hash"] = self._own(caller, said.get("session_hash") or secrets.token_hex(8))
        if kind == "cancel" and not self._began(scope, caller, said.get("event_id", ""), said["session_hash"]):
            await JSONResponse({"detail": "There is no such call of yours."}, 404)(scope, receive, send)
            return
        if kind != "cancel" and self._crowds(scope, caller):
            await JSONResponse({"detail": "You ask for too much at once. Wait a moment."}, 429)(scope, receive, send)
            return
        changed = json.dumps(said).encode()
        sent = False

        async def again() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": changed, "more_body": False}

        headers = [(n, v) for n, v in scope["headers"] if n not in (b"content-length", b"content-type",
                   b"transfer-encoding")]  # fmt: skip
        headers += [(b"content-length", str(len(changed)).encode()), (b"content-type", b"application/json")]
        send = send if kind == "cancel" else self._meter.joining(function, send)
        await self.app({**scope, "headers": headers}, again, send)

    def _caller(self, scope: Scope) -> str:
        """Who asks, as nobody else can."""
        value = shown(COOKIE, scope)
        return f"cookie {value}" if _VALUE.fullmatch(value) else f"address {address(scope)}"

    def _hash(self, text: str, size: int) -> str:
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:size]

    def _own(self, caller: str, name: str) -> str:
        """The caller's own session of a name: who it is, and which."""
        return self._hash(caller, 16) + self._hash(f"{caller}\n{name}", 32)

    def _began(self, scope: Scope, caller: str, event: str, session: str = "") -> bool:
        """Whether the caller began the event, in this session of theirs, as Gradio's queue has it."""
        owner = self._hash(caller, 16)
        pending: dict[str, set[str]] = scope["app"].get_blocks()._queue.pending_event_ids_session
        sessions = [session] if session else [name for name in list(pending) if name.startswith(owner)]
        return any(event in pending.get(name, ()) for name in sessions)

    def _crowds(self, scope: Scope, caller: str) -> bool:
        """Whether so much of what this caller, or all at their address, asked for is still under way."""
        owner, here = self._hash(caller, 16), address(scope)
        under_way = list(scope["app"].get_blocks()._queue.event_ids_to_events.values())
        from_here = sum(address(event.request.scope) == here for event in under_way)
        if from_here >= MAX_OF_ADDRESS:
            return True
        badged = caller.startswith("cookie ")  # the others of an address are as one caller
        return badged and sum(event.session_hash.startswith(owner) for event in under_way) >= MAX_OF_CALLER

    def _function(self, scope: Scope, said: dict[str, Any], name: str) -> str:
        """The name of the function that a request is for. Raises BadRequestError when there is none to be called so."""
        functions = scope["app"].get_blocks().fns
        if name:
            found = [fn for fn in functions.values() if fn.api_name == name and fn.api_visibility == "public"]
        else:
            found = [functions[said["fn_index"]]] if said.get("fn_index") in functions else []
        if not found:
            raise request_body.BadRequestError("There is no such function.")
        open_to_all = sum(not block.skip_api for block in found[0].inputs)
        if len(said["data"]) not in {len(found[0].inputs), open_to_all if name else len(found[0].inputs)}:
            raise request_body.BadRequestError(f"This function takes {len(found[0].inputs)} values.")
        return str(found[0].api_name or "")

    def _badged(self, scope: Scope, send: Send) -> Send:
        """`send` that gives a browser its cookie, if it has none."""
        if _VALUE.fullmatch(shown(COOKIE, scope)):
            return send

        async def badged(message: Message) -> None:
            if message["type"] == "http.response.start":
                value = cookie(COOKIE, secrets.token_urlsafe(32), scope)
                MutableHeaders(scope=message).append("set-cookie", value)
            await send(message)

        return badged

    def _gathering(self, caller: str, send: Send) -> Send:
        """`send` that gives the caller the files which they have uploaded."""
        status = 0

        async def gathered(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if status == 200 and (body := message.get("body", b"")):
                for path in json.loads(body):
                    self._files.give(caller, path)
            await send(message)

        return gathered

    def _listening(self, caller: str, send: Send) -> Send:
        """`send` that gives the caller the files which their answers name, and tells the meter what was answered."""

        async def listened(message: Message) -> None:
            body = message.get("body", b"")
            if body:
                self._meter.hear(body)
            if b"gradio.FileData" in body:
                for line in body.split(b"\n"):
                    if line.startswith(b"data: "):
                        for path in request_body.made(json.loads(line[6:])):
                            self._files.give(caller, path)
            await send(message)

        return listened
