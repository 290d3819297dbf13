"""The process in which trainings run: it stays warm, does one task at a time, and answers over a pipe.

It says "ready"; its parent sends a `TrainingTask`, then perhaps "pause" or "stop"; it sends `Running` at each event,
and at last `Finished` or `Failed`. The events themselves go to the run's folder. When the pipe closes, the parent is
gone: a training saves its exact state, and the process ends. It does the same when it is told to terminate.
"""

from __future__ import annotations

import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from vae.config.config import Config
from vae.messages.message import UserError
from vae.serving.jobs.job import in_words
from vae.system.files import claimed
from vae.system.resources import ProcessLimits, is_out_of_memory
from vae.text.corpus import Corpus
from vae.training.events import Finished, Progress, Started
from vae.training.run_folder import Run

_PATIENCE, _PAUSE = 120.0, 0.2  # seconds to wait for a run's folder, and between two looks
_MEMORY = "There is not enough memory for this training. Choose a smaller model, a smaller batch or a shorter text."
_BUSY = "Another process is still at work on this training. Resume it in a minute."


@dataclass(frozen=True, slots=True)
class TrainingTask:
    """A training to run, or to go on with if its folder has a saved state.

    Args:
        folder: with the corpus in it.
        stop: only to save its model.
        threads: of the processor.
        seconds: of training, all in all, after which it stops by itself.
        parameters: weights that its model may have.
    """

    run_id: str
    folder: Path
    config: Config
    start_from: Path | None
    name: str
    stop: bool
    threads: int
    seconds: float
    parameters: int


@dataclass(frozen=True, slots=True)
class Running:
    """A training goes on; `left`: seconds that it still takes, once that is known."""

    left: float | None


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


class _Leave:
    """Somebody told the process to terminate: an idle one does at once, another saves its training first."""

    def __init__(self) -> None:
        self.busy = self.asked = False

    def __call__(self, *_: object) -> None:
        self.asked = True
        if not self.busy:
            sys.exit()


class _Control:
    """What the parent last asked for, or what has to be because nobody can ask any more."""

    def __init__(self, pipe: Connection, stop: bool, leave: _Leave) -> None:
        self._pipe, self._leave = pipe, leave
        self._request = "stop" if stop else "run"
        self.over = False  # whether the training took all the time that it may

    def __call__(self) -> str:
        try:
            while self._pipe.poll():
                self._request = self._pipe.recv()
        except (EOFError, OSError):
            self._request = "pause"
        if self._leave.asked:
            self._request = "pause"
        return "stop" if self.by_limit else self._request

    @property
    def by_limit(self) -> bool:
        return self.over and self._request == "run"


def work(pipe: Connection, manners: ProcessLimits) -> None:
    """Do the tasks that come through the pipe until it closes."""
    leave = _Leave()
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process; the parent decides
    manners.adopt()
    import torch  # in here: the parent knows this module, too, and has no need of torch

    with suppress(EOFError, OSError):
        pipe.send("ready")
        while not leave.asked:
            task = pipe.recv()
            if isinstance(task, TrainingTask):  # anything else was asked of a run that had just ended
                leave.busy = True
                torch.set_num_threads(task.threads)
                pipe.send(_run(pipe, task, _Control(pipe, task.stop, leave)))
                leave.busy = False


def _run(pipe: Connection, task: TrainingTask, control: _Control) -> Finished | Failed:
    try:
        if not _free(task.folder, control):
            return Finished(0, 0, "paused", None, "Paused.") if control() == "pause" else Failed(_BUSY, _BUSY)
        return _train(pipe, task, control)
    except Exception as error:
        return _explain(error)


def _free(folder: Path, control: _Control) -> bool:
    """Whether a run's folder is, or soon gets, free: processes of a server that was killed save their trainings."""
    end = time.monotonic() + _PATIENCE
    while True:
        with suppress(ValueError), claimed(folder):
            return True
        if time.monotonic() > end or control() == "pause":
            return False
        time.sleep(_PAUSE)


def _train(pipe: Connection, task: TrainingTask, control: _Control) -> Finished | Failed:
    from vae.training.plan import RunDescription  # brings torch
    from vae.training.train import train

    run = Run(task.folder)
    resume = run.state.exists()
    if task.stop and not resume:
        return Finished(0, 0, "stopped", None, "Cancelled before it had a model.")
    finished = None
    for event in train(
        None if resume else task.config,
        None if resume else Corpus.from_json(run.corpus.read_bytes()),
        task.folder,
        start_from=task.start_from,
        resume=resume,
        control=control,
        about=RunDescription(name=task.name),
    ):
        finished, left = None, None
        match event:
            case Started() if event.parameters > task.parameters:
                return Failed(too_large(event.parameters, task.parameters), "too many weights", resumable=False)
            case Progress():
                left = min(event.seconds_left, task.seconds - event.seconds)
                control.over = event.seconds >= task.seconds
            case Finished():
                finished = event
        with suppress(OSError):  # the parent is gone: the next step sees it and saves
            pipe.send(Running(left))
    if finished is None:
        raise RuntimeError("the training ended without saying how")
    if control.by_limit and finished.reason == "stopped":
        limit = in_words(task.seconds)
        message = f"It reached the limit of {limit} for a training on this server, and ended. Its best model is kept."
        return replace(finished, message=message)
    return finished


def too_large(parameters: int, limit: int, least: str = "") -> str:
    """What somebody is told whose model has too many weights."""
    size = f"{parameters / 1e6:.1f} million weights"
    return f"This model has {least}{size}, and this server allows {limit / 1e6:g} million. Choose smaller sizes."


def _explain(error: Exception) -> Failed:
    details = traceback.format_exc()
    if is_out_of_memory(error):
        return Failed(_MEMORY, details, resumable=False)
    if isinstance(error, UserError):
        return Failed(str(error), details, resumable=False)
    if isinstance(error, OSError):
        return Failed(f"The training could not read or write its files ({error.strerror or error}).", details)
    return Failed("The training broke off at an unexpected error; the server's log has the details.", details)
