"""Processes of their own for what tests kill, halt or limit.

They begin as a training's does, with what it needs imported already: a fiftieth of the time that a new Python takes.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vae.serving.jobs.worker_pool import PRELOADED

PATIENCE = 240.0  # seconds; a busy machine is slow, and a hang is still found
_CONTEXT = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")


class Child:
    """A function of a module at work in a process, in our folder; `environment` is added to ours."""

    def __init__(self, function: Callable[..., object], *arguments: object, **environment: object) -> None:
        _CONTEXT.set_forkserver_preload(PRELOADED)
        self._folder = tempfile.TemporaryDirectory()
        printed = [str(Path(self._folder.name) / name) for name in ("out", "err")]
        variables = {**os.environ, **{name: str(value) for name, value in environment.items()}}
        self.process = _CONTEXT.Process(target=_begin, args=(printed, variables, function, arguments))
        self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def ended(self) -> tuple[int, str, str]:
        """Its status when it has come to its end, and what it printed: on stdout, on stderr."""
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            raise TimeoutError(f"process {self.pid} goes on and on")
        out, err = (Path(self._folder.name, name).read_text("utf-8") for name in ("out", "err"))
        return self.process.exitcode, out, err

    def close(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.join()
        self._folder.cleanup()


def run_command(arguments: Sequence[str]) -> None:
    """`python -m vae` in this process."""
    sys.argv = ["vae", *arguments]
    runpy.run_module("vae", run_name="__main__", alter_sys=True)


def _begin(
    printed: Sequence[str], variables: Mapping[str, str], function: Callable[..., object], arguments: Sequence[object]
) -> None:
    for number, path in enumerate(printed, 1):
        with open(path, "wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(variables)
    function(*arguments)
