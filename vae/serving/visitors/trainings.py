"""What the Train tab and its endpoints ask of the jobs on behalf of a visitor: pure of widgets."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from vae.config.config import Config, Parameter, parameters
from vae.config.fine_tuning import shaped
from vae.config.presets import PRESETS
from vae.messages.message import Message, UserError
from vae.serving.jobs.pace import Forecast
from vae.serving.jobs.service import Jobs, Status
from vae.serving.jobs.status_messages import message_of
from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.run_history import ModelFate, RunHistory
from vae.serving.visitors.session import BUNDLED, RefusedError, Session
from vae.text.corpus import validation_size

ENDED = ("done", "stopped", "diverged", "failed")  # after these a new training may begin
MODEL_STATES = ("done", "stopped", "diverged")  # in these the model is final
PARAMETERS: dict[str, Parameter] = {p.name: p for p in parameters()}
SERVER_DECIDES = ("threads",)
SCRATCH = ""  # "start from" nothing
SMALL = 1_000  # sentences; with fewer it is better to start from a ready model
LOOKED_AT = 100  # sentences by which it is told whether that model knows their words


def configure(preset: object, changes: Mapping[str, object]) -> Config:
    """A preset with some parameters changed. Every value may come from anywhere.

    Of the lengths, minutes that are given overrule steps, and both overrule the preset's.

    Raises:
        RefusedError: no such preset or parameter, or a value of the wrong type.
        ValueError: a value out of its range.
    """
    if not isinstance(preset, str) or preset not in PRESETS:
        raise RefusedError(Message("serving.no_preset", presets=", ".join(PRESETS)))
    typed: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in PARAMETERS or name in SERVER_DECIDES:
            raise RefusedError(Message("serving.no_parameter", name=str(name)[:40]))
        typed[name] = _typed(PARAMETERS[name], value)
    if typed.get("minutes") or ("steps" not in typed and not typed.keys().isdisjoint(("minutes", "epochs"))):
        typed["steps"] = 0
    return replace(PRESETS[preset].config, **typed)


def _typed(parameter: Parameter, value: object) -> object:
    """A number as the parameter's kind: pages and JSON do not tell 1 from 1.0."""
    if parameter.low is None:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        low, high = parameter.low, parameter.high
        raise RefusedError(Message("serving.parameter_not_number", name=parameter.label, low=low, high=high))
    if parameter.kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


class Owner(Protocol):
    """Whose run it is: a visitor, or a share that lets others watch it."""

    @property
    def owner(self) -> str: ...


class Trainings:
    """The runs of visitors. A visitor's run is their newest; the next can begin when it has ended."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._locks: weakref.WeakKeyDictionary[Session, threading.Lock] = weakref.WeakKeyDictionary()
        self._locking = threading.Lock()

    def newest(self, session: Session) -> str | None:
        """The id of the visitor's newest run, those aside not counted."""
        runs = [run for run in self._jobs.runs(session.owner) if not run.aside]
        return runs[-1].run_id if runs else None

    def find(self, session: Session, run: object = "") -> str:
        """`run`, or the newest when it is "". Raises RefusedError when there is none; whose it is, the jobs check."""
        if not isinstance(run, str):
            raise RefusedError(Message("serving.run_not_named"))
        found = run or self.newest(session)
        if found is None:
            raise RefusedError(Message("serving.no_training"))
        return found

    def status(self, watched: Owner, run: str) -> Status:
        """Where a run stands. Raises JobError when it is not theirs."""
        return self._jobs.status(watched.owner, run)

    def start(self, session: Session, config: Config, start_from: object = SCRATCH) -> str:
        """Queue a training on the visitor's text; returns the run's id. Two clicks start one run.

        The model of the run before is kept first: from now on nobody looks at that run.

        Raises:
            RefusedError: there is no text, no such model to start from, or a run that has not ended.
            JobError: the queue is full, or the text cannot be stored.
            CheckpointError: the model to start from is damaged.
        """
        session.check_open()
        corpus = session.corpus
        if corpus is None:
            raise RefusedError(session.text_problem or Message("serving.no_text"))
        with self._lock(session):
            run = self.newest(session)
            if run is not None:
                if self.status(session, run).state not in ENDED:
                    raise RefusedError(Message("serving.training_under_way"))
                with suppress(RefusedError):  # a model that is lost stands in nobody's way
                    self._collect_model(session, run)
            base = self._base(session, start_from)
            config = self._shaped(session, config, base)  # whatever was chosen
            return self._jobs.submit(session.owner, config, corpus, start_from=base.path if base else None)

    @staticmethod
    def suggested_base(session: Session) -> str:
        """What is best to start from: for a small text the bundled model, if it can write most of the words."""
        corpus = session.corpus if session.text and session.text.sentences < SMALL else None
        bundled = next((model for model in session.models() if model.id == BUNDLED), None)
        if corpus is None or bundled is None:
            return SCRATCH
        with suppress(UserError):  # that model is damaged
            text = " ".join(corpus.sentences[:LOOKED_AT])
            unknown = session.checkpoint(bundled).text_model.tokenizer.unknown_words(text)
            return BUNDLED if 2 * len(unknown) < len(set(text.split())) else SCRATCH
        return SCRATCH

    @staticmethod
    def _base(session: Session, start_from: object) -> ModelEntry | None:
        if start_from == SCRATCH:
            return None
        for model in session.models():
            if model.id == start_from:
                return model
        raise RefusedError(Message("serving.base_not_yours"))

    def forecast(self, session: Session, config: Config, start_from: object = SCRATCH) -> Forecast:
        """What can be told of a training on the visitor's text before it is started, in epochs, too.

        Raises:
            RefusedError: there is no such model to start from.
            CheckpointError: it is damaged.
        """
        config, text = self._shaped(session, config, self._base(session, start_from)), session.text
        if text and config.epochs and not (config.steps or config.minutes):
            learned = text.sentences - validation_size(text.sentences)
            config = replace(config, steps=math.ceil(config.epochs * math.ceil(learned / config.batch)))
        return self._jobs.forecast(session.owner, config)

    @staticmethod
    def _shaped(session: Session, config: Config, base: ModelEntry | None) -> Config:
        """The config with the shape that the model to start from decides, by which it is known what a step takes."""
        return shaped(config, session.checkpoint(base).config) if base else config

    def pause(self, session: Session, run: str) -> None:
        """Save the run's exact state and free its place. Raises JobError."""
        self._jobs.pause(session.owner, run)

    def resume(self, session: Session, run: str) -> None:
        """Queue a paused or failed run again. Raises JobError."""
        self._jobs.resume(session.owner, run)

    def stop(self, session: Session, run: str) -> None:
        """End a run and keep its best model. Raises JobError."""
        self._jobs.stop(session.owner, run)

    def history(self, watched: Owner, run: str) -> RunHistory:
        """All that a run has told so far. Raises JobError."""
        history = RunHistory(self.status(watched, run).family)
        history.add(self._jobs.events(watched.owner, run))
        return history

    def watch(self, watched: Owner, run: str) -> AsyncIterator[tuple[Status, list[Any]]]:
        """Its status and new events, from the first on, until it rests or has ended. Raises JobError."""
        return self._jobs.watch(watched.owner, run)

    def collect_model(self, session: Session, run: str, *, use: bool = True) -> None:
        """Make the model of an ended run one of the visitor's, and use it: once, whoever asks first.

        Who asks while that goes on waits until it is done. A run without a model is passed over.

        Args:
            use: whether to use it from now on.

        Raises:
            RefusedError: the model cannot be used.
            JobError: the run is not this visitor's.
        """
        with self._lock(session):
            self._collect_model(session, run, use)

    def model_fate(self, session: Session, run: str) -> ModelFate:
        """What has become of a run's model."""
        if run not in session.run_models:
            return ""
        if self._model_of(session, run) is None:
            return "gone"
        return "used" if session.model().id == session.run_models[run] else "kept"

    def model(self, session: Session, run: str) -> ModelEntry:
        """The model of a run, whichever is in use. Raises RefusedError when it is not among the visitor's."""
        model = self._model_of(session, run)
        if model is None:
            raise RefusedError(Message("serving.model_of_run_gone"))
        return model

    def _model_of(self, session: Session, run: str) -> ModelEntry | None:
        return next((model for model in session.models() if model.id == session.run_models.get(run)), None)

    def _lock(self, session: Session) -> threading.Lock:
        """One for each visitor: nobody waits for the model of somebody else."""
        with self._locking:
            return self._locks.setdefault(session, threading.Lock())

    def _collect_model(self, session: Session, run: str, use: bool = True) -> None:
        status = self.status(session, run)
        if status.state not in MODEL_STATES or status.model is None or run in session.run_models:
            return
        try:
            session.add_model(Path(status.model), "trained here", use=use, run=run)
        except (ValueError, OSError) as error:
            if isinstance(error, OSError):
                why = Message("serving.model_file_not_kept", reason=str(error.strerror))
            else:
                why = message_of(error)
            raise RefusedError(Message("serving.trained_but_unusable", why=why)) from error


def blocks_next(status: Status | None) -> bool:
    """Whether a run stands in the way of the next one."""
    return status is not None and status.state not in ENDED
