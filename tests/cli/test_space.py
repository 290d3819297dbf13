"""What the command puts on a Space, and what it says where that fails: against a small stand-in of the Hub."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub.constants
import pytest

from vae.cli import main as cli

ROOT = Path(__file__).parents[2]
TOKEN = "hf_of-a-test"

# huggingface_hub 2.4 gives its own HTTP library files in a way that this advises against
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@dataclass
class Hub:
    """What a stand-in has got: the Space that was made, its files by name, and the tokens that were said."""

    url: str = ""
    allowed: bool = True
    space: dict[str, object] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    large: dict[str, bytes] = field(default_factory=dict)  # by hash, until the commit names them


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    """As much of the Hub's HTTP surface as making a Space and one commit ask for."""

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
                hub.space = json.loads(body)
                self._answer(200, {"url": f"{hub.url}/spaces/ada/space"})
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
                self._answer(200, {"commitUrl": f"{hub.url}/spaces/ada/space/commit/{40 * 'a'}", "commitOid": 40 * "a"})
            else:
                self._answer(404, {"error": "not there"})

        def do_PUT(self) -> None:
            hub.large[self.path.rpartition("/")[2]] = self._body()
            self._answer(200)

    return Handler


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(hub))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)  # a storage that has no stand-in
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, int]:
    assert cli.main(["space", "ada/space", "--json", *arguments]) == 0
    return dict(json.loads(capsys.readouterr().out)["files"])


def test_list_names_what_the_space_gets_and_sends_nothing(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    names = listed(capsys)
    assert hub.space == {}
    assert {"README.md", "app.py", "requirements.txt", "vae/ui/assets.py", "vae/ui/slide/slide.js"} <= names.keys()
    assert {"assets/models/everyday-english.safetensors", "assets/corpora/hundred.txt"} <= names.keys()
    assert [name for name in names if name.startswith(("tests", "docs", ".")) or "__pycache__" in name] == []
    assert [name for name in names if name.endswith(".png")] == ["assets/screenshots/slide-1280-light.png"]
    assert all((ROOT / name).stat().st_size == size for name, size in names.items())
    assert cli.main(["space", "ada/space"]) == 0
    assert "Nothing was sent" in capsys.readouterr().out


def test_space_gets_what_was_listed_under_the_token_of_the_environment(
    hub: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    names = listed(capsys, "--send", "--private")
    assert hub.space == {
        "name": "space", "organization": "ada", "type": "space", "sdk": "gradio", "visibility": "private"
    }  # fmt: skip
    assert hub.files.keys() == names.keys()
    assert all(content == (ROOT / name).read_bytes() for name, content in hub.files.items())
    assert len(hub.large) >= 2  # the model and the picture, in the storage for large files
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert [
        path for path in tmp_path.rglob("*") if path.is_file() and TOKEN in path.read_text("utf-8", "replace")
    ] == []


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("ada", {}, "write OWNER/NAME"),
        ("ada/../space", {}, "write OWNER/NAME"),
        ("ada/space", {"HF_TOKEN": " "}, "There is no token"),
        ("ada/space", {"HF_ENDPOINT": "http://127.0.0.1:9"}, "did not get to ada/space"),
        ("ada/space", {}, "Invalid username or password. Check that the token in HF_TOKEN"),
    ],
)
def test_what_fails_is_said_in_one_line(
    name: str, change: dict[str, str], said: str, hub: Hub, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    hub.allowed = False
    for variable, value in change.items():
        monkeypatch.setenv(variable, value)
    assert cli.main(["space", name, "--send"]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert len(error.splitlines()) == 1
    assert TOKEN not in error
