"""Other programs: the examples of docs/api.md, run as they stand against a real server with a tiny model, and all that
an MCP client may ask and may not.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from support.server import ROOT, running_server

ADDRESS = "http://127.0.0.1:7860"  # of the examples
WHO, DOES, WHAT = ("cat", "dog", "girl", "bird"), ("sees", "likes", "wants"), ("ball", "apple", "river", "letter")
TINY = {"latent": 4, "hidden": 16, "encoder_hidden": 16, "embedding": 16, "steps": 20}

# gradio_client leaves sockets and event loops to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[str]:
    folder, variables = tmp_path_factory.mktemp("server"), {"VAE_MODEL": str(model_path)}
    with running_server(folder, variables, arguments=["--mcp"] if find_spec("mcp") else []) as (url, _):
        yield url


def examples(language: str, heading: str = "The page's endpoints") -> list[str]:
    """The blocks of a language that stand behind a heading."""
    text = (ROOT / "docs" / "api.md").read_text("utf-8").split(f"\n## {heading}")[1].split("\n## ")[0]
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


def test_mcp_example_runs(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mcp")
    (code,) = examples("python", "Tools for assistants")
    assert ADDRESS in code
    exec(code.replace(ADDRESS, server).replace("I have a dog.", "the cat sees a letter."), {})
    tools, samples, path = capsys.readouterr().out.splitlines()
    assert tools == str(TOOLS)
    assert [len(json.loads(said)) for said in (samples, path)] == [3, 11]


TOOLS = ["sample", "interpolate", "encode", "decode", "evaluate"]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("sample", {"number": 51}, "How many"),
    ("sample", {"number": "many"}, "is not of type 'integer'"),
    ("sample", {"start": "xylophone"}, "xylophone"),
    ("sample", {"model": "ABCD-EFGH-JKMN"}, "opens nothing"),
    ("interpolate", {"first": "the cat sees a letter."}, "'second' is a required property"),
    ("interpolate", {"first": "the cat sees a letter.", "second": ""}, "second sentence"),
    ("encode", {"sentences": []}, "1 to 50"),
    ("encode", {"sentences": ["the cat sees a letter."] * 51}, "1 to 50"),
    ("decode", {"codes": [[1.0, 2.0]]}, "A code has 2 numbers, but those of this model have 4"),
    ("decode", {"codes": [[1e9, 0, 0, 0]]}, "Each number of a code"),
    ("start", {}, "Unknown tool"),
    ("forget", {"token": ""}, "Unknown tool"),
]


def test_mcp_client_asks_every_tool_and_hears_what_is_wrong(server: str, model_path: Path) -> None:
    pytest.importorskip("mcp")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    owner = Client(server, verbose=False)
    token = owner.predict(api_name="/start")
    owner.predict(token, handle_file(model_path), api_name="/load_model")
    code = owner.predict(token, api_name="/share")["code"]

    async def ask() -> None:
        address = f"{server}/gradio_api/mcp/"
        async with streamable_http_client(address) as (receive, send, _), ClientSession(receive, send) as session:
            await session.initialize()

            async def call(tool: str, **given: Any) -> Any:
                answer = await session.call_tool(tool, given)
                text = str(answer.content[0].text)  # type: ignore[union-attr]
                return text if answer.isError else json.loads(text)

            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            assert list(tools) == TOOLS
            for tool in tools.values():
                assert tool.description
                assert all(told["description"] and told["type"] for told in tool.inputSchema["properties"].values())
            assert tools["interpolate"].inputSchema["required"] == ["first", "second"]

            measuring = asyncio.create_task(call("evaluate"))  # for seconds
            assert len(await call("sample", number=3, variety=0.2)) == 3
            path = await call("interpolate", first="the cat sees a letter.", second="a dog likes a xylophone.", steps=5)
            assert len(path) == 5
            assert path[-1]["unread"] == ["xylophone."]
            found = await call("encode", sentences=["the cat sees a letter.", "a dog likes a letter."])
            assert await call("decode", codes=[each["z"] for each in found]) == [each["text"] for each in found]
            own = await call("sample", number=2, seed=7, model=code)
            assert own == await call("sample", number=2, seed=7)  # the same file
            owner.predict(token, api_name="/unshare")
            assert "opens nothing" in await call("sample", model=code)
            for name, given, said in REFUSED:
                assert said in str(await call(name, **given)), name
            assert (await measuring)["figures"]["perplexity"] > 1

    asyncio.run(ask())
    owner.close()
    assert httpx.get(f"{server}/gradio_api/mcp/", headers={"accept": "text/html"}).status_code == 405
    assert httpx.get(f"{server}/gradio_api/mcp/schema").status_code == 404
    endpoints = httpx.get(f"{server}/gradio_api/info").json()["named_endpoints"]
    assert not [name for name in endpoints if name.startswith("/tool")]
