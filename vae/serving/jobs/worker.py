"""The process in which trainings run: it stays warm, does one task at a time, and answers over a pipe.

It says "ready"; its parent sends a `TrainingTask`, then perhaps "pause" or "stop"; it sends `Running` at each event,
and at last `Ended` or `Failed`. The events themselves go to the run's folder. When the pipe closes, the parent is
gone: a training saves its exact state, and the process ends. It does the same when it is told to terminate.
"""

from __future__ import annotations

import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from vae.config.config import Config
from vae.messages.message import Message, UserError
from vae.serving.jobs import status_messages
from vae.system.files import locked_folder
from vae.system.resources import ProcessLimits, is_out_of_memory
from vae.text.corpus import Corpus
from vae.training.events import Finished, Progress, Started
from vae.training.run_folder import Run

_SETTLED = 20  # steps after which the pace tells how long a training takes: the first ones pay for kernels and memory
_FOLDER_WAIT, _FOLDER_POLL = 120.0, 0.2  # seconds to wait for a run's folder, and between two looks


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
    """A training goes on; `seconds_left`: that it still takes, once that is known, for `steps_left` of its `steps`."""

    seconds_left: float | None
    steps_left: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """A training came to its end, as its last event says; `message`: the same, for the person."""

    reason: str
    step: int
    message: Message


@dataclass(frozen=True, slots=True)
class Failed:
    """A training broke off.

    Args:
        message: a sentence for the person.
        details: for the log.
        resumable: False when it would break off again in the same way.
    """

    message: Message
    details: str
    resumable: bool = True


Report = Running | Ended | Failed


class _Termination:
    """Somebody told the process to terminate: an idle one does at once, another saves its training first."""

    def __init__(self) -> None:
        self.busy = self.requested = False

    def __call__(self, *_: object) -> None:
        self.requested = True
        if not self.busy:
            sys.exit()


class _Control:
    """What the parent last asked for, or what has to be because nobody can ask any more."""

    def __init__(self, pipe: Connection, stop: bool, termination: _Termination) -> None:
        self._pipe, self._termination = pipe, termination
        self._request = "stop" if stop else "run"
        self.time_is_up = False  # whether the training took all the time that it may

    def __call__(self) -> str:
        try:
            while self._pipe.poll():
                self._request = self._pipe.recv()
        except (EOFError, OSError):
            self._request = "pause"
        if self._termination.requested:
            self._request = "pause"
        return "stop" if self.stops_by_limit else self._request

    @property
    def stops_by_limit(self) -> bool:
        return self.time_is_up and self._request == "run"


def work(pipe: Connection, limits: ProcessLimits) -> None:
    """Do the tasks that come through the pipe until it closes."""
    termination = _Termination()
    signal.signal(signal.SIGTERM, termination)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process; the parent decides
    limits.apply()
    import torch  # in here: the parent knows this module, too, and has no need of torch

    with suppress(EOFError, OSError):
        pipe.send("ready")
        while not termination.requested:
            task = pipe.recv()
            if isinstance(task, TrainingTask):  # anything else was asked of a run that had just ended
                termination.busy = True
                torch.set_num_threads(task.threads)
                pipe.send(_run(pipe, task, _Control(pipe, task.stop, termination)))
                termination.busy = False


def _run(pipe: Connection, task: TrainingTask, control: _Control) -> Ended | Failed:
    try:
        if not _folder_is_free(task.folder, control):
            if control() == "pause":
                return Ended("paused", 0, status_messages.PAUSED)
            busy = Message("serving.folder_busy")
            return Failed(busy, str(busy))
        return _train(pipe, task, control)
    except Exception as error:
        return _failure(error)


def _folder_is_free(folder: Path, control: _Control) -> bool:
    """Whether a run's folder is, or soon gets, free: processes of a server that was killed save their trainings."""
    end = time.monotonic() + _FOLDER_WAIT
    while True:
        with suppress(ValueError), locked_folder(folder):
            return True
        if time.monotonic() > end or control() == "pause":
            return False
        time.sleep(_FOLDER_POLL)


def _train(pipe: Connection, task: TrainingTask, control: _Control) -> Ended | Failed:
    from vae.training.plan import RunDescription  # brings torch
    from vae.training.train import train

    run = Run(task.folder)
    resume = run.state.exists()
    if task.stop and not resume:
        return Ended("stopped", 0, status_messages.CANCELLED)
    finished, settled = None, _SETTLED
    for event in train(
        None if resume else task.config,
        None if resume else Corpus.from_json(run.corpus.read_bytes()),
        task.folder,
        start_from=task.start_from,
        resume=resume,
        control=control,
        description=RunDescription(name=task.name),
    ):
        finished, running = None, Running(None)
        match event:
            case Started() if event.parameters > task.parameters:
                message = status_messages.too_large(event.parameters, task.parameters)
                return Failed(message, "too many weights", resumable=False)
            case Started():
                settled = event.step + _SETTLED
            case Progress():
                if event.step >= settled:
                    left = min(event.seconds_left, task.seconds - event.seconds)
                    running = Running(left, event.steps - event.step, event.steps)
                control.time_is_up = event.seconds >= task.seconds
            case Finished():
                finished = event
        with suppress(OSError):  # the parent is gone: the next step sees it and saves
            pipe.send(running)
    if finished is None:
        raise RuntimeError("the training ended without saying how")
    by_limit = control.stops_by_limit and finished.reason == "stopped"
    message = status_messages.time_limit(task.seconds) if by_limit else status_messages.ending(finished)
    return Ended(finished.reason, finished.step, message)


def _failure(error: Exception) -> Failed:
    details = traceback.format_exc()
    if is_out_of_memory(error):
        return Failed(Message("serving.training_out_of_memory"), details, resumable=False)
    if isinstance(error, UserError):
        return Failed(error.message, details, resumable=False)
    if isinstance(error, OSError):
        return Failed(Message("serving.training_files", reason=str(error.strerror or error)), details)
    return Failed(Message("serving.training_unforeseen"), details)
