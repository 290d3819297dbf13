"""A disk that is full, and memory that is short: the server stays, says so, and what was saved before still loads."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.server import ROOT, running_server
from support.visitor import Plan, Visit, Wire

from vae.model.checkpoint import load

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")

LINES = "\n".join(f"The {a} sees the {b}." for a in ("cat", "dog", "girl") for b in ("ball", "tree", "river", "letter"))
SMALL = {"latent": 2, "hidden": 16, "encoder_hidden": 16, "embedding": 16, "minutes": 0.0, "steps": 20}
LARGE = {**SMALL, "hidden": 640, "embedding": 256, "steps": 3}  # its state takes some 30 MB
HUGE = {**SMALL, "batch": 20_000, "hidden": 512, "steps": 2}  # its step takes some gigabytes
MODEL = next((ROOT / "tests" / "fixtures" / "models").glob("*vae.safetensors"))
SERVER = {"VAE_SLOTS": "1", "VAE_MODEL": str(MODEL)}
PATIENCE = 900.0  # seconds; a busy machine is slow


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A disk of its own, mounted at a folder; where that is not allowed, the test is left out."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no disk can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def visit(url: str, doing: Callable[[Visit], Awaitable[Any]]) -> Any:
    """What comes of a visit to a server."""

    async def go() -> Any:
        wire = Wire(url)
        plan = await Plan.read(wire)
        wire.close()
        visitor = Visit(url, plan)
        try:
            await visitor.open()
            return await doing(visitor)
        finally:
            await visitor.close()

    return asyncio.run(asyncio.wait_for(go(), PATIENCE))


async def train(visitor: Visit, settings: dict[str, Any]) -> dict[str, Any]:
    """Train on a text, and wait for the end: the last status."""
    if settings is HUGE:
        await visitor.press("corpus-ours", "input", corpus_ours="everyday-english.tsv")
    else:
        await visitor.call("read_corpus", None, LINES)
    answer: dict[str, Any] = await visitor.call("train", "quick", settings)
    endpoint = visitor.endpoint("watch")
    async for _ in visitor.tell(endpoint, [visitor.token, answer["run"]]):
        pass
    found: dict[str, Any] = await visitor.call("status", answer["run"])
    return found


def check(url: str, process: subprocess.Popen[bytes], runs: Path) -> None:
    """A model that fits, and one too large for the disk; then what the page still does."""

    async def go_on(visitor: Visit) -> tuple[list[dict[str, Any]], list[Any], str]:
        ended = [await train(visitor, settings) for settings in (SMALL, LARGE)]
        return ended, await visitor.call("sample", 3), (await visitor.call("download_model"))["path"]

    (fits, too_large), said, file = visit(url, go_on)
    assert fits["state"] == "done"
    assert too_large["state"] == "failed"
    assert "could not read or write its files" in too_large["message"]
    assert len(said) == 3
    assert load(file).info.steps == SMALL["steps"]
    assert process.poll() is None
    assert len([path for path in runs.iterdir() if path.is_dir()]) == 2
    assert not list(runs.rglob("*.tmp"))


def test_full_disk_ends_a_training_in_words_and_nothing_else(tmp_path: Path) -> None:
    disk = tmp_path / "data"
    disk.mkdir()
    with small_disk(disk, 20), running_server(tmp_path, SERVER) as (url, process):
        check(url, process, disk / "runs")


@pytest.mark.soak
def test_file_that_may_not_grow_ends_a_training_in_words_and_nothing_else(tmp_path: Path) -> None:
    limited = {**SERVER, "VAE_TEST_FILE_BYTES": str(8 * 2**20)}
    with running_server(tmp_path, limited, Path(__file__).with_name("confined.py")) as (url, process):
        check(url, process, tmp_path / "data" / "runs")


@pytest.mark.soak
def test_training_without_the_memory_it_needs_ends_in_words_and_nothing_else(tmp_path: Path) -> None:
    async def go_on(visitor: Visit) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
        return await train(visitor, HUGE), await train(visitor, SMALL), await visitor.call("sample", 3)

    with running_server(tmp_path, {**SERVER, "VAE_MEMORY_MB": "600"}) as (url, process):
        huge, small, said = visit(url, go_on)
        assert huge["state"] == "failed"
        assert "memory" in huge["message"]
        assert small["state"] == "done"
        assert len(said) == 3
        assert process.poll() is None
