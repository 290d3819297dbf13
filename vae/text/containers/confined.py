"""Documents read in a process of their own, which can't write a file and has little time and memory.

Whatever a file does to the library that reads it, a crash, a loop or memory without end, ends in a clear refusal.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from vae.messages.message import Message
from vae.text.cleaning import CorpusError
from vae.text.containers.packed import Kind, Packed, Unpacked, damaged

_SECONDS = 30  # of computing
_PATIENCE = 300  # seconds in all, on a machine that has much else to do
_MEMORY = 1 << 30  # bytes of memory
_AT_ONCE = BoundedSemaphore(2)  # such processes; whoever comes then waits
# What installs a module that a reader needs.
_PACKAGES = {"pypdf": "pypdf", "python_calamine": "python-calamine", "pyarrow": "pyarrow"}


@lru_cache(maxsize=2)  # the same file is read again when somebody chooses another column or layout
def read_confined(kind: Kind, packed: Packed) -> Unpacked:
    """What the kind's reader takes out of a file.

    Raises:
        CorpusError: what the reader raises; or the file is damaged, takes too long or too much memory, or the library
            that reads it is not installed.
    """
    request = {"reader": kind.read.__module__, "name": packed.name, "part": packed.part, "max_bytes": packed.max_bytes}
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    try:
        with _AT_ONCE:
            done = subprocess.run(
                [sys.executable, "-B", "-m", __name__], input=json.dumps(request).encode() + b"\n" + packed.data,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_PATIENCE, check=False,
                env={**os.environ, "PYTHONPATH": paths},
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_heavy(kind.what) from None
    head, _, data = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise _too_heavy(kind.what)
    answer = json.loads(head)
    if "error" in answer:
        raise CorpusError(Message.from_json(answer["error"]))
    note, parts = Message.from_json(answer["note"]), tuple(answer["parts"])
    return Unpacked(data, answer["name"], note, answer["from_part"], answer["part"], parts)


def _too_heavy(what: Message) -> CorpusError:
    return CorpusError(Message("text.container_too_heavy", what=what))


def _confine() -> None:
    """From now on this process can make no file longer than nothing, and ends when it takes too much."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits, macOS not all
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _answer(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """What a reader says of a file, and the text that it took out."""
    reader = import_module(request["reader"])
    kind: Kind = reader.KIND
    try:
        found = kind.read(Packed(data, request["name"], request["part"], max_bytes=request["max_bytes"]))
    except CorpusError as error:
        return {"error": error.message.to_json()}, b""
    except ModuleNotFoundError as error:
        if error.name not in _PACKAGES:
            raise
        return {"error": Message("text.needs_package", what=kind.what, package=_PACKAGES[error.name]).to_json()}, b""
    except MemoryError:
        return {"error": _too_heavy(kind.what).message.to_json()}, b""
    except BaseException:  # a library may raise anything, and what is written in Rust no Exception
        return {"error": damaged(kind.what).message.to_json()}, b""
    assert found.note is not None
    told = {"name": found.name, "note": found.note.to_json(), "from_part": found.from_part, "part": found.part}
    return {**told, "parts": found.parts}, found.data


def _main() -> None:
    with os.fdopen(os.dup(1), "wb") as output:
        os.dup2(2, 1)  # what a library prints is no answer
        _confine()
        request, _, data = sys.stdin.buffer.read().partition(b"\n")
        answer, text = _answer(json.loads(request), data)
        output.write(json.dumps(answer).encode() + b"\n" + text)


if __name__ == "__main__":
    _main()
