"""A small stand-in of the Hugging Face Hub: as much of its HTTP surface as one commit, and one download, ask for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from support.listening import listening

COMMIT = 40 * "a"
TOKEN = "hf_of-a-test"


@dataclass
class Hub:
    """What a stand-in has got: the repository that was made, its files by name, and the tokens that were said."""

    url: str = ""
    allowed: bool = True
    size: int | None = None  # that it says of a file, where that is not so
    made: dict[str, object] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    large: dict[str, bytes] = field(default_factory=dict)  # by hash, until the commit names them


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    """Answers for `hub`."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, status: int, value: object = None) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _body(self) -> bytes:
            if "content-length" in self.headers:
                return self.rfile.read(int(self.headers["content-length"]))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def do_POST(self) -> None:
            body = self._body()
            hub.tokens.add(self.headers.get("authorization", ""))
            if not hub.allowed:
                self._answer(401, {"error": "Invalid username or password."})
            elif self.path == "/api/repos/create":
                hub.made = json.loads(body)
                self._answer(200, {"url": f"{hub.url}/ada/space"})
            elif self.path == "/api/validate-yaml":
                self._answer(200, {"errors": [], "warnings": []})
            elif "/preupload/" in self.path:
                modes = []
                for file in json.loads(body)["files"]:
                    binary = b"\0" in base64.b64decode(file["sample"])
                    mode = "lfs" if binary else "regular"
                    modes.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False})
                self._answer(200, {"files": modes})
            elif self.path.endswith("/info/lfs/objects/batch"):
                objects = [
                    {**each, "actions": {"upload": {"href": f"{hub.url}/large/{each['oid']}", "header": {}}}}
                    for each in json.loads(body)["objects"]
                ]
                self._answer(200, {"transfer": "basic", "objects": objects})
            elif "/commit/" in self.path:
                for line in map(json.loads, body.splitlines()):
                    value = line["value"]
                    if line["key"] == "file":
                        hub.files[value["path"]] = base64.b64decode(value["content"])
                    elif line["key"] == "lfsFile":
                        hub.files[value["path"]] = hub.large[value["oid"]]
                self._answer(200, {"commitUrl": f"{hub.url}/ada/space/commit/{COMMIT}", "commitOid": COMMIT})
            else:
                self._answer(404, {"error": "not there"})

        def do_HEAD(self) -> None:
            self._file(with_body=False)

        def do_GET(self) -> None:
            self._file(with_body=True)

        def _file(self, with_body: bool) -> None:
            hub.tokens.add(self.headers.get("authorization", ""))
            content = hub.files.get(self.path.partition("/resolve/main/")[2])
            if not hub.allowed or content is None:
                self.send_response(401 if not hub.allowed else 404)
                self.send_header("x-error-code", "RepoNotFound" if not hub.allowed else "EntryNotFound")
                self.send_header("content-length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("content-length", str(len(content) if hub.size is None else hub.size))
            self.send_header("etag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("x-repo-commit", COMMIT)
            self.end_headers()
            if with_body:
                self.wfile.write(content)

        def do_PUT(self) -> None:
            hub.large[self.path.rpartition("/")[2]] = self._body()
            self._answer(200)

    return Handler


@contextmanager
def standing_in() -> Iterator[Hub]:
    """A stand-in that runs."""
    hub = Hub()
    with listening(handler(hub)) as hub.url:
        yield hub
