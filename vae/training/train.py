"""A training as a generator of events. It depends on no consumer: the command line, a notebook, a test and a
worker process iterate the same thing.

A run is a folder, written as it goes, so that it can be stopped at any moment and gone on with exactly: the
randomness of a step follows from the seed and the step's number, and nothing else is carried along but weights,
Adam's moments and the best loss so far.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from vae.config.config import Config
from vae.data.prepare import Control
from vae.messages.message import Message, UserError
from vae.system import distributed
from vae.system.files import locked_folder
from vae.text.corpus import Corpus
from vae.text.text_file import TextFile
from vae.training.duration import threads_restored
from vae.training.events import Event, to_json
from vae.training.plan import RunDescription
from vae.training.run_folder import Run
from vae.training.trainer import Trainer


def train(
    config: Config | None,
    text: Corpus | TextFile | None,
    folder: Path | str,
    *,
    validation: Corpus | TextFile | None = None,
    start_from: Path | str | None = None,
    resume: bool = False,
    control: Control = lambda: "run",
    started: float | None = None,
    description: RunDescription | None = None,
) -> Iterator[Event]:
    """Train a model, step by step, as its events are taken. Each is appended to the run's folder as well.

    Args:
        config, text: None with `resume`, since what it takes to go on is in the folder.
        folder: the run's own, made if it is missing.
        validation: sentences to choose the best model by; None holds out some of the text.
        start_from: a model file whose tokenizer, shape and weights to begin with (fine-tuning).
        resume: go on from the folder's saved state, to the same weights as a run that was never interrupted.
        control: called before every step: "run"; "pause" saves the state and ends the generator; "stop" measures and
            saves the model, then ends it.
        started: `time.monotonic()` at which the user's wait began; `config.minutes` counts from it (but not the
            preparation of a text past 20 MB).
        description: the model's name and the credit for its text, for its file.
    Yields:
        Started, then Progress, Evaluated and Saved, then one Finished.
    Raises:
        ValueError: the folder holds no run to resume, another process is at work in it, or a parameter does not fit
            the text.
        CheckpointError: `start_from` cannot be used.
        CorpusError: the text is too small to train on.

    >>> for event in train(Config(family="lm", hidden=64, steps=10), corpus, "run"):
    ...     print(type(event).__name__)
    Started
    ...
    Finished
    >>> event.reason, event.step, Path(event.path).name
    ('done', 10, 'best.safetensors')
    """
    run = Run(Path(folder))
    started = time.monotonic() if started is None else started
    first = distributed.rank() == 0
    if first and resume and not run.state.exists():
        raise UserError(Message("training.nothing_to_resume", folder=run.folder.name))
    with threads_restored(), locked_folder(run.folder) if first else nullcontext():
        if distributed.broadcast_from_first(resume):
            trainer = Trainer.resume(run)
        else:
            trainer = Trainer.new(
                run, config, text, validation, start_from, description or RunDescription(), control, started
            )
        for event in trainer.events(control, started):
            if first:
                run.append_event(to_json(event))
            yield event
