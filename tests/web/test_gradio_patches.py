"""Each patch of Gradio: the fault that it mends, seen on Gradio as it comes, and that it is mended.

When a test of the first kind fails, Gradio no longer needs the patch: take it out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio import mcp, oauth, processing_utils, queueing, route_utils, routes, state_holder

from vae.web import gradio_patches
from vae.web.gradio_patches import PATCHES

ROOT = Path(__file__).resolve().parents[2]
UNPATCHED = """
import asyncio, contextlib, io, json, os, sys, tempfile
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import fastapi
import gradio as gr
from gradio import mcp, oauth, processing_utils, queueing, route_utils, routes, state_holder
from starlette.datastructures import Headers

if "apply" in sys.argv:
    from vae.web import gradio_patches

    gradio_patches.apply()
found = {}

# links: a file that a request names by a link
with gr.Blocks() as demo:
    file, box = gr.File(), gr.Textbox()
    file.change(lambda path: "", file, box)
asked = []
if "apply" not in sys.argv:
    async def download(url, cache_dir):
        asked.append(url)
        return "nowhere"

    processing_utils.async_ssrf_protected_download = download
link = "http://elsewhere.test/a.txt"
given = [{"path": link, "url": link, "meta": {"_type": "gradio.FileData"}}]
try:
    asyncio.run(demo.preprocess_data(demo.fns[0], given, None, explicit_call=True))
except Exception as error:
    found["refused"] = str(error)
found["links"] = asked


# uploads: many parts, a large field, and one that breaks off
def form(parts, end=True):
    body = b""
    for head, data in parts:
        body += b"--b\\r\\nContent-Disposition: form-data; " + head + b"\\r\\n\\r\\n" + data + b"\\r\\n"
    return body + (b"--b--\\r\\n" if end else b"")


def parse(body, broken=False):
    async def stream():
        yield body
        if broken:
            raise ConnectionError("gone")

    headers = Headers({"content-type": "multipart/form-data; boundary=b"})
    parser = route_utils.GradioMultiPartParser(headers, stream(), upload_dir=folder, max_file_size=10**9)
    try:
        asyncio.run(parser.parse())
        return "taken"
    except Exception as error:
        return type(error).__name__


with tempfile.TemporaryDirectory() as folder:
    file_part = b'name="files"; filename="a.txt"'
    found["parts"] = parse(form([(file_part, b"x")] * 50))
    found["field"] = parse(form([(b'name="field"', b"x" * 200_000)]))
    before = len(list(Path(folder).rglob("*")))
    parse(form([(file_part, b"x" * 200_000)], end=False), broken=True)
    found["left"] = len(list(Path(folder).rglob("*"))) - before

# errors: what a handler could not foresee
heard = io.StringIO()
with contextlib.redirect_stderr(heard):
    if "apply" in sys.argv:
        from vae.system import log

        log.start()  # as the app does
    try:
        raise RuntimeError("no such sentence: 'my private text'")
    except RuntimeError:
        queueing.traceback.print_exc()
found["errors"] = "RuntimeError" in heard.getvalue(), "my private text" in heard.getvalue()

# sessions: what each page costs
session = state_holder.SessionState(demo)
found["sessions"] = len(session.config_values), session.blocks_config.blocks is demo.default_config.blocks

# tools: what programs are offered by MCP
with gr.Blocks() as demo:
    for name in ("page", "tool_of_ours"):
        gr.api(lambda: None, api_name=name)
try:
    found["tools"] = list(mcp.GradioMCPServer(demo).tool_to_endpoint.values())
except ImportError:
    found["tools"] = None

# sign_in, sign_in_log: the cookie of who is signed in, and what is printed on the way
oauth.get_space, oauth._add_oauth_routes = (lambda: "ada/space"), (lambda app: None)
app = fastapi.FastAPI()
try:
    routes.attach_oauth(app)
    found["cookie"] = app.user_middleware[0].kwargs
except ImportError:
    found["cookie"] = None
os.environ["SPACE_HOST"] = "space.test"
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    oauth._generate_redirect_uri(fastapi.Request({"type": "http", "query_string": b"share=abc", "headers": []}))
found["printed"] = printed.getvalue()

# calm: how often a queue looks for something to do
demo.queue()
found["looks_a_second"] = 1 / demo._queue.sleep_when_free
print(json.dumps(found))
"""


def evidence(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", UNPATCHED, *arguments], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """What Gradio does as it comes."""
    return evidence()


@pytest.fixture(scope="module")
def patched() -> dict[str, Any]:
    return evidence("apply")


def test_links_are_downloaded_by_gradio_and_not_here(plain: dict[str, Any], patched: dict[str, Any]) -> None:
    assert plain["links"] == ["http://elsewhere.test/a.txt"]
    assert patched["links"] == []
    assert patched["refused"].strip("'") == "A link is not fetched here. Upload the file itself."


def test_uploads_are_bounded_and_leave_nothing(plain: dict[str, Any], patched: dict[str, Any]) -> None:
    assert (plain["parts"], plain["field"]) == ("taken", "taken")
    assert plain["left"] > 0
    assert "taken" not in (patched["parts"], patched["field"])
    assert patched["left"] == 0


def test_errors_are_printed_with_private_text_by_gradio_and_not_here(
    plain: dict[str, Any], patched: dict[str, Any]
) -> None:
    assert plain["errors"] == [True, True]
    assert patched["errors"] == [True, False]  # it is told, without what the visitor wrote


def test_session_costs_a_copy_of_the_page_in_gradio_and_not_here(
    plain: dict[str, Any], patched: dict[str, Any]
) -> None:
    assert plain["sessions"][0] > 0
    assert patched["sessions"][0] == 0


def test_every_endpoint_is_offered_by_mcp_in_gradio_and_tools_alone_here(
    plain: dict[str, Any], patched: dict[str, Any]
) -> None:
    pytest.importorskip("mcp")
    assert plain["tools"] == ["/page", "/tool_of_ours"]
    assert patched["tools"] == ["/tool_of_ours"]


def test_code_in_the_address_is_printed_at_a_sign_in_by_gradio_and_not_here(
    plain: dict[str, Any], patched: dict[str, Any]
) -> None:
    assert "abc" in plain["printed"]
    assert patched["printed"] == ""


def test_who_is_signed_in_is_forgotten_in_a_frame_by_gradio_and_with_the_browser_here(
    plain: dict[str, Any], patched: dict[str, Any]
) -> None:
    pytest.importorskip("itsdangerous")
    assert not {"partitioned", "max_age"} & plain["cookie"].keys()
    assert patched["cookie"].items() >= {"partitioned": True, "max_age": None, "https_only": True}.items()


def test_queue_looks_for_work_a_thousand_times_a_second_and_here_a_hundred(plain: dict[str, Any]) -> None:
    assert plain["looks_a_second"] > 500
    with gr.Blocks() as demo:
        gr.Textbox()
    demo.queue()
    gradio_patches.calm(demo)
    assert 1 / demo._queue.sleep_when_free <= 100


def test_every_patch_names_its_reason_and_the_gradio_that_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {
        "links": (processing_utils, "async_ssrf_protected_download"),
        "uploads": (route_utils, "GradioMultiPartParser"),
        "errors": (queueing, "traceback"),
        "sessions": (state_holder, "SessionState"),
        "tools": (mcp, "GradioMCPServer"),
        "tool_sessions": (mcp, "SessionState"),
        "sign_in": (routes, "attach_oauth"),
        "sign_in_log": (oauth, "print"),
    }
    assert PATCHES.keys() == places.keys()
    for name, (module, attribute) in places.items():
        monkeypatch.setattr(module, attribute, None, raising=False)
        PATCHES[name].apply()
        assert getattr(module, attribute) is not None
        assert PATCHES[name].reason
        assert PATCHES[name].seen_with == gr.__version__, "look at this patch with the Gradio that is pinned now"
