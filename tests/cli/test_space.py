"""What the command puts on a Space, and what it says where that fails: against a small stand-in of the Hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.hub import TOKEN, Hub

from vae.cli import main as cli

ROOT = Path(__file__).parents[2]

# huggingface_hub 2.4 gives its own HTTP library files in a way that this advises against
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, int]:
    assert cli.main(["space", "ada/space", "--json", *arguments]) == 0
    return dict(json.loads(capsys.readouterr().out)["files"])


def test_list_names_what_the_space_gets_and_sends_nothing(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    names = listed(capsys)
    assert hub.made == {}
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
    assert hub.made == {
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
        ("ada/space", {}, "Invalid username or password. Check that your token"),
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
