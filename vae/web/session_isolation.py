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
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as ASGIMessage

from vae.messages.message import Message
from vae.web import request_body
from vae.web.cookies import client_address, cookie_header, own_cookie
from vae.web.latency import LatencyMeter

COOKIE = "sentence-space"
MAX_CALLERS = 5_000  # whose files are remembered
MAX_FILES = 300  # of one of them
MAX_REQUESTS_OF_CALLER = 40  # requests under way or waiting
MAX_REQUESTS_OF_ADDRESS = 400  # a class behind one address has 30 browsers, each with a few streams
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
_API = "/gradio_api"
_FILE = f"{_API}/file="
_CALL = re.compile(r"/gradio_api/call/([^/]+)(?:/([^/]+))?")


class FileAccess:
    """Which caller may have which file. The callers that were longest away are forgotten, and then may have none."""

    def __init__(self) -> None:
        self._paths: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._lock = threading.Lock()

    def grant(self, caller: str, path: str) -> None:
        """From now on the caller may have the file at `path`."""
        with self._lock:
            paths = self._paths.setdefault(caller, OrderedDict())
            self._paths.move_to_end(caller)
            paths[path] = None
            paths.move_to_end(path)
            while len(paths) > MAX_FILES:
                paths.popitem(last=False)
            while len(self._paths) > MAX_CALLERS:
                self._paths.popitem(last=False)

    def allows(self, caller: str, path: str) -> bool:
        """Whether the caller may have the file at `path`: exactly as it was named to them."""
        with self._lock:
            if caller in self._paths:
                self._paths.move_to_end(caller)
            return path in self._paths.get(caller, ())


class SessionIsolation:
    """ASGI middleware inside of Gradio's own, where answers are not compressed yet."""

    def __init__(self, app: ASGIApp, meter: LatencyMeter | None = None) -> None:
        self.app = app
        self._meter = meter or LatencyMeter()
        self._files = FileAccess()
        self._key = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not path.startswith(f"{_API}/"):
            await self.app(scope, receive, self._with_cookie(scope, send) if path in ("/", "/config") else send)
        else:
            await self._api(scope, receive, send, path)

    async def _api(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        caller = self._caller(scope)
        route, method = path.removeprefix(_API), scope["method"]
        call = _CALL.fullmatch(path)
        if path.startswith(_FILE):
            if not self._files.allows(caller, path.removeprefix(_FILE)):
                await _answer(Message("web.not_your_file"), 403)(scope, receive, send)
                return
        elif route in ("/queue/data", "/upload_progress", "/upload"):
            pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
            named = [(name, self._session_name(caller, value) if name in ("session_hash", "upload_id") else value)
                     for name, value in pairs]  # fmt: skip
            scope = {**scope, "query_string": urlencode(named).encode("latin-1")}
            send = self._granting_uploads(caller, send) if route == "/upload" else self._observing_answers(caller, send)
        elif route.startswith("/heartbeat/"):
            own = f"{_API}/heartbeat/{self._session_name(caller, route.removeprefix('/heartbeat/'))}"
            scope = {**scope, "path": own, "raw_path": own.encode()}
        elif call and method == "GET":
            if not self._owns_event(scope, caller, call[2] or ""):
                await _answer(Message("web.not_your_call"), 404)(scope, receive, send)
                return
            send = self._observing_answers(caller, send)
        elif method == "POST" and (route in ("/queue/join", "/cancel") or call):
            await self._post(scope, receive, send, caller, "join" if route == "/queue/join" else "call" if call else
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
            request = request_body.read(body, kind)
            function = self._function_name(scope, request, name) if kind != "cancel" else ""
        except request_body.BadRequestError as error:
            await _refusal(error.message, 422)(scope, receive, send)
            return
        files = request_body.named_files([request.get("data"), request.get("event_data")])
        if not all(self._files.allows(caller, path) for path in files):
            await _refusal(Message("web.not_your_upload"), 403)(scope, receive, send)
            return
        session = self._session_name(caller, request.get("session_hash") or secrets.token_hex(8))
        if kind == "cancel" and not self._owns_event(scope, caller, request.get("event_id", ""), session):
            await _refusal(Message("web.not_your_call"), 404)(scope, receive, send)
            return
        if kind != "cancel" and self._asks_too_much(scope, caller):
            await _refusal(Message("web.too_much_at_once"), 429)(scope, receive, send)
            return
        changed = json.dumps({**request, "session_hash": session}).encode()
        sent = False

        async def receive_changed() -> ASGIMessage:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": changed, "more_body": False}

        headers = [(n, v) for n, v in scope["headers"] if n not in (b"content-length", b"content-type",
                   b"transfer-encoding")]  # fmt: skip
        headers += [(b"content-length", str(len(changed)).encode()), (b"content-type", b"application/json")]
        send = send if kind == "cancel" else self._meter.timed(function, send)
        await self.app({**scope, "headers": headers}, receive_changed, send)

    def _caller(self, scope: Scope) -> str:
        """Who asks, as nobody else can."""
        value = own_cookie(COOKIE, scope)
        return f"cookie {value}" if _VALUE.fullmatch(value) else f"address {client_address(scope)}"

    def _hash(self, text: str, size: int) -> str:
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:size]

    def _session_name(self, caller: str, name: str) -> str:
        """The caller's own session of a name: who it is, and which."""
        return self._hash(caller, 16) + self._hash(f"{caller}\n{name}", 32)

    def _owns_event(self, scope: Scope, caller: str, event: str, session: str = "") -> bool:
        """Whether the caller began the event, in this session of theirs, as Gradio's queue has it."""
        owner = self._hash(caller, 16)
        pending: dict[str, set[str]] = scope["app"].get_blocks()._queue.pending_event_ids_session
        sessions = [session] if session else [name for name in list(pending) if name.startswith(owner)]
        return any(event in pending.get(name, ()) for name in sessions)

    def _asks_too_much(self, scope: Scope, caller: str) -> bool:
        """Whether so much of what this caller, or all at their address, asked for is still under way."""
        owner, here = self._hash(caller, 16), client_address(scope)
        under_way = list(scope["app"].get_blocks()._queue.event_ids_to_events.values())
        from_here = sum(client_address(event.request.scope) == here for event in under_way)
        if from_here >= MAX_REQUESTS_OF_ADDRESS:
            return True
        with_cookie = caller.startswith("cookie ")  # the others of an address are as one caller
        return (
            with_cookie and sum(event.session_hash.startswith(owner) for event in under_way) >= MAX_REQUESTS_OF_CALLER
        )

    def _function_name(self, scope: Scope, request: dict[str, Any], name: str) -> str:
        """The name of the function that a request is for. Raises BadRequestError when there is none to be called so."""
        functions = scope["app"].get_blocks().fns
        if name:
            found = [fn for fn in functions.values() if fn.api_name == name and fn.api_visibility == "public"]
        else:
            found = [functions[request["fn_index"]]] if request.get("fn_index") in functions else []
        if not found:
            raise request_body.BadRequestError(Message("web.no_function"))
        open_to_all = sum(not block.skip_api for block in found[0].inputs)
        if len(request["data"]) not in {len(found[0].inputs), open_to_all if name else len(found[0].inputs)}:
            raise request_body.BadRequestError(Message("web.wrong_number_of_values", values=len(found[0].inputs)))
        return str(found[0].api_name or "")

    def _with_cookie(self, scope: Scope, send: Send) -> Send:
        """`send` that gives a browser its cookie, if it has none."""
        if _VALUE.fullmatch(own_cookie(COOKIE, scope)):
            return send

        async def with_cookie(message: ASGIMessage) -> None:
            if message["type"] == "http.response.start":
                value = cookie_header(COOKIE, secrets.token_urlsafe(32), scope)
                MutableHeaders(scope=message).append("set-cookie", value)
            await send(message)

        return with_cookie

    def _granting_uploads(self, caller: str, send: Send) -> Send:
        """`send` that gives the caller the files which they have uploaded."""
        status = 0

        async def send_and_grant(message: ASGIMessage) -> None:
            nonlocal status
            status = message.get("status", status)
            if status == 200 and (body := message.get("body", b"")):
                for path in json.loads(body):
                    self._files.grant(caller, path)
            await send(message)

        return send_and_grant

    def _observing_answers(self, caller: str, send: Send) -> Send:
        """`send` that gives the caller the files which their answers name, and tells the meter what was answered."""

        async def send_and_observe(message: ASGIMessage) -> None:
            body = message.get("body", b"")
            if body:
                self._meter.record_answers(body)
            if b"gradio.FileData" in body:
                for line in body.split(b"\n"):
                    if line.startswith(b"data: "):
                        for path in request_body.handed_out(json.loads(line[6:])):
                            self._files.grant(caller, path)
            await send(message)

        return send_and_observe


def _answer(message: Message, status: int) -> PlainTextResponse:
    return PlainTextResponse(str(message), status)


def _refusal(message: Message, status: int) -> JSONResponse:
    return JSONResponse({"detail": str(message)}, status)
