"""Models measured and made to speak in a process of its own, so that a server stays swift and can break it off.

The process is niced, says how far it is over a pipe, and ends with its answer or with its parent's end of the pipe.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES
from vae.evaluation.missing_figures import reason_missing
from vae.messages.message import Message, UserError
from vae.serving.jobs.status_messages import message_of
from vae.system import zero_gpu
from vae.system.notifier import Notifier
from vae.system.resources import ProcessLimits, cores, is_out_of_memory

if TYPE_CHECKING:  # which brings torch: the parent needs none of it before it hears an answer
    from vae.model.checkpoint import Checkpoint
    from vae.model.text_model import Point

SAMPLES, RECONSTRUCTIONS, STEPS = 6, 4, 7  # of each model, to be read
MAX_WAITING = 30  # tasks at once
CARD_SECONDS = 60  # on a graphics card that is lent
Report = Callable[[Message], None]  # is told how far it is
_log = logging.getLogger(__name__)


class EvaluationError(UserError):
    """Nothing could be measured; the message is for the person."""


@dataclass(frozen=True, slots=True)
class EvaluationTask:
    """What to measure, and how thoroughly.

    Args:
        models: their files.
        sentences: that none of them has learned from.
        real: sentences that they have learned from, to tell what is copied; or none.
        judge: the file of the language model that tells how fluent they are, perhaps one of them; or none.
        draws: a sentence, for the bound on its likelihood.
        samples: sentences drawn at random from each.
        ends: two of the sentences, between which each interpolates; or none.
    """

    models: tuple[Path, ...]
    sentences: tuple[str, ...]
    real: tuple[str, ...] = ()
    judge: Path | None = None
    draws: int = 20
    samples: int = 200
    ends: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """A model's figures, and what it says: from random points, of the first sentences, between the two ends.

    The last two are empty where it has no space; `missing` tells why a figure is None.
    """

    evaluation: Evaluation
    missing: dict[str, Message]
    kl: tuple[float, ...]  # of each dimension, as its file tells it: the order of its fingerprints
    samples: tuple[Point, ...]
    reconstructions: tuple[Point, ...]
    interpolation: tuple[Point, ...]


def measure(
    task: EvaluationTask, report: Report = lambda message: None, device: str = "cpu"
) -> tuple[EvaluatedModel | Message, ...]:
    """Each of the models, in this process; of one that cannot be loaded, why. A judge that cannot be is done without.

    Args:
        device: "cpu" or "cuda", where they compute.
    Raises:
        EvaluationError: none of the models can be loaded.
        ValueError: the text cannot be used.
    """
    from vae.evaluation import evaluate

    read = {path: _load(path, device) for path in (*task.models, *filter(None, [task.judge]))}
    unusable = {path: why for path, why in read.items() if isinstance(why, Message)}
    loaded = {path: model for path, model in read.items() if not isinstance(model, Message)}
    models = [path for path in task.models if path in loaded]
    if not models:
        raise EvaluationError(unusable[task.models[0]])
    figures = evaluate.compare(
        [loaded[path] for path in models], task.sentences, samples=task.draws,
        judge=loaded.get(task.judge) if task.judge else None, real=task.real or None, reverse=False, drawn=task.samples,
        report=report,
    )  # fmt: skip
    evaluated = iter([_evaluated(loaded[path], known, task) for path, known in zip(models, figures, strict=True)])
    return tuple(next(evaluated) if path in loaded else unusable[path] for path in task.models)


def _load(path: Path, device: str) -> Checkpoint | Message:
    """A model, or why it cannot be loaded."""
    from vae.model import checkpoint

    try:
        return checkpoint.load(path, device)
    except ValueError as error:
        return message_of(error)


def _evaluated(model: Checkpoint, evaluation: Evaluation, task: EvaluationTask) -> EvaluatedModel:
    from vae.model import interpolation, text_model

    reasons = {name: reason_missing(evaluation, name) for name in FIGURES}
    tm, space = model.text_model, model.text_model.spec.has_latent_space
    return EvaluatedModel(
        evaluation,
        {name: reason for name, reason in reasons.items() if reason is not None},
        model.info.kl,
        tuple(text_model.sample(tm, SAMPLES, made_up=False, seed=1)),
        tuple(text_model.reconstruct(tm, task.sentences[:RECONSTRUCTIONS], refine=0)) if space else (),
        tuple(interpolation.interpolate(tm, *task.ends, steps=STEPS)) if space and task.ends else (),
    )


def _work(pipe: Connection, task: EvaluationTask, limits: ProcessLimits, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process; the parent decides
    limits.apply()
    import torch  # in here: the parent knows this module, too, and has no need of torch

    torch.set_num_threads(threads or cores())  # its parent answers on one
    with suppress(OSError):  # the parent is gone
        try:
            pipe.send(measure(task, pipe.send))
        except ValueError as error:
            pipe.send(EvaluationError(message_of(error)))
        except OSError:
            raise
        except Exception as error:
            _log.error("measuring broke off: %s", traceback.format_exc())
            out_of_memory = is_out_of_memory(error)
            message = Message("serving.measuring_out_of_memory" if out_of_memory else "serving.measuring_unforeseen")
            pipe.send(EvaluationError(message))


def _measure_on_card(task: EvaluationTask) -> tuple[EvaluatedModel | Message, ...] | EvaluationError:
    """As `measure`, where a card is lent. That nothing can be measured is an answer, so that it is not tried again."""
    try:
        return measure(task, device="cuda")
    except ValueError as error:
        return EvaluationError(message_of(error))


def _without_card(report: Report, message: Message) -> None:
    report(Message("serving.measuring_without_card", message=message))


class EvaluationRunner:
    """Measures for a server, one task at a time; others wait in a queue.

    Where a graphics card is lent (`zero_gpu`), it is asked for that first; a process of the server's own does what it
    refuses.

    Args:
        limit: seconds that a task may take.
        process_limits, threads: of its process; 0 threads: as many as there are cores.
    """

    def __init__(self, limit: float = 600.0, process_limits: ProcessLimits | None = None, threads: int = 0) -> None:
        self._limit, self._process_limits, self._threads = limit, process_limits or ProcessLimits(), threads
        # macOS has a fork server, too, but its system libraries do not survive a fork.
        self._context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        self._on_card = zero_gpu.lent(_measure_on_card, CARD_SECONDS)
        self._queue: list[object] = []  # the first is being measured
        self._moved = Notifier()

    async def measure(self, task: EvaluationTask, report: Report) -> tuple[EvaluatedModel | Message, ...]:
        """As `measure`, in a process; cancelling ends that.

        Args:
            report: is called on this event loop.
        Raises:
            EvaluationError: too many wait, no model or not the text can be used, it took too long, or the process
                ended.
        """
        if len(self._queue) > MAX_WAITING:
            raise EvaluationError(Message("serving.measuring_queue_full", waiting=MAX_WAITING))
        ticket = object()
        self._queue.append(ticket)
        try:
            with self._moved.subscribe() as moved:
                while place := self._queue.index(ticket):
                    report(Message("serving.measuring_place", place=place))
                    await moved.wait()
                    moved.clear()
            return await asyncio.wait_for(self._anywhere(task, report), self._limit)
        except asyncio.TimeoutError as error:
            raise EvaluationError(Message("serving.measuring_too_slow", minutes=self._limit / 60)) from error
        finally:
            self._queue.remove(ticket)
            self._moved.notify()

    async def _anywhere(self, task: EvaluationTask, report: Report) -> tuple[EvaluatedModel | Message, ...]:
        if self._on_card is None:
            return await self._in_process(task, report)
        report(Message("serving.measuring_on_card"))
        try:
            found = await asyncio.to_thread(self._on_card, task)
        except Exception as error:  # no class of its own tells that none is lent, or that it was taken away
            _log.warning("no graphics card was lent: %s", error)
            return await self._in_process(task, partial(_without_card, report))
        if isinstance(found, EvaluationError):
            raise found
        return found

    async def _in_process(self, task: EvaluationTask, report: Report) -> tuple[EvaluatedModel | Message, ...]:
        pipe, child_pipe = self._context.Pipe(duplex=False)
        arguments = {"target": _work, "args": (child_pipe, task, self._process_limits, self._threads)}
        process = self._context.Process(**arguments, name="vae-measurer", daemon=True)  # type: ignore[attr-defined]
        starting = asyncio.ensure_future(asyncio.to_thread(process.start))  # the first waits for a server's imports
        try:
            await asyncio.shield(starting)
            child_pipe.close()
            received: asyncio.Queue[Any] = asyncio.Queue()
            loop = asyncio.get_running_loop()

            def pass_on(item: Any) -> None:
                loop.call_soon_threadsafe(received.put_nowait, item)

            # A daemon of our own: the loop's threads are waited for when the server ends, however long they listen.
            threading.Thread(target=_receive, args=(pipe, pass_on), name="vae-measurer", daemon=True).start()
            while isinstance(item := await received.get(), Message):
                report(item)
        except (EOFError, OSError) as error:
            raise EvaluationError(Message("serving.measuring_ended_early")) from error
        finally:
            await asyncio.wait({starting})
            child_pipe.close()
            if process.pid is not None:
                process.kill()  # so that the thread which listens to it gets to the end
                process.join()
        if item is None:
            raise EvaluationError(Message("serving.measuring_ended_early"))
        if isinstance(item, EvaluationError):
            raise item
        evaluated: tuple[EvaluatedModel | Message, ...] = item
        return evaluated


def _receive(pipe: Connection, pass_on: Callable[[Any], object]) -> None:
    """Hand on what comes, and None at its end, whatever that is."""
    try:
        with pipe, suppress(EOFError, OSError, RuntimeError):  # the process is gone, or the loop
            while True:
                pass_on(pipe.recv())
    finally:
        with suppress(RuntimeError):
            pass_on(None)
