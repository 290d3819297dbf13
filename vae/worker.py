"""The process in which trainings run: it stays warm, does one task at a time, and answers over a pipe.

It says "ready"; its parent sends a `Task`, then perhaps "pause" or "stop"; it says "running" at each event,
and at last sends `Finished` or `Failed`. The events themselves go to the run's folder. When the pipe closes,
the parent is gone: a training saves its exact state, and the process ends.
"""

from __future__ import annotations

import os
import signal
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from vae.config import Config
from vae.corpus import Corpus
from vae.events import Finished
from vae.store import Run

_NICENESS = 10  # so that pages and sliders stay swift


@dataclass(frozen=True, slots=True)
class Task:
    """A training to run, or to go on with if its folder has a saved state; `stop`: only to save its model."""

    run_id: str
    folder: Path  # with the corpus in it
    config: Config
    start_from: Path | None
    name: str
    stop: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """A training broke off.

    Args:
        message: a sentence for the person.
        details: for the log.
        resumable: False when it would break off again in the same way.
    """

    message: str
    details: str
    resumable: bool = True


class _Control:
    """What the parent last asked for."""

    def __init__(self, pipe: Connection, stop: bool) -> None:
        self.pipe = pipe
        self.request = "stop" if stop else "run"

    def __call__(self) -> str:
        try:
            while self.pipe.poll():
                self.request = self.pipe.recv()
        except (EOFError, OSError):
            self.request = "pause"
        return self.request


def work(pipe: Connection, threads: int) -> None:
    """Do the tasks that come through the pipe until it closes, at low priority and on `threads` threads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process; the parent decides
    if hasattr(os, "nice"):
        os.nice(max(0, _NICENESS - os.nice(0)))
    import torch  # in here: the parent knows this module, too, and has no need of torch

    with suppress(EOFError, OSError):
        pipe.send("ready")
        while True:
            task = pipe.recv()
            if isinstance(task, Task):  # anything else was asked of a run that had just ended
                torch.set_num_threads(threads)
                pipe.send(_run(pipe, task))


def _run(pipe: Connection, task: Task) -> Finished | Failed:
    from vae.plan import About  # brings torch
    from vae.train import train

    run = Run(task.folder)
    resume = run.state.exists()
    finished = None
    try:
        for event in train(
            None if resume else task.config,
            None if resume else Corpus.from_json(run.corpus.read_bytes()),
            task.folder,
            start_from=task.start_from,
            resume=resume,
            control=_Control(pipe, task.stop),
            about=About(name=task.name),
        ):
            finished = event if isinstance(event, Finished) else None
            with suppress(OSError):  # the parent is gone: the next step sees it and saves
                pipe.send("running")
        if finished is None:
            raise RuntimeError("the training ended without saying how")
        return finished
    except Exception as error:
        return _explain(error)


def _explain(error: Exception) -> Failed:
    details = traceback.format_exc()
    if isinstance(error, ValueError) and type(error).__module__.startswith(f"{__package__}."):
        return Failed(str(error), details, resumable=False)
    if isinstance(error, OSError):
        return Failed(f"The training could not read or write its files ({error.strerror or error}).", details)
    return Failed("The training broke off at an unexpected error; the server's log has the details.", details)
