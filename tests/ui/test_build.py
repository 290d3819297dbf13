"""How the page is served: a class that watches its trainings must not keep anybody from anything."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import gradio as gr
import pytest
from gradio_client import Client
from support.server import SHARING, variables

from vae.serving.records.database import Records
from vae.serving.visitors.session import Session
from vae.serving.visitors.visitors import Visitors
from vae.system.paths import ASSETS
from vae.ui import launch
from vae.ui.binding import bind

STREAMS = 60  # at once; without settings of its own, Gradio has 40 places for everything
EACH = 30  # of one program: fewer than one caller may have under way

# gradio_client leaves sockets and event loops to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)


def test_open_streams_leave_room_for_everything_else(tmp_path: Path, model_path: Path) -> None:
    visitors = Visitors(tmp_path, model_path)
    is_open, over = threading.Semaphore(0), asyncio.Event()

    async def follow(session: Session) -> AsyncIterator[str]:
        yield "open"
        is_open.release()
        await over.wait()

    async def end(session: Session) -> str:
        over.set()
        return "ended"

    def answer(session: Session) -> str:
        return "here"

    with gr.Blocks() as demo:
        gr.events.api(bind(visitors, follow), api_name="follow", concurrency_limit=None)
        gr.events.api(bind(visitors, end), api_name="end")
        gr.events.api(bind(visitors, answer), api_name="answer")
    _, url, _ = launch.launch(demo, prevent_thread_lock=True, quiet=True)
    clients = [Client(url, verbose=False, max_workers=EACH + 4) for _ in range(STREAMS // EACH)]
    client = clients[0]
    try:
        streams = [each.submit(visitors.start(), api_name="/follow") for each in clients for _ in range(EACH)]
        assert all(is_open.acquire(timeout=60) for _ in range(STREAMS))
        token = visitors.start()
        assert client.submit(token, api_name="/answer").result(timeout=60) == "here"
        assert client.submit(token, api_name="/end").result(timeout=60) == "ended"
        assert [stream.result(timeout=60) for stream in streams] == ["open"] * STREAMS
    finally:
        for each in clients:
            each.close()
        demo.close()
        del client, clients, each, demo
        gc.collect()  # here, where what they leave open is forgiven


def test_building_the_page_waits_for_no_model_and_not_for_torch() -> None:
    code = "import sys; from vae.ui.build import build; demo = build(); print('torch' in sys.modules)"
    environment = {**os.environ, "VAE_MODEL": "none.safetensors"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ASSETS.parent, env=environment
    )
    assert done.stdout.split() == ["False"]


def test_only_uploads_in_a_folder_of_ours_are_tidied(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "data" / "uploads" / "old.txt", tmp_path / "theirs" / "old.txt"
    Records(tmp_path / "data" / "records.sqlite3").close()
    for path in (ours, theirs):
        path.parent.mkdir()
        path.write_text("x")
        os.utime(path, (1.0, 1.0))
    code = """
import os, sys
from pathlib import Path
from vae.serving.records.database import Records
from vae.ui.build import build
folder = Path(sys.argv[1])
build(folder / "other")
del os.environ["GRADIO_TEMP_DIR"]
build(folder / "data")
"""
    environment = {**variables(tmp_path, 0), "VAE_MODEL": "none.safetensors", "GRADIO_TEMP_DIR": str(theirs.parent)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=ASSETS.parent, env=environment)
    assert theirs.exists()
    assert not ours.exists()


def test_server_of_a_test_gets_only_the_settings_that_the_test_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VAE_KEEP", "VAE_LOG", "VAE_DATA", "GRADIO_TEMP_DIR"):
        monkeypatch.setenv(name, "ours")
    given = variables(tmp_path, 7860, {"VAE_LOG": "asked for"})
    assert {name: value for name, value in given.items() if name.startswith(("VAE_", "GRADIO_TEMP"))} == {
        "VAE_DATA": str(tmp_path / "data"), "VAE_LOG": "asked for", **{name: os.environ[name] for name in SHARING},
    }  # fmt: skip
    assert given["PATH"] == os.environ["PATH"]
