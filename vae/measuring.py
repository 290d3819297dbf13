"""Models measured and made to speak in a process of its own, so that a server stays swift and can break it off.

The process is niced, says how far it is over a pipe, and ends with its answer or with its parent's end of the pipe.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from vae.bell import Bell
from vae.figures import FIGURES, Evaluation

if TYPE_CHECKING:  # which brings torch: the parent needs none of it before it hears an answer
    from vae.checkpoint import Checkpoint
    from vae.latent import Point

_NICENESS = 10
SAID, GIVEN_BACK, STEPS = 6, 4, 7  # of each model, to be read
_log = logging.getLogger(__name__)


class MeasuringError(ValueError):
    """Nothing could be measured; the message is for the person."""


@dataclass(frozen=True, slots=True)
class Task:
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
class Measured:
    """A model's figures, and what it says: from random points, of the first sentences, between the two ends.

    The last two are empty where it has no space; `missing` tells why a figure is None.
    """

    evaluation: Evaluation
    missing: dict[str, str]
    kl: tuple[float, ...]  # of each dimension, as its file tells it: the order of its fingerprints
    said: tuple[Point, ...]
    given_back: tuple[Point, ...]
    way: tuple[Point, ...]


def measure(task: Task, say: Callable[[str], None] = lambda line: None) -> tuple[Measured, ...]:
    """Each of the models, in this process. Raises ValueError: a model or the text cannot be used."""
    from vae import checkpoint, evaluate

    loaded = {path: checkpoint.load(path) for path in (*task.models, *filter(None, [task.judge]))}
    models = [loaded[path] for path in task.models]
    figures = evaluate.compare(
        models, task.sentences, samples=task.samples, judge=loaded[task.judge] if task.judge else None,
        real=task.real or None, reverse=False, drawn=task.drawn, say=say,
    )  # fmt: skip
    return tuple(_shown(model, known, task) for model, known in zip(models, figures, strict=True))


def _shown(model: Checkpoint, known: Evaluation, task: Task) -> Measured:
    from vae import evaluate, latent

    missing = {name: evaluate.missing(known, name) for name in FIGURES if getattr(known, name) is None}
    tm, space = model.text_model, model.text_model.kind.space
    back = latent.reconstruct(tm, task.sentences[:GIVEN_BACK]) if space else ()
    way = latent.path(tm, *task.ends, steps=STEPS) if space and task.ends else ()
    return Measured(known, missing, model.info.kl, tuple(latent.sample(tm, SAID, seed=1)), tuple(back), tuple(way))


def _work(pipe: Connection, task: Task) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process; the parent decides
    if hasattr(os, "nice"):
        os.nice(max(0, _NICENESS - os.nice(0)))
    with suppress(OSError):  # the parent is gone
        try:
            pipe.send(measure(task, pipe.send))
        except ValueError as error:
            pipe.send(MeasuringError(str(error)))
        except OSError:
            raise
        except Exception:
            _log.error("measuring broke off: %s", traceback.format_exc())
            pipe.send(MeasuringError("Measuring broke off at an unexpected error; the server's log has the details."))


class Measurer:
    """Measures for a server, one task at a time, none of them longer than `limit` seconds: others wait for it."""

    def __init__(self, limit: float = 600.0) -> None:
        self._limit = limit
        # macOS has a fork server, too, but its system libraries do not survive a fork.
        self._context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        self._free, self._freed = True, Bell()

    async def measure(self, task: Task, say: Callable[[str], None]) -> tuple[Measured, ...]:
        """As `measure`, in a process; cancelling ends that.

        Args:
            say: is told how far it is, on this event loop.
        Raises:
            MeasuringError: a model or the text cannot be used, it took too long, or the process ended.
        """
        with self._freed.heard() as news:
            while not self._free:
                say("Waiting for another visitor's measuring.")
                news.clear()
                await news.wait()
        self._free = False
        try:
            return await asyncio.wait_for(self._in_process(task, say), self._limit)
        except asyncio.TimeoutError as error:
            minutes = f"{self._limit / 60:.0f} minutes"
            raise MeasuringError(
                f"Measuring took over {minutes}, so it was broken off. Use the command line."
            ) from error
        finally:
            self._free = True
            self._freed.ring()

    async def _in_process(self, task: Task, say: Callable[[str], None]) -> tuple[Measured, ...]:
        pipe, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(theirs, task), name="vae-measurer", daemon=True)  # type: ignore[attr-defined]
        starting = asyncio.ensure_future(asyncio.to_thread(process.start))  # the first waits for a server's imports
        try:
            await asyncio.shield(starting)
            theirs.close()
            while True:
                news = await asyncio.to_thread(pipe.recv)
                if isinstance(news, str):
                    say(news)
                elif isinstance(news, MeasuringError):
                    raise news
                else:
                    measured: tuple[Measured, ...] = news
                    return measured
        except (EOFError, OSError) as error:
            raise MeasuringError("Measuring ended early; perhaps the computer ran out of memory.") from error
        finally:
            await asyncio.wait({starting})
            theirs.close()
            if process.pid is not None:
                process.kill()  # so that a thread which still listens to it hears the end
                process.join()
