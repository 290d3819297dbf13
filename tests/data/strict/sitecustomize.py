"""Put on PYTHONPATH, this makes every Python process refuse what a locked-down host would: to write below
STRICT_ROOT, and to reach any address but this machine's own. What was tried is appended to STRICT_LOG."""

import os
import sys
from pathlib import Path

_ROOT = os.environ["STRICT_ROOT"]
_LOG = os.open(os.environ["STRICT_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def _refuse(what: str, error: type[OSError]) -> None:
    os.write(_LOG, (what + "\n").encode())
    raise error(what)


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event == "open" and isinstance(args[0], str) and isinstance(args[2], int) and args[2] & _WRITES:
        if str(Path(args[0]).absolute()).startswith(_ROOT):
            _refuse(f"write {args[0]}", PermissionError)
    elif event == "os.mkdir" and str(Path(str(args[0])).absolute()).startswith(_ROOT):
        _refuse(f"mkdir {args[0]}", PermissionError)
    elif event == "socket.connect" and isinstance(args[1], tuple) and not str(args[1][0]).startswith(_LOCAL):
        _refuse(f"connect {args[1]}", ConnectionRefusedError)
    elif event == "socket.getaddrinfo" and args[0] and not str(args[0]).startswith(_LOCAL):
        _refuse(f"look up {args[0]}", OSError)


sys.addaudithook(_hook)
