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
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae.evaluation.figures import FIGURES, Evaluation
from vae.messages.message import UserError
from vae.system.notifier import Notifier
from vae.system.resources import ProcessLimits, cores, is_out_of_memory

if TYPE_CHECKING:  # which brings torch: the parent needs none of it before it hears an answer
    from vae.model.checkpoint import Checkpoint
    from vae.model.text_model import Point

SAID, GIVEN_BACK, STEPS = 6, 4, 7  # of each model, to be read
WAITING = 30  # at once, at most
ENDED = "Measuring ended early; perhaps the computer ran out of memory."
NO_MEMORY = "There is not enough memory to measure this. Choose fewer or smaller models, or a shorter text."
BROKE_OFF = "Measuring broke off at an unexpected error; the server's log has the details."
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
        samples: draws a sentence of the bound on its likelihood.
        drawn: sentences drawn at random from each.
        ends: two of the sentences, between which each goes its way; or none.
    """

    models: tuple[Path, ...]
    sentences: tuple[str, ...]
    real: tuple[str, ...] = ()
    judge: Path | None = None
    samples: int = 20
    drawn: int = 200
    ends: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """A model's figures, and what it says: from random points, of the first sentences, between the two ends.

    The last two are empty where it has no space; `missing` tells why a figure is None.
    """

    evaluation: Evaluation
    missing: dict[str, str]
    kl: tuple[float, ...]  # of each dimension, as its file tells it: the order of its fingerprints
    said: tuple[Point, ...]
    given_back: tuple[Point, ...]
    way: tuple[Point, ...]


def measure(task: EvaluationTask, say: Callable[[str], None] = lambda line: None) -> tuple[EvaluatedModel | str, ...]:
    """Each of the models, in this process; of one that cannot be loaded, why. A judge that cannot be is done without.

    Raises:
        ValueError: none of the models can be loaded, or the text cannot be used.
    """
    from vae.evaluation import evaluate

    read = {path: _load(path) for path in (*task.models, *filter(None, [task.judge]))}
    lost = {path: why for path, why in read.items() if isinstance(why, str)}
    loaded = {path: model for path, model in read.items() if not isinstance(model, str)}
    models = [path for path in task.models if path in loaded]
    if not models:
        raise EvaluationError(lost[task.models[0]])
    figures = evaluate.compare(
        [loaded[path] for path in models], task.sentences, samples=task.samples,
        judge=loaded.get(task.judge) if task.judge else None, real=task.real or None, reverse=False, drawn=task.drawn,
        say=say,
    )  # fmt: skip
    shown = iter([_shown(loaded[path], known, task) for path, known in zip(models, figures, strict=True)])
    return tuple(next(shown) if path in loaded else lost[path] for path in task.models)


def _load(path: Path) -> Checkpoint | str:
    """A model, or why it cannot be loaded."""
    from vae.model import checkpoint

    try:
        return checkpoint.load(path)
    except ValueError as error:
        return str(error)


def _shown(model: Checkpoint, known: Evaluation, task: EvaluationTask) -> EvaluatedModel:
    from vae.evaluation import evaluate
    from vae.model import interpolation, text_model

    missing = {name: evaluate.missing(known, name) for name in FIGURES if getattr(known, name) is None}
    tm, space = model.text_model, model.text_model.kind.space
    back = text_model.reconstruct(tm, task.sentences[:GIVEN_BACK]) if space else ()
    way = interpolation.interpolate(tm, *task.ends, steps=STEPS) if space and task.ends else ()
    return EvaluatedModel(
        known, missing, model.info.kl, tuple(text_model.sample(tm, SAID, seed=1)), tuple(back), tuple(way)
    )


def _work(pipe: Connection, task: EvaluationTask, manners: ProcessLimits, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process; the parent decides
    manners.adopt()
    import torch  # in here: the parent knows this module, too, and has no need of torch

    torch.set_num_threads(threads or cores())  # its parent answers on one
    with suppress(OSError):  # the parent is gone
        try:
            pipe.send(measure(task, pipe.send))
        except ValueError as error:
            pipe.send(EvaluationError(str(error)))
        except OSError:
            raise
        except Exception as error:
            _log.error("measuring broke off: %s", traceback.format_exc())
            pipe.send(EvaluationError(NO_MEMORY if is_out_of_memory(error) else BROKE_OFF))


class EvaluationRunner:
    """Measures for a server, one task at a time; others wait in a queue.

    Args:
        limit: seconds that a task may take.
        manners: of its process.  threads: of that; 0: as many as there are cores.
    """

    def __init__(self, limit: float = 600.0, manners: ProcessLimits | None = None, threads: int = 0) -> None:
        self._limit, self._manners, self._threads = limit, manners or ProcessLimits(), threads
        # macOS has a fork server, too, but its system libraries do not survive a fork.
        self._context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        self._queue: list[object] = []  # the first is being measured
        self._moved = Notifier()

    async def measure(self, task: EvaluationTask, say: Callable[[str], None]) -> tuple[EvaluatedModel | str, ...]:
        """As `measure`, in a process; cancelling ends that.

        Args:
            say: is told how far it is, on this event loop.
        Raises:
            MeasuringError: too many wait, no model or not the text can be used, it took too long, or the process ended.
        """
        if len(self._queue) > WAITING:
            raise EvaluationError(f"{WAITING} others wait to be measured already. Try again in a few minutes.")
        mine = object()
        self._queue.append(mine)
        try:
            with self._moved.heard() as news:
                while place := self._queue.index(mine):
                    say(f"Number {place} in the queue.")
                    await news.wait()
                    news.clear()
            return await asyncio.wait_for(self._in_process(task, say), self._limit)
        except asyncio.TimeoutError as error:
            minutes = f"{self._limit / 60:.0f} minutes"
            raise EvaluationError(
                f"Measuring took over {minutes}, so it was broken off. Use the command line."
            ) from error
        finally:
            self._queue.remove(mine)
            self._moved.ring()

    async def _in_process(self, task: EvaluationTask, say: Callable[[str], None]) -> tuple[EvaluatedModel | str, ...]:
        pipe, theirs = self._context.Pipe(duplex=False)
        given = {"target": _work, "args": (theirs, task, self._manners, self._threads)}
        process = self._context.Process(**given, name="vae-measurer", daemon=True)  # type: ignore[attr-defined]
        starting = asyncio.ensure_future(asyncio.to_thread(process.start))  # the first waits for a server's imports
        try:
            await asyncio.shield(starting)
            theirs.close()
            heard: asyncio.Queue[Any] = asyncio.Queue()
            loop = asyncio.get_running_loop()

            def tell(news: Any) -> None:
                loop.call_soon_threadsafe(heard.put_nowait, news)

            # A daemon of our own: the loop's threads are waited for when the server ends, however long they listen.
            threading.Thread(target=_listen, args=(pipe, tell), name="vae-measurer", daemon=True).start()
            while isinstance(news := await heard.get(), str):
                say(news)
        except (EOFError, OSError) as error:
            raise EvaluationError(ENDED) from error
        finally:
            await asyncio.wait({starting})
            theirs.close()
            if process.pid is not None:
                process.kill()  # so that the thread which listens to it hears the end
                process.join()
        if news is None:
            raise EvaluationError(ENDED)
        if isinstance(news, EvaluationError):
            raise news
        measured: tuple[EvaluatedModel | str, ...] = news
        return measured


def _listen(pipe: Connection, tell: Callable[[Any], object]) -> None:
    """Hand on what comes, and None at its end."""
    with pipe, suppress(EOFError, OSError, RuntimeError):  # the process is gone, or the loop
        while True:
            tell(pipe.recv())
    with suppress(RuntimeError):
        tell(None)
