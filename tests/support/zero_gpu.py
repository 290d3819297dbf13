"""A small stand-in of what lends graphics cards in a ZeroGPU Space: it answers that the visitor's quota is spent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def spent_quota() -> Iterator[tuple[dict[str, str], list[str]]]:
    """The variables that such a Space sets, and the paths that are asked of the stand-in, as they come."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            path = self.path.partition("?")[0]
            asked.append(path)
            body = json.dumps({"left": 0, "wait": 3600}).encode()
            self.send_response(429 if path == "/schedule" else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield {"SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": url}, asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
