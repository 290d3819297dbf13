"""The examples of docs/api.md for other programs, run as they stand against a real server with a tiny model."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import ROOT, running_app

ADDRESS = "http://127.0.0.1:7860"  # of the examples
WHO, DOES, WHAT = ("cat", "dog", "girl", "bird"), ("sees", "likes", "wants"), ("ball", "apple", "river", "letter")
TINY = {"latent": 4, "hidden": 16, "encoder_hidden": 16, "embedding": 16, "steps": 20}

# gradio_client leaves sockets and event loops to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[str]:
    with running_app(tmp_path_factory.mktemp("server"), {"VAE_MODEL": str(model_path)}) as url:
        yield url


def examples(language: str) -> list[str]:
    """The blocks of a language that stand behind the heading of the endpoints."""
    text = (ROOT / "docs" / "api.md").read_text("utf-8").split("## The page's endpoints")[1]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_python_examples_run(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"The {who} {does} the {what}." for who in WHO for does in DOES for what in WHAT]
    Path("text.txt").write_text("\n".join(lines), "utf-8")
    code = "\n".join(examples("python"))
    assert ADDRESS in code
    assert '{"steps": 500}' in code
    values: dict[str, object] = {}
    exec(code.replace(ADDRESS, server).replace('{"steps": 500}', json.dumps(TINY)), values)
    said = capsys.readouterr().out
    assert "done " in said
    assert "'perplexity'" in said
    assert Path(str(values["model"])).suffix == ".safetensors"


def test_curl_examples_run(server: str) -> None:
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("there is no curl here")
    (code,) = examples("bash")
    assert ADDRESS in code
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code.replace(ADDRESS, server)], capture_output=True, text=True, check=True
    )
    samples, path, models = (json.loads(line)[0] for line in done.stdout.splitlines())
    assert (len(samples), len(path)) == (4, 5)
    assert all(point["text"] for point in [*samples, *path])
    assert [model["in_use"] for model in models] == [True]
