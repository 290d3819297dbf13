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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae.messages.message import UserError
from vae.serving.limits import Limits
from vae.serving.records.database import FILE, Records
from vae.serving.records.rows import CorpusRow, ModelRow, ShareRow, VisitorRow
from vae.serving.visitors.corpus_store import CorpusStore
from vae.serving.visitors.model_cache import ModelCache, weights
from vae.serving.visitors.model_entry import PLAIN, ModelEntry, readable
from vae.serving.visitors.streams import OpenStreams
from vae.system.files import link_or_copy
from vae.text.corpus import CorpusError

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint
    from vae.text.corpus import Corpus


BUNDLED = "bundled"  # the id of the model that stands ready for everybody
LOST = "{} cannot be read any more. Choose it again."
UNKNOWN = "The server no longer knows this visit. Reload the page to begin a new one."


class RefusedError(UserError):
    """Something cannot be done; the message says what, and what to do, to the person who asked."""


@dataclass(frozen=True)
class SharedState:
    """What the sessions of one server share: its data folder, its limits, its records, its models and texts."""

    data: Path
    bundled: Path
    limits: Limits
    records: Records
    shelf: ModelCache
    texts: CorpusStore

    @classmethod
    def of(cls, data: Path, bundled: Path, limits: Limits) -> SharedState:
        """That of a data folder. Raises RecordsError when its records cannot be used."""
        shelf = ModelCache(bundled, limits.loaded_mb * 2**20)
        return cls(data, bundled, limits, Records(data / FILE), shelf, CorpusStore(data / "corpora"))

    def model_file(self, model_id: str) -> Path:
        """Where a visitor's model lies."""
        return self.data / "models" / f"{model_id}.safetensors"


class Session:
    """One visitor: their text, their models, the model in use. `owner` names them to the jobs, not to the world.

    Args:
        row: what is known of them.
        secret: bytes that only whoever has the visitor's token can make.
    """

    def __init__(self, common: SharedState, row: VisitorRow, secret: bytes = b"") -> None:
        self.owner = row.owner
        self.secret = secret
        self.limits = common.limits
        self.collected: dict[str, str] = {}  # runs whose model has been added: the model's id
        self.held: dict[str, set[str]] = {}  # models that must not go now, by what needs them
        self.streams = OpenStreams()
        self.lost = ""  # why the text is no longer there, in words
        self._common = common
        self._row = row
        self._over = False
        self._changing = threading.RLock()
        self._own: dict[str, ModelEntry] = {}
        for found in common.records.every(ModelRow, owner=self.owner):
            path = common.model_file(found.id)
            if path.is_file():
                self._own[found.id] = ModelEntry(found.id, found.name, found.origin, path, found.family)
                self.collected.update({found.run: found.id} if found.run else {})
        self._text = common.records.one(CorpusRow, id=row.corpus, owner=self.owner) if row.corpus else None
        if row.corpus and self._text is None:  # it was tidied away, because its file was lost
            self.lost = LOST.format("Your text")

    # ---- the text ----

    @property
    def text(self) -> CorpusRow | None:
        """What is known of the visitor's text, if there is one; `corpus` reads it."""
        return self._text

    @property
    def corpus(self) -> Corpus | None:
        """The visitor's text, which may have to be read from its file: not on the event loop.

        None where there is none; when it could not be read any more, `lost` says so.
        """
        text = self._text
        if text is None:
            return None
        try:
            return self._common.texts.load(text.id)
        except CorpusError:
            with self._changing:
                if self._text is text:
                    self.lost = LOST.format(f"Your text “{text.name}”")
                    self._replace_text(None)
            return None

    def take_text(self, corpus: Corpus) -> None:
        """Keep a text in the place of the one before. Raises RefusedError when it cannot be stored."""
        with self._changing:
            self.check()
            with _stored("text"):
                text_id = self._common.texts.keep(self.owner, corpus)
            if self._text is None or self._text.id != text_id:
                self._replace_text(CorpusRow(text_id, self.owner, corpus.name, len(corpus.sentences), time.time()))
            self.lost = ""

    def _replace_text(self, text: CorpusRow | None) -> None:
        """Rows before the files that they name go, and after those that come."""
        old = self._text
        with _stored("text"), self._common.records.together():
            if text is not None:
                self._common.records.put(text)
            self._change(corpus=text.id if text else "")
            if old is not None:
                self._common.records.drop(CorpusRow, id=old.id)
        self._text = text
        if old is not None:
            self._common.texts.drop(old.id)

    # ---- the models ----

    def models(self) -> list[ModelEntry]:
        """Every model this visitor may use: the bundled one, then their own, newest first."""
        bundled, shelf = self._common.bundled, self._common.shelf
        ours = []
        if bundled.is_file():
            name = readable(shelf.name(bundled)) or bundled.stem.replace("-", " ").title()
            ours = [ModelEntry(BUNDLED, name, "bundled", bundled, shelf.family(bundled) or PLAIN)]
        return ours + list(reversed(self._own.values()))

    def model(self) -> ModelEntry:
        """The model in use. Raises RefusedError when there is none yet."""
        every = self.models()
        if not every:
            raise RefusedError("There is no model yet. Train one, or load a model file.")
        return next((model for model in every if model.id == self._row.in_use), every[0])

    def own(self, model_id: object) -> ModelEntry:
        """One of the visitor's own models. Raises RefusedError when they have no such model."""
        if isinstance(model_id, str) and model_id in self._own:
            return self._own[model_id]
        raise RefusedError("This model is not among yours. Choose one from the list.")

    def checkpoint(self) -> Checkpoint:
        """The model in use, loaded. Raises RefusedError when there is none, CheckpointError when it is damaged."""
        return self._common.shelf.load(self.model().path)

    @property
    def ready(self) -> bool:
        """Whether there is a model in use, and it answers at once."""
        return bool(self.models()) and self._common.shelf.has(self.model().path)

    def use(self, model_id: str) -> ModelEntry:
        """Switch to one of `models()`. Raises RefusedError when this visitor has no such model."""
        if model_id not in {m.id for m in self.models()}:
            raise RefusedError("This model is not among yours. Choose one from the list.")
        with self._changing, _stored("choice"):
            self._change(in_use=model_id)
        return self.model()

    def add_model(self, path: Path, origin: str, *, use: bool = True, run: str = "") -> ModelEntry:
        """Keep the model file at `path` among this visitor's own and use it. Raises CheckpointError, RefusedError.

        The oldest goes when there are too many, save those in use and those held.

        Args:
            path: a model file, checked whole before it is kept; shown under the name in it, or else the file's.
            origin: where it came from, in words: "trained here", "loaded from a file".
            use: whether to use it from now on, if another is in use.
            run: the training that it came from.
        """
        model_id, in_use = secrets.token_urlsafe(9), self._row.in_use
        kept = self._common.model_file(model_id)
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            if path.is_relative_to(self._common.data):  # a file of ours is never changed
                link_or_copy(path, kept)
            else:
                shutil.copyfile(path, kept)
            loaded = self._common.shelf.load(kept)
            self._weigh(loaded)
            shown = readable(loaded.info.name) or readable(path.name) or "Unnamed"
            model = ModelEntry(model_id, shown, origin, kept, loaded.config.family)
            row = ModelRow(model_id, self.owner, shown, origin, model.family, run, time.time())
            with self._changing:
                self.check()
                with _stored("model"):
                    self._common.records.put(row)
                self._own[model_id] = model
                self.collected.update({run: model_id} if run else {})
                if use or len(self.models()) == 1:
                    self.use(model_id)
                self._make_room(model_id)
        except BaseException:
            self._undo(model_id, run, in_use)
            self._common.shelf.drop(kept)
            kept.unlink(missing_ok=True)
            raise
        return model

    def _undo(self, model_id: str, run: str, in_use: str) -> None:
        with self._changing, suppress(sqlite3.Error, RefusedError):  # of a row without its file, the janitor takes care
            self._own.pop(model_id, None)
            if self.collected.get(run) == model_id:
                del self.collected[run]
            self._common.records.drop(ModelRow, id=model_id)
            if self._row.in_use == model_id:
                self._change(in_use=in_use)

    def same(self, path: Path) -> ModelEntry | None:
        """The visitor's own model that is the same file as `path`, to the byte."""
        for model in reversed(list(self._own.values())):  # others may add one meanwhile
            if model.path.is_file() and filecmp.cmp(model.path, path, shallow=False):
                return model
        return None

    def _weigh(self, loaded: Checkpoint) -> None:
        found, most = weights(loaded) / 1_000_000, self.limits.parameters
        if found > most:
            raise RefusedError(f"It has {found:.1f} million weights, and here a model may have {most} million.")

    def _make_room(self, newest: str) -> None:
        needed = {newest, self.model().id}.union(*self.held.values())
        unused = [model for model in self._own.values() if model.id not in needed]  # oldest first
        for old in unused[: max(0, len(self._own) - self.limits.models)]:
            with _stored("model"):
                self._common.records.drop(ModelRow, id=old.id)
                self._common.records.drop(ShareRow, owner=self.owner, kind="model", target=old.id)
            del self._own[old.id]
            self._common.shelf.drop(old.path)
            old.path.unlink(missing_ok=True)

    # ---- the visit ----

    @property
    def full(self) -> bool:
        """Whether the next model takes the place of another."""
        return len(self._own) >= self.limits.models

    def check(self) -> None:
        """Raises RefusedError when the visitor was forgotten meanwhile."""
        if self._over:
            raise RefusedError(UNKNOWN)

    def seen(self, when: float) -> None:
        """Note that the visitor was here."""
        with self._changing:
            if not self._over:
                self._change(seen=when)

    def end(self) -> None:
        """From now on nothing can be kept here; open streams end."""
        with self._changing:
            self._over = True
        self.streams.end()

    def _change(self, **fields: Any) -> None:
        self.check()
        row = replace(self._row, **fields)
        self._common.records.put(row)
        self._row = row


@contextmanager
def _stored(what: str) -> Iterator[None]:
    """What cannot be stored is refused in words. Raises RefusedError."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise RefusedError(f"The server could not store your {what} ({why}). Try again in a few minutes.") from error
