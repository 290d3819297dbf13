"""An empty page in a real Chromium that may import any module of the engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

ENGINE = Path(__file__).parents[2] / "assets" / "engine"
_KINDS = {".js": "text/javascript", ".wasm": "application/wasm"}


class EnginePage:
    """A page that runs JavaScript beside the engine's modules, which lie at /engine/."""

    def __init__(self, page: Page, served: dict[str, bytes]) -> None:
        self.page = page
        self._served = served

    def run(self, source: str, arg: Any = None) -> Any:
        """What an async function gives, called with arg. It imports as in `await import("/engine/random.js")`."""
        return self.page.evaluate(source, arg)

    def serve(self, data: bytes) -> str:
        """The address at which the page fetches bytes, for what is too long for an argument."""
        path = f"/data/{len(self._served)}"
        self._served[path] = data
        return path


@contextmanager
def engine_page(browser: Browser) -> Iterator[EnginePage]:
    """The page, and a server of what it may fetch."""
    served = {"/": b"<!doctype html><title>engine</title>"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = ENGINE / self.path.removeprefix("/engine/")
            if self.path in served:
                self._answer(200, served[self.path], "text/html" if self.path == "/" else "application/octet-stream")
            elif file.parent == ENGINE and file.suffix in _KINDS and file.is_file():
                self._answer(200, file.read_bytes(), _KINDS[file.suffix])
            else:
                self._answer(404, b"", "text/plain")

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: what a test tells is what it asserts."""

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    try:
        yield EnginePage(page, served)
    finally:
        page.close()
        server.shutdown()
        server.server_close()
