"""What belongs to one visitor, found by an unguessable token.

Nothing of a visitor is global: the text, the models and the model in use hang on a `Session`, which only
its token opens. What is in it stands in the server's records and files, so that it is there again after a restart.
"""

from __future__ import annotations

import filecmp
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae.messages.message import Message, UserError
from vae.serving.records.rows import CorpusRow, ModelRow, ShareRow, VisitorRow
from vae.serving.visitors.model_cache import count_weights
from vae.serving.visitors.model_entry import USUAL_FAMILY, ModelEntry
from vae.serving.visitors.shared_state import SharedState
from vae.serving.visitors.streams import OpenStreams
from vae.system.files import link_or_copy
from vae.text.corpus import CorpusError
from vae.text.readable_name import readable_name

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint
    from vae.text.corpus import Corpus

BUNDLED = "bundled"  # the id of the model that stands ready for everybody
UNKNOWN = Message("serving.unknown_visit")


class RefusedError(UserError):
    """Something cannot be done; the message says what, and what to do, to the person who asked."""


class OvertakenError(RefusedError):
    """What somebody has asked for is not done, since they have asked for something else after it."""


class Session:
    """One visitor: their text, their models, the model in use. `owner` names them to the jobs, not to the world.

    Args:
        row: what is known of them.
        secret: bytes that only whoever has the visitor's token can make.
    """

    def __init__(self, shared: SharedState, row: VisitorRow, secret: bytes = b"") -> None:
        self.owner = row.owner
        self.secret = secret
        self.limits = shared.limits
        self.run_models: dict[str, str] = {}  # runs whose model has been added: the model's id
        self.pinned: dict[str, set[str]] = {}  # models that must not go now, by what needs them
        self.streams = OpenStreams()
        self.text_problem: Message | None = None  # why the text is no longer there
        self._shared = shared
        self._row = row
        self._ended = False
        self._lock = threading.RLock()
        self._turn = 0  # of the text that was asked for last
        self._models: dict[str, ModelEntry] = {}
        for found in shared.records.every(ModelRow, owner=self.owner):
            path = shared.model_file(found.id)
            if path.is_file():
                self._models[found.id] = ModelEntry(found.id, found.name, found.origin, path, found.family)
                self.run_models.update({found.run: found.id} if found.run else {})
        self._text = shared.records.one(CorpusRow, id=row.corpus, owner=self.owner) if row.corpus else None
        if row.corpus and self._text is None:  # it was tidied away, because its file was lost
            self.text_problem = Message("serving.text_lost")

    # ---- the text ----

    @property
    def text(self) -> CorpusRow | None:
        """What is known of the visitor's text, if there is one; `corpus` reads it."""
        return self._text

    @property
    def corpus(self) -> Corpus | None:
        """The visitor's text, which may have to be read from its file: not on the event loop.

        None where there is none; when it could not be read any more, `text_problem` says so.
        """
        text = self._text
        if text is None:
            return None
        try:
            return self._shared.corpora.load(text.id)
        except CorpusError:
            with self._lock:
                if self._text is text:
                    self.text_problem = Message("serving.named_text_lost", name=text.name)
                    self._replace_corpus(None)
            return None

    def take_turn(self) -> int:
        """A turn for a text that is asked for now: those that are still read then have lost theirs."""
        with self._lock:
            self._turn += 1
            return self._turn

    def check_turn(self, turn: int) -> None:
        """Raises OvertakenError when another text has been asked for since `turn` was taken."""
        if turn != self._turn:
            raise OvertakenError(Message("serving.text_overtaken"))

    def set_corpus(self, corpus: Corpus, turn: int | None = None) -> None:
        """Keep a text, which was asked for at `turn`, in the place of the one before.

        Raises:
            OvertakenError: another has been asked for since.
            RefusedError: it cannot be stored.
        """
        with self._lock:
            self.check_open()
            if turn is not None:
                self.check_turn(turn)
            with _storing(Message("serving.your_text")):
                text_id = self._shared.corpora.keep(self.owner, corpus)
            if self._text is None or self._text.id != text_id:
                self._replace_corpus(CorpusRow(text_id, self.owner, corpus.name, len(corpus.sentences), time.time()))
            self.text_problem = None

    def _replace_corpus(self, text: CorpusRow | None) -> None:
        """Rows before the files that they name go, and after those that come."""
        old = self._text
        with _storing(Message("serving.your_text")), self._shared.records.transaction():
            if text is not None:
                self._shared.records.put(text)
            self._change(corpus=text.id if text else "")
            if old is not None:
                self._shared.records.drop(CorpusRow, id=old.id)
        self._text = text
        if old is not None:
            self._shared.corpora.drop(old.id)

    # ---- the models ----

    def models(self) -> list[ModelEntry]:
        """Every model this visitor may use: the bundled one, then their own, newest first."""
        bundled, cache = self._shared.bundled, self._shared.models
        first = []
        if bundled.is_file():
            name = readable_name(cache.name(bundled)) or bundled.stem.replace("-", " ").title()
            first = [ModelEntry(BUNDLED, name, "bundled", bundled, cache.family(bundled) or USUAL_FAMILY)]
        return first + list(reversed(self._models.values()))

    def model(self) -> ModelEntry:
        """The model in use. Raises RefusedError when there is none yet."""
        models = self.models()
        if not models:
            raise RefusedError(Message("serving.no_model"))
        return next((model for model in models if model.id == self._row.in_use), models[0])

    def own_model(self, model_id: object) -> ModelEntry:
        """One of the visitor's own models. Raises RefusedError when they have no such model."""
        if isinstance(model_id, str) and model_id in self._models:
            return self._models[model_id]
        raise RefusedError(Message("serving.not_your_model"))

    def checkpoint(self, model: ModelEntry | None = None) -> Checkpoint:
        """A model, by default the one in use, loaded.

        Raises:
            RefusedError: there is none in use.
            CheckpointError: it is damaged.
        """
        return self._shared.models.load((model or self.model()).path)

    @property
    def ready(self) -> bool:
        """Whether there is a model in use, and it answers at once."""
        return bool(self.models()) and self._shared.models.has(self.model().path)

    def use(self, model_id: str) -> ModelEntry:
        """Switch to one of `models()`. Raises RefusedError when this visitor has no such model."""
        if model_id not in {m.id for m in self.models()}:
            raise RefusedError(Message("serving.not_your_model"))
        with self._lock, _storing(Message("serving.your_choice")):
            self._change(in_use=model_id)
        return self.model()

    def add_model(self, path: Path, origin: str, *, use: bool = True, run: str = "") -> ModelEntry:
        """Keep the model file at `path` among this visitor's own and use it. Raises CheckpointError, RefusedError.

        The oldest goes when there are too many, save those in use and those pinned.

        Args:
            path: a model file, checked whole before it is kept; shown under the name in it, or else the file's.
            origin: where it came from, in words: "trained here", "loaded from a file".
            use: whether to use it from now on, if another is in use.
            run: the training that it came from.
        """
        model_id, in_use = secrets.token_urlsafe(9), self._row.in_use
        file = self._shared.model_file(model_id)
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            if path.is_relative_to(self._shared.data):  # a file of ours is never changed
                link_or_copy(path, file)
            else:
                shutil.copyfile(path, file)
            loaded = self._shared.models.load(file)
            self._check_size(loaded)
            name = readable_name(loaded.info.name) or readable_name(path.name) or "Unnamed"
            model = ModelEntry(model_id, name, origin, file, loaded.config.family)
            row = ModelRow(model_id, self.owner, name, origin, model.family, run, time.time())
            with self._lock:
                self.check_open()
                with _storing(Message("serving.your_model")):
                    self._shared.records.put(row)
                self._models[model_id] = model
                self.run_models.update({run: model_id} if run else {})
                if use or len(self.models()) == 1:
                    self.use(model_id)
                self._evict(model_id)
        except BaseException:
            self._undo(model_id, run, in_use)
            self._shared.models.drop(file)
            file.unlink(missing_ok=True)
            raise
        return model

    def _undo(self, model_id: str, run: str, in_use: str) -> None:
        with self._lock, suppress(sqlite3.Error, RefusedError):  # of a row without its file, `cleanup` takes care
            self._models.pop(model_id, None)
            if self.run_models.get(run) == model_id:
                del self.run_models[run]
            self._shared.records.drop(ModelRow, id=model_id)
            if self._row.in_use == model_id:
                self._change(in_use=in_use)

    def find_identical(self, path: Path) -> ModelEntry | None:
        """The visitor's own model that is the same file as `path`, to the byte."""
        for model in reversed(list(self._models.values())):  # others may add one meanwhile
            if model.path.is_file() and filecmp.cmp(model.path, path, shallow=False):
                return model
        return None

    def _check_size(self, loaded: Checkpoint) -> None:
        size, most = count_weights(loaded) / 1_000_000, self.limits.parameters
        if size > most:
            raise RefusedError(Message("serving.model_file_too_large", size=size, most=most))

    def _evict(self, newest: str) -> None:
        needed = {newest, self.model().id}.union(*self.pinned.values())
        unused = [model for model in self._models.values() if model.id not in needed]  # oldest first
        for old in unused[: max(0, len(self._models) - self.limits.models)]:
            with _storing(Message("serving.your_model")):
                self._shared.records.drop(ModelRow, id=old.id)
                self._shared.records.drop(ShareRow, owner=self.owner, kind="model", target=old.id)
            del self._models[old.id]
            self._shared.models.drop(old.path)
            old.path.unlink(missing_ok=True)

    # ---- the visit ----

    @property
    def is_full(self) -> bool:
        """Whether the next model takes the place of another."""
        return len(self._models) >= self.limits.models

    def check_open(self) -> None:
        """Raises RefusedError when the visitor was forgotten meanwhile."""
        if self._ended:
            raise RefusedError(UNKNOWN)

    def mark_seen(self, when: float) -> None:
        """Note that the visitor was here."""
        with self._lock:
            if not self._ended:
                self._change(seen=when)

    def end(self) -> None:
        """From now on nothing can be kept here; open streams end."""
        with self._lock:
            self._ended = True
        self.streams.end()

    def _change(self, **fields: Any) -> None:
        self.check_open()
        row = replace(self._row, **fields)
        self._shared.records.put(row)
        self._row = row


@contextmanager
def _storing(what: Message) -> Iterator[None]:
    """What cannot be stored is refused in words. Raises RefusedError."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RefusedError(Message("serving.not_stored", what=what, reason=reason)) from error
