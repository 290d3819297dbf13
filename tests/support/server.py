"""`python app.py` as a person starts it, for tests and scripts that need the real server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARING = {"VAE_THREADS", "VAE_NICE"}  # go on to every server: how it shares the cores with what is about it
PATIENCE = 180.0  # seconds until it must answer; it leaves the loop as soon as it does
LEAVE = 60.0  # seconds in which it ends by itself, however busy the machine is

CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    # nothing else is reached, whatever asks for it
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip


def chromium() -> str | None:
    """The browser of this machine, the quickest that there is; the variable CHROMIUM names another."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_app(
    folder: Path, environment: Mapping[str, str] | None = None, program: Path = ROOT / "app.py"
) -> Iterator[str]:
    """The app on a free port, its data and its log in `folder`; gives its address, and ends it."""
    with running_server(folder, environment, program) as (url, _):
        yield url


@contextmanager
def running_server(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    program: Path = ROOT / "app.py",
    port: int | None = None,
    arguments: Sequence[str] = (),
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """As `running_app`; gives the address and the process, which a test may end by itself."""
    port = port or free_port()
    log = folder / "server.log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(program), *arguments],
            cwd=ROOT,
            env=variables(folder, port, environment),
            stdout=output,
            stderr=output,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')}")
                time.sleep(0.2)
            yield url, process
        finally:
            process.terminate()
            try:
                process.wait(LEAVE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def variables(folder: Path, port: int, asked: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of such a server: ours, but of what would change the app only what is `asked` for."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name in SHARING or not name.startswith(("VAE_", "GRADIO_TEMP_DIR"))
    }
    own = {"GRADIO_SERVER_PORT": str(port), "VAE_DATA": str(folder / "data"), "PYTHONUNBUFFERED": "1"}
    return {**ours, **own, **(asked or {})}


def answers(url: str) -> bool:
    """Whether a server gives the page at this address."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False
