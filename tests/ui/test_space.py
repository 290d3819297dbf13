"""What a Space and a fresh machine rely on: the README's front matter, the pins, and an app that needs nothing more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from support.server import ROOT, running_app


def _front_matter() -> dict[str, str]:
    head = (ROOT / "README.md").read_text("utf-8").split("---\n")[1]
    pairs = (line.partition(":") for line in head.splitlines() if not line.startswith(" "))
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def test_front_matter_sdk_version_equals_the_pin() -> None:
    pin = re.search(r"^gradio==(.+)$", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert pin is not None
    assert _front_matter()["sdk_version"] == pin[1]


def test_front_matter_names_an_app_file_and_a_thumbnail_that_exist() -> None:
    front = _front_matter()
    assert front["sdk"] == "gradio"
    assert (ROOT / front["app_file"]).is_file()
    assert (ROOT / front["thumbnail"]).is_file()
    assert len(front["short_description"]) <= 60


def test_readme_pictures_exist() -> None:
    named = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.fixture
def locked_down_app(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The app in processes that can neither write to the repository nor reach the network, and what they tried."""
    log = tmp_path / "refused.log"
    strict = {
        "PYTHONPATH": str(ROOT / "tests" / "fixtures" / "strict"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "STRICT_ROOT": str(ROOT),
        "STRICT_LOG": str(log),
    }
    with running_app(tmp_path, strict) as url:
        yield url, log


def test_app_starts_read_only_and_offline_with_its_model(locked_down_app: tuple[str, Path]) -> None:
    url, log = locked_down_app
    client = Client(url, verbose=False)
    token = client.predict(api_name="/start")
    said = client.predict(token=token, number=4, api_name="/sample")
    assert len(said) == 4
    assert all(row["text"] for row in said)
    assert log.read_text() == ""
