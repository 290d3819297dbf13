"""A browser of the page by hand: its cookie, its token, its session, and every request that it could send."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx

API = "/gradio_api"
PATIENCE = 60.0  # seconds


class Caller:
    """One visitor. `answer` is what the server said last to anything, whole."""

    def __init__(self, url: str, *, cookies: bool = True) -> None:
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)
        self.session = secrets.token_hex(6)
        self.config: dict[str, Any] = self.http.get("/config").json()
        if not cookies:
            self.http.cookies.clear()
        self.token = ""
        self.answer = ""

    def start(self) -> Caller:
        """Begin a visit."""
        self.token = str(self.call("start")[1][0])
        return self

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    @property
    def functions(self) -> list[dict[str, Any]]:
        """All that the server would run, private ones too, as the page's own config tells."""
        return [one for one in self.config["dependencies"] if one["backend_fn"]]

    def number(self, name: str) -> int:
        """The index of the endpoint /name."""
        return next(int(one["id"]) for one in self.functions
                    if one["api_name"] == name and one["api_visibility"] == "public")  # fmt: skip

    def call(self, name: str, *data: Any, session: str = "") -> tuple[bool, Any]:
        """The last answer of the endpoint /name: (True, its values), or (False, what was said instead)."""
        return self.ask(self.number(name), list(data), session)

    def ask(self, function: int, data: list[Any], session: str = "", patience: float = PATIENCE) -> tuple[bool, Any]:
        """As `call`, of any function by its index; missing values are null."""
        inputs = next(len(one["inputs"]) for one in self.functions if one["id"] == function)
        joined = self.join({"data": data + [None] * (inputs - len(data)), "fn_index": function}, session)
        self.answer = joined.text
        if joined.status_code != 200:
            return False, joined.text
        event = joined.json()["event_id"]
        try:
            for message in self.stream(session, patience):
                if message.get("event_id") == event and message["msg"] == "process_completed":
                    output = message["output"]
                    return (True, output["data"]) if message["success"] else (False, output.get("error"))
        except httpx.TimeoutException:
            self.cancel(event, session)
        return False, "no answer"

    def join(self, body: dict[str, Any], session: str = "") -> httpx.Response:
        """Put a request into the queue."""
        return self.http.post(f"{API}/queue/join", json={"session_hash": session or self.session, **body})

    def stream(self, session: str = "", patience: float = PATIENCE) -> Iterator[dict[str, Any]]:
        """The messages of a session, as they come."""
        where, timeout = {"session_hash": session or self.session}, httpx.Timeout(PATIENCE, read=patience)
        with self.http.stream("GET", f"{API}/queue/data", params=where, timeout=timeout) as answer:
            for line in answer.iter_lines():
                self.answer += line
                if line.startswith("data: {"):
                    message = json.loads(line[6:])
                    yield message
                    if message["msg"] == "close_stream":
                        return

    def cancel(self, event: str, session: str = "", function: int = 0) -> httpx.Response:
        """Take a request back."""
        body = {"session_hash": session or self.session, "fn_index": function, "event_id": event}
        return self.http.post(f"{API}/cancel", json=body)

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file: its path on the server."""
        answer = self.http.post(f"{API}/upload", files={"files": (name, content)})
        answer.raise_for_status()
        return str(answer.json()[0])

    def file(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Ask for a file by what stands behind `file=` in its address."""
        return self.http.request(method, f"{API}/file={path}", headers=headers)


def given(path: str) -> dict[str, Any]:
    """An uploaded file as a value in a request."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}
