"""The visitors of one server, by token: who they are, what they have, and when it goes."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import sqlite3
import tempfile
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from vae.serving.jobs.job import RESTING
from vae.serving.limits import Limits
from vae.serving.records.database import FILE, Records
from vae.serving.records.rows import CorpusRow, ModelRow, RunRow, VisitorRow
from vae.serving.visitors import cleanup
from vae.serving.visitors.session import BUNDLED, UNKNOWN, RefusedError, Session, SharedState
from vae.system.files import claimed
from vae.system.paths import ASSETS

SESSIONS = 64  # in memory, beside those that somebody has open: the others are read again from the records
SETTLED = 3.0  # seconds from the building of a page until it is surely served
ROUND = 180.0  # seconds between two writings of who was here: a crash forgets no more
TIDY = 3600.0  # seconds between two tidyings
SURE = 24.0  # hours of being up until who was away may go: before, they may just not have found the server
SPARE = 0.02  # of all visitors: as many go at once when there are too many
MOMENT = 3600.0  # seconds since somebody was here for which what they made is safe from newcomers
CROWDED = "This server knows as many visitors as it may. Try again in an hour."
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_log = logging.getLogger(__name__)


class Visitors:
    """The sessions of one server. A token that this server has given out opens its session, after a restart, too.

    Args:
        data: the folder of all that visitors make, which no other server may use meanwhile; by default the
            environment's `VAE_DATA`, else a private temporary one.
        bundled: the model file that stands ready for everybody; by default the environment's `VAE_MODEL`, else
            the one in assets/models.
        limits: by default the environment's.
    Raises:
        RefusedError: another server uses the folder, it cannot be written, or what is in it is not ours to tidy.
        RecordsError: the records in it cannot be used.
        ValueError: a limit of the environment is out of its range.
    """

    def __init__(self, data: Path | None = None, bundled: Path | None = None, limits: Limits | None = None) -> None:
        limits = limits or Limits.from_environment()
        ours = ASSETS / "models" / "everyday-english.safetensors"
        self.bundled = bundled or Path(os.environ.get("VAE_MODEL") or ours)
        with ExitStack() as held:
            named = data or os.environ.get("VAE_DATA")
            if not named:
                named = held.enter_context(tempfile.TemporaryDirectory(prefix="vae-", ignore_cleanup_errors=True))
            self.data = Path(named).resolve()
            try:
                held.enter_context(claimed(self.data))
                foreign = _foreign(self.data)
            except OSError as error:
                raise RefusedError(f"The data folder {self.data} cannot be used: {error.strerror}.") from error
            except ValueError:
                raise RefusedError(
                    f"Another server uses the data folder {self.data}. Stop it, or set VAE_DATA to another folder."
                ) from None
            if foreign:
                raise RefusedError(
                    f"The folder {self.data} holds files but no records of this program. Name an empty one in VAE_DATA."
                )
            self.common = SharedState.of(self.data, self.bundled, limits)
            held.callback(self.common.records.close)
            self._held = held.pop_all()
        self.on_forget: Callable[[str], None] = lambda owner: None  # hears whose visit is over
        self.uploads: Path | None = None  # a folder of ours in which files of requests lie, to be tidied, too
        self._recent: OrderedDict[str, Session] = OrderedDict()  # by owner, the longest unused first
        self._alive: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()
        self._here: dict[str, float] = {}  # who was here since the last round, and when
        self._known = self.records.count(VisitorRow)
        self._began = time.monotonic()
        self._came = threading.Event()  # somebody
        self._closed = threading.Event()
        self._lock = threading.RLock()

    @property
    def records(self) -> Records:
        return self.common.records

    @property
    def limits(self) -> Limits:
        return self.common.limits

    def __len__(self) -> int:
        """How many are known."""
        return self._known

    def health(self) -> dict[str, object]:
        """Figures of all visitors together."""
        return {"visitors": len(self), "models_mb": round(self.common.shelf.held / 2**20, 1)}

    def start(self, token: object = "") -> str:
        """The token to go on with: `token` itself while its visitor is known, else that of a new one."""
        self._came.set()
        if self._find(token) is not None:
            assert isinstance(token, str)
            return token
        self._make_room()
        fresh = secrets.token_urlsafe(32)
        row = VisitorRow(_owner(fresh), time.time(), in_use=BUNDLED)
        with self._lock:
            with suppress(sqlite3.Error):  # the disk is full: it is put again as soon as there is something to keep
                self.records.put(row)
            self._known += 1
            self._remember(Session(self.common, row, _secret(fresh)))
        return fresh

    def get(self, token: object) -> Session:
        """The session that `token` opens. Raises RefusedError when there is none."""
        session = self._find(token)
        if session is None:
            raise RefusedError(UNKNOWN)
        return session

    def _find(self, token: object) -> Session | None:
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            return None
        owner = _owner(token)
        with self._lock:
            session = self._alive.get(owner)
            if session is None:
                row = self.records.one(VisitorRow, owner=owner)
                if row is None:
                    return None
                session = Session(self.common, row, _secret(token))
            self._remember(session)
            self._here[owner] = time.time()
            return session

    def _remember(self, session: Session) -> None:
        """The same object as long as anybody has it, so that a visitor never has two."""
        self._alive[session.owner] = self._recent[session.owner] = session
        self._recent.move_to_end(session.owner)
        while len(self._recent) > SESSIONS:
            self._recent.popitem(last=False)

    def forget(self, owner: str, *, away: bool = False) -> None:
        """Remove all that is known of a visitor, and their files. What is under way is ended.

        Args:
            away: only if they have not come back meanwhile.
        """
        with self._lock:
            session = self._alive.get(owner)
            if away and (owner in self._here or (session and session.streams)):
                return
            self._alive.pop(owner, None)
            self._recent.pop(owner, None)
            self._here.pop(owner, None)
            if session is not None:
                session.end()  # from now on it puts no row
            self.records.drop(VisitorRow, owner=owner)  # who comes meanwhile is unknown
        self.on_forget(owner)
        models, texts = self.records.every(ModelRow, owner=owner), self.records.every(CorpusRow, owner=owner)
        self.records.forget(owner)
        self._known = self.records.count(VisitorRow)
        for model in models:
            path = self.common.model_file(model.id)
            self.common.shelf.drop(path)
            with suppress(OSError):
                path.unlink(missing_ok=True)
        for text in texts:
            with suppress(OSError):
                self.common.texts.drop(text.id)

    def _make_room(self) -> None:
        """When there are too many, a few go at once: those who have made nothing, then those longest away.

        Nobody goes whose training is under way, who has a page open that listens, or who made something and was here
        a moment ago. Raises RefusedError when nobody may go.
        """
        if self._known < self.limits.visitors:
            return
        runs = self.records.every(RunRow)
        rows: list[CorpusRow | ModelRow | RunRow] = [
            *self.records.every(CorpusRow), *self.records.every(ModelRow), *runs
        ]  # fmt: skip
        made = {row.owner for row in rows}
        every = self.records.every(VisitorRow)
        with self._lock:
            busy = {row.owner for row in runs if row.state not in RESTING}
            busy |= {owner for owner, session in self._alive.items() if session.streams}
            last = {row.owner: self._here.get(row.owner, row.seen) for row in every}
        recent = {owner for owner in made if last.get(owner, 0.0) > time.time() - MOMENT}
        away = sorted((row for row in every if row.owner not in busy | recent),
                      key=lambda row: (row.owner in made, last[row.owner]))  # fmt: skip
        if not away:
            raise RefusedError(CROWDED)
        for row in away[: max(1, len(every) - self.limits.visitors + int(SPARE * self.limits.visitors))]:
            self.forget(row.owner)

    def tidy(self) -> None:
        """Note who was here; forget who was away for long, and remove what nothing refers to.

        Nobody goes for being away from a server that was not up, or because its clock was wrong when it started.
        """
        self._note()
        sure = time.monotonic() - self._began >= 3600 * min(self.limits.keep, SURE)
        keep = self.limits.keep if sure else None
        forget = partial(self.forget, away=True)
        cleanup.sweep(self.data, self.records, keep, forget=forget, uploads=self.uploads)

    def _note(self) -> None:
        """Who has a page open that only listens is here, too."""
        with self._lock:
            here, self._here = self._here, {}
            sessions = {session.owner: session for session in self._alive.values()}
            for owner in here.keys() - sessions.keys():  # whose session has left the memory
                row = self.records.one(VisitorRow, owner=owner)
                if row is not None:
                    self.records.put(replace(row, seen=here[owner]))
        for owner, session in sessions.items():
            when = time.time() if session.streams else here.get(owner)
            if when is not None:
                session.seen(when)

    def attend(self, then: Callable[[], None] = lambda: None) -> None:
        """Begin what goes on in the background: load the bundled model and call `then`, when the first visitor has
        come, or soon; and tidy from time to time."""

        def load() -> None:
            self._came.wait(SETTLED)
            with suppress(ValueError, OSError):  # whoever uses it is told
                self.common.shelf.load(self.bundled)
            then()

        threading.Thread(target=load, name="vae-warm", daemon=True).start()
        threading.Thread(target=_keep, args=(weakref.ref(self), self._closed), name="vae-tidy", daemon=True).start()

    def close(self) -> None:
        """Let go of the data folder. May be called twice."""
        if not self._closed.is_set():
            self._closed.set()
            with suppress(Exception):  # the disk is full
                self._note()
            self._held.close()


def _keep(visitors: weakref.ref[Visitors], closed: threading.Event) -> None:
    last = time.monotonic()
    while not closed.wait(ROUND):
        found = visitors()
        if found is None:
            return
        try:
            if time.monotonic() - last >= TIDY:
                last = time.monotonic()
                found.tidy()
            else:
                found._note()
        except Exception:  # a full disk must not end the rounds
            _log.exception("the visitors could not be tidied")
        del found


def _foreign(data: Path) -> bool:
    """Whether files lie where ours would, with no records of whose they are: to tidy would be to remove them."""
    records = data / FILE
    if records.exists() and records.stat().st_size:
        return False
    folders = (data / name for name in ("runs", "models", "corpora", "uploads"))
    return any(folder.is_dir() and any(folder.iterdir()) for folder in folders)


def _owner(token: str) -> str:
    return hashlib.blake2b(token.encode(), digest_size=16).hexdigest()


def _secret(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=32, person=b"share codes").digest()
