"""What stands around Gradio's server: what a session may cost, and how much one caller may ask for at once."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio.state_holder import StateHolder

from vae.system.paths import ASSETS
from vae.ui import launch
from vae.web import assemble, session_isolation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def test_session_of_gradio_keeps_what_was_changed_and_no_copy_of_the_page() -> None:
    with gr.Blocks() as demo:
        choice = gr.Dropdown(["a"])
    assemble.launch_options(demo, "")
    holder = StateHolder()
    holder.set_blocks(demo)
    session = holder["one"]
    session[choice._id] = gr.Dropdown(["b"], render=False)
    session._update_config(choice._id)
    session._update_value_in_config(choice._id, "b")
    assert session.config_values == {}
    assert session.blocks_config.blocks.maps[0].keys() == {choice._id}
    assert demo.default_config.blocks[choice._id] is choice
    assert session[choice._id].choices == [("b", "b")]
    assert holder["two"][choice._id].choices == [("a", "a")]


def test_caller_who_asks_for_too_much_at_once_waits_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))  # as vae.ui.build has it: pandas 3 warns
    monkeypatch.setattr(session_isolation, "MAX_REQUESTS_OF_ADDRESS", session_isolation.MAX_REQUESTS_OF_CALLER + 5)
    over = asyncio.Event()

    async def wait() -> str:
        await over.wait()
        return "done"

    async def end() -> str:
        over.set()
        return "ended"

    with gr.Blocks() as demo:
        gr.events.api(wait, api_name="wait")
        gr.events.api(end, api_name="end")
    _, url, _ = launch.launch(demo, prevent_thread_lock=True, quiet=True)
    greedy, other = (httpx.Client(base_url=url, timeout=60) for _ in range(2))

    def ask(client: httpx.Client, name: str = "wait") -> int:
        return client.post(f"/gradio_api/call/{name}", json={"data": []}).status_code

    try:
        for client in (greedy, other):
            client.get("/config")
        assert {ask(greedy) for _ in range(session_isolation.MAX_REQUESTS_OF_CALLER)} == {200}
        refused = greedy.post("/gradio_api/call/wait", json={"data": []})
        assert (refused.status_code, "too much" in refused.json()["detail"]) == (429, True)
        assert [ask(other) for _ in range(6)] == [200] * 5 + [429]  # what all at one address may ask for
        monkeypatch.setattr(session_isolation, "MAX_REQUESTS_OF_ADDRESS", 400)
        assert ask(other, "end") == 200
        deadline = time.monotonic() + 60
        while ask(greedy) != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        greedy.close()
        other.close()
        demo.close()
        del demo
        gc.collect()


def test_server_asks_for_as_many_open_files_as_it_may_have() -> None:
    pytest.importorskip("resource")
    code = """
import resource
from vae.server import raise_open_file_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))
raise_open_file_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ASSETS.parent, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["300", "300"]


def test_files_are_refused_while_there_is_no_room_for_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setenv("VAE_UPLOADS_MB", "1")
    with gr.Blocks() as demo:
        gr.File()
    _, url, _ = launch.launch(demo, prevent_thread_lock=True, quiet=True)
    try:
        with httpx.Client(base_url=url, timeout=60) as browser:

            def send() -> httpx.Response:
                return browser.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 600_000)})

            assert send().status_code == 200
            (tmp_path / "another").mkdir()
            (tmp_path / "another" / "b.txt").write_bytes(b"x" * 600_000)
            refused = send()
            assert (refused.status_code, "no room for more files" in refused.text) == (507, True)
            (tmp_path / "another" / "b.txt").unlink()
            assert send().status_code == 200
    finally:
        demo.close()
