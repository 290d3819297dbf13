"""What a Space, a container and a fresh machine rely on: front matter, pins, and an app that needs nothing more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio
import pytest
import yaml
from gradio_client import Client, handle_file
from support.server import ROOT, running_app
from support.zero_gpu import spent_quota

# Every key that the Hub documents for the README of a Space (its "Spaces Configuration Reference", November 2026).
KEYS = {
    "title", "emoji", "colorFrom", "colorTo", "sdk", "python_version", "sdk_version", "suggested_hardware",
    "suggested_storage", "app_file", "app_build_command", "app_port", "base_path", "fullWidth", "header",
    "short_description", "models", "datasets", "tags", "thumbnail", "pinned", "hf_oauth", "hf_oauth_scopes",
    "hf_oauth_expiration_minutes", "hf_oauth_authorized_org", "disable_embedding", "startup_duration_timeout",
    "custom_headers", "preload_from_hub", "license",
}  # fmt: skip
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def front_matter() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "README.md").read_text("utf-8").split("---\n")[1]))


def test_front_matter_is_what_the_hub_documents_and_what_is_installed() -> None:
    front = front_matter()
    assert front.keys() <= KEYS
    assert {front["colorFrom"], front["colorTo"]} <= COLOURS
    assert front["sdk"] == "gradio"
    assert front["sdk_version"] == gradio.__version__
    assert f"gradio=={gradio.__version__}" in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert front["suggested_hardware"] == "cpu-basic"
    assert re.fullmatch(r"\d+(\.\d+)?[smh]", front["startup_duration_timeout"])
    assert (ROOT / front["app_file"]).is_file()
    assert (ROOT / front["thumbnail"]).is_file()
    assert len(front["short_description"]) <= 60
    assert not front.get("disable_embedding")


def test_container_is_small_in_rights_and_runs_the_python_of_the_space() -> None:
    steps = (ROOT / "Containerfile").read_text("utf-8")
    assert set(re.findall(r"^FROM \S+:(\S+)", steps, re.MULTILINE)) == {f"{front_matter()['python_version']}-slim"}
    (user,) = re.findall(r"^USER (\d+):\d+$", steps, re.MULTILINE)
    assert int(user) > 0
    assert f"--owner={user}" in steps
    sent = {name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", steps, re.MULTILINE) for name in line.split()}
    assert [name for name in sent if not (ROOT / name).exists()] == []
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"].values()
    assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    (data,) = re.findall(r"VAE_DATA=(\S+)", steps)
    assert service["volumes"] == [f"data:{data}"]
    settings = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    named = {*service["environment"], *re.findall(r"\b((?:VAE|GRADIO)_[A-Z_]+)=", steps)}
    assert [name for name in named if f"| `{name}` |" not in settings] == []


def test_readme_pictures_exist() -> None:
    named = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.fixture
def locked_down_app(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """The app in processes that can neither write to the repository nor reach the network, and what they tried.

    Where the package for it is installed, it takes itself to be in a ZeroGPU Space, whose cards are asked for last.
    """
    log = tmp_path / "refused.log"
    strict = {
        "PYTHONPATH": str(ROOT / "tests" / "fixtures" / "strict"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "STRICT_ROOT": str(ROOT),
        "STRICT_LOG": str(log),
    }
    with spent_quota() as (zero_gpu, asked):
        if find_spec("spaces"):
            starting = running_app(tmp_path, {**strict, **zero_gpu}, ROOT / "tests" / "support" / "zero_gpu_app.py")
        else:
            starting = running_app(tmp_path, strict)
        with starting as url:
            yield url, log, asked


def test_app_starts_read_only_offline_and_on_zero_gpu_with_its_model(
    locked_down_app: tuple[str, Path, list[str]], model_path: Path
) -> None:
    url, log, asked = locked_down_app
    client = Client(url, verbose=False)
    token = client.predict(api_name="/start")
    said = client.predict(token=token, number=4, api_name="/sample")
    assert len(said) == 4
    assert all(row["text"] for row in said)
    if find_spec("spaces"):
        assert asked == ["/startup-report"]
        client.predict(token, handle_file(model_path), api_name="/load_model")  # one that is measured soon
        *answers, last = client.submit(token, api_name="/evaluate")
        assert asked == ["/startup-report", "/schedule"]
        told = {step["text"] for answer in answers for step in answer["steps"]}
        assert any("No graphics card is free for you now, so the processor does it" in text for text in told)
        assert last["state"] == "done"
        assert last["models"][0]["figures"]["perplexity"] > 1
    assert log.read_text() == ""
    (check,) = re.findall(
        r"^HEALTHCHECK .*\\\n +CMD (\[.+\])$", (ROOT / "Containerfile").read_text("utf-8"), re.MULTILINE
    )
    for address, healthy in ((url, True), ("http://127.0.0.1:9", False)):
        command = [part.replace("http://127.0.0.1:7860", address) for part in json.loads(check)[1:]]
        assert (subprocess.run([sys.executable, *command], capture_output=True).returncode == 0) == healthy
