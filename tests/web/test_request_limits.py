"""The guard in front of the server, before an app of the kind that it guards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from vae.config.presets import PRESETS
from vae.model.families.vae import SentenceVAE
from vae.serving.limits import Limits
from vae.serving.visitors.corpus_sources import MAX_PASTED
from vae.serving.visitors.trainings import PARAMETERS
from vae.text.corpus import MAX_SENTENCES
from vae.ui.train.knobs import KNOBS
from vae.web.request_limits import ENVELOPE, MAX_BODY, RequestLimits, route_name, upload_bytes

Answer = tuple[int, int]


def ask(
    path: str,
    chunks: Sequence[bytes | None],
    headers: list[tuple[bytes, bytes]] | None = None,
    broad: bool = False,
    method: str = "POST",
) -> Answer:
    """Send a body in chunks through a guard of 100 bytes (1,000 for files): (status, bytes that the app read).

    The last chunk never comes if it is None.
    """
    read = 0
    sent: list[int] = []
    queue = list(chunks)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal read
        try:
            more = True
            while more:
                message = await receive()
                read += len(message["body"])
                more = message["more_body"]
            status = 200
        except Exception:
            if not broad:
                raise
            status = 400  # as a framework answers whose parser failed
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def receive() -> Any:
        body = queue.pop(0) if queue else b""
        if body is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": body, "more_body": bool(queue)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    scope = {"type": "http", "method": method, "path": path, "headers": headers or [], "query_string": b""}
    asyncio.run(RequestLimits(app, max_file=1_000, max_body=100, stall_timeout=0.05)(scope, receive, send))
    assert len(sent) == 1
    return sent[0], read


def test_small_bodies_pass_whole() -> None:
    assert ask("/gradio_api/queue/join", [b"x" * 50, b"x" * 50]) == (200, 100)
    assert ask("/gradio_api/upload", [b"x" * 500, b"x" * 500]) == (200, 1_000)


@pytest.mark.parametrize("broad", [False, True])
def test_streamed_bytes_are_counted_whatever_was_announced(broad: bool) -> None:
    status, read = ask("/gradio_api/queue/join", [b"x" * 60] * 50, [(b"content-length", b"10")], broad)
    assert status == 413
    assert read <= 100
    assert ask("/gradio_api/upload", [b"x" * ENVELOPE] * 50, None, broad)[0] == 413


def test_an_announced_excess_is_refused_before_a_byte_is_read() -> None:
    assert ask("/gradio_api/queue/join", [b"x"], [(b"content-length", b"101")]) == (413, 0)


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/file=http://a.b/c", "/file=https://a.b", "/gradio_api/file%3Dhttp://a.b", "/GRADIO_API/FILE=HTTP://a.b",
     "/gradio_api/file/http:/a.b", "/gradio_api/file=//a.b/c", "/gradio_api/proxy=http://a.b"],
)  # fmt: skip
def test_paths_that_fetch_from_elsewhere_are_denied(path: str) -> None:
    assert ask(path, [b""], method="GET") == (403, 0)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/run/predict"), ("POST", "/gradio_api/run/start"), ("POST", "/api/start"), ("GET", "/docs"),
     ("GET", "/gradio_api/deep_link"), ("POST", "/gradio_api/component_server"), ("GET", "/monitoring"),
     ("GET", "/gradio_api/stream/a/b/1/playlist.m3u8"), ("POST", "/gradio_api/vibe-edit"), ("GET", "/file=/etc/x"),
     ("POST", "/gradio_api/process_recording"), ("GET", "/gradio_api//queue/data"), ("PUT", "/"), ("TRACE", "/"),
     ("OPTIONS", "/gradio_api/queue/join"), ("POST", "/gradio_api/mcp/"), ("GET", "/gradio_api/file%253Dhttp://a.b"),
     ("GET", "/login/huggingface"), ("GET", "/login/callback"), ("GET", "/logout")],
)  # fmt: skip
def test_routes_that_the_page_does_not_use_are_closed(method: str, path: str) -> None:
    assert ask(path, [b""], method=method) == (404, 0)


def test_own_files_are_not_denied() -> None:
    assert ask("/gradio_api/file=/tmp/gradio/x/model.safetensors", [b""], method="GET")[0] == 200


def test_body_that_stalls_is_given_up() -> None:
    assert ask("/gradio_api/upload", [b"x", None]) == (408, 1)


def test_heap_of_headers_is_refused() -> None:
    assert ask("/gradio_api/queue/join", [b"x"], [(b"x-%d" % i, b"1") for i in range(100)]) == (431, 0)
    assert ask("/gradio_api/queue/join", [b"x"], [(b"cookie", b"x" * 20_000)]) == (431, 0)


def test_error_that_nobody_foresaw_is_answered_in_words() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("/secret/path")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(RequestLimits(app)(scope, None, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 500
    assert b"secret" not in sent[1]["body"]


def test_log_names_a_route_without_what_it_opens() -> None:
    assert route_name("/gradio_api/file=/tmp/x/y.txt") == "/file"
    assert route_name("/gradio_api/queue/join") == "/queue/join"
    assert route_name("/") == "/"
    assert route_name("/gradio_api/heartbeat/0123456789abcdef0123456789abcdef") == "/heartbeat"


def test_longest_text_that_may_be_pasted_passes_in_any_script() -> None:
    for character in "a\né文":
        assert len(json.dumps({"data": [character * (2 * MAX_PASTED)]}, ensure_ascii=False).encode()) < MAX_BODY


@pytest.mark.parametrize("preset", PRESETS)
def test_largest_model_that_the_page_trains_can_be_loaded_back(preset: str) -> None:
    sizes = {name: int(PARAMETERS[name].high or 0) for name in KNOBS if name in ("latent", "hidden")}
    assert len(sizes) == 2
    config = replace(PRESETS[preset].config, **sizes)
    with torch.device("meta"):
        model = SentenceVAE(config, config.vocabulary)
    weights = sum(value.numel() for value in model.parameters())
    largest = upload_bytes(Limits(parameters=max(1, -(-weights // 10**6))))
    assert 2 * weights + 4 * MAX_SENTENCES + 2**20 < largest  # half precision, hashes, tokenizer and header


def test_longest_text_that_is_allowed_can_be_uploaded() -> None:
    assert upload_bytes(Limits(corpus_mb=300)) >= 300 * 10**6
