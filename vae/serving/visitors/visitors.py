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

from vae.messages.message import Message
from vae.serving.jobs.job import RESTING
from vae.serving.limits import Limits
from vae.serving.records.database import FILE, Records
from vae.serving.records.rows import CorpusRow, ModelRow, RunRow, VisitorRow
from vae.serving.visitors import cleanup
from vae.serving.visitors.session import BUNDLED, UNKNOWN, RefusedError, Session
from vae.serving.visitors.shared_state import SharedState
from vae.system.files import locked_folder
from vae.system.paths import ASSETS

MAX_SESSIONS = 64  # in memory, beside those that somebody has open: the others are read again from the records
WARM_UP_DELAY = 3.0  # seconds from the building of a page until it is surely served
NOTE_EVERY = 180.0  # seconds between two writings of who was here: a crash forgets no more
TIDY_EVERY = 3600.0  # seconds between two tidyings
TRUSTED_UPTIME = 24.0  # hours of being up until who was away may go: before, they may just not have found the server
EVICTED_SHARE = 0.02  # of all visitors: as many go at once when there are too many
SAFE_FOR = 3600.0  # seconds since somebody was here for which what they made is safe from newcomers
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
        included = ASSETS / "models" / "everyday-english.safetensors"
        self.bundled = bundled or Path(os.environ.get("VAE_MODEL") or included)
        with ExitStack() as resources:
            named = data or os.environ.get("VAE_DATA")
            if not named:
                named = resources.enter_context(tempfile.TemporaryDirectory(prefix="vae-", ignore_cleanup_errors=True))
            self.data = Path(named).resolve()
            try:
                resources.enter_context(locked_folder(self.data))
                foreign = _holds_foreign_files(self.data)
            except OSError as error:
                message = Message("serving.folder_unusable", folder=str(self.data), reason=str(error.strerror))
                raise RefusedError(message) from error
            except ValueError:
                raise RefusedError(Message("serving.folder_in_use", folder=str(self.data))) from None
            if foreign:
                raise RefusedError(Message("serving.folder_foreign", folder=str(self.data)))
            self.shared = SharedState.of(self.data, self.bundled, limits)
            resources.callback(self.shared.records.close)
            self._resources = resources.pop_all()
        self.on_forget: Callable[[str], None] = lambda owner: None  # hears whose visit is over
        self.uploads: Path | None = None  # a folder of ours in which files of requests lie, to be tidied, too
        self._recent: OrderedDict[str, Session] = OrderedDict()  # by owner, the longest unused first
        self._sessions: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()
        self._last_seen: dict[str, float] = {}  # who was here since the last round, and when
        self._count = self.records.count(VisitorRow)
        self._started_at = time.monotonic()
        self._first_visit = threading.Event()  # somebody
        self._closed = threading.Event()
        self._lock = threading.RLock()

    @property
    def records(self) -> Records:
        return self.shared.records

    @property
    def limits(self) -> Limits:
        return self.shared.limits

    def __len__(self) -> int:
        """How many are known."""
        return self._count

    def health(self) -> dict[str, object]:
        """Figures of all visitors together."""
        return {"visitors": len(self), "models_mb": round(self.shared.models.size / 2**20, 1)}

    def start(self, token: object = "") -> str:
        """The token to go on with: `token` itself while its visitor is known, else that of a new one."""
        self._first_visit.set()
        if self._find(token) is not None:
            assert isinstance(token, str)
            return token
        self._evict()
        new = secrets.token_urlsafe(32)
        row = VisitorRow(_owner(new), time.time(), in_use=BUNDLED)
        with self._lock:
            with suppress(sqlite3.Error):  # the disk is full: it is put again as soon as there is something to keep
                self.records.put(row)
            self._count += 1
            self._keep_in_memory(Session(self.shared, row, _secret(new)))
        return new

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
            session = self._sessions.get(owner)
            if session is None:
                row = self.records.one(VisitorRow, owner=owner)
                if row is None:
                    return None
                session = Session(self.shared, row, _secret(token))
            self._keep_in_memory(session)
            self._last_seen[owner] = time.time()
            return session

    def _keep_in_memory(self, session: Session) -> None:
        """The same object as long as anybody has it, so that a visitor never has two."""
        self._sessions[session.owner] = self._recent[session.owner] = session
        self._recent.move_to_end(session.owner)
        while len(self._recent) > MAX_SESSIONS:
            self._recent.popitem(last=False)

    def forget(self, owner: str, *, away: bool = False) -> None:
        """Remove all that is known of a visitor, and their files. What is under way is ended.

        Args:
            away: only if they have not come back meanwhile.
        """
        with self._lock:
            session = self._sessions.get(owner)
            if away and (owner in self._last_seen or (session and session.streams)):
                return
            self._sessions.pop(owner, None)
            self._recent.pop(owner, None)
            self._last_seen.pop(owner, None)
            if session is not None:
                session.end()  # from now on it puts no row
            self.records.drop(VisitorRow, owner=owner)  # who comes meanwhile is unknown
        self.on_forget(owner)
        models, texts = self.records.every(ModelRow, owner=owner), self.records.every(CorpusRow, owner=owner)
        self.records.forget(owner)
        self._count = self.records.count(VisitorRow)
        for model in models:
            path = self.shared.model_file(model.id)
            self.shared.models.drop(path)
            with suppress(OSError):
                path.unlink(missing_ok=True)
        for text in texts:
            with suppress(OSError):
                self.shared.corpora.drop(text.id)

    def _evict(self) -> None:
        """When there are too many, a few go at once: those who have made nothing, then those longest away.

        Nobody goes whose training is under way, who has a page open that listens, or who made something and was here
        a moment ago. Raises RefusedError when nobody may go.
        """
        if self._count < self.limits.visitors:
            return
        runs = self.records.every(RunRow)
        rows: list[CorpusRow | ModelRow | RunRow] = [
            *self.records.every(CorpusRow), *self.records.every(ModelRow), *runs
        ]  # fmt: skip
        made = {row.owner for row in rows}
        visitors = self.records.every(VisitorRow)
        with self._lock:
            busy = {row.owner for row in runs if row.state not in RESTING}
            busy |= {owner for owner, session in self._sessions.items() if session.streams}
            last = {row.owner: self._last_seen.get(row.owner, row.seen) for row in visitors}
        recent = {owner for owner in made if last.get(owner, 0.0) > time.time() - SAFE_FOR}
        away = sorted((row for row in visitors if row.owner not in busy | recent),
                      key=lambda row: (row.owner in made, last[row.owner]))  # fmt: skip
        if not away:
            raise RefusedError(Message("serving.too_many_visitors"))
        for row in away[: max(1, len(visitors) - self.limits.visitors + int(EVICTED_SHARE * self.limits.visitors))]:
            self.forget(row.owner)

    def tidy(self) -> None:
        """Note who was here; forget who was away for long, and remove what nothing refers to.

        Nobody goes for being away from a server that was not up, or because its clock was wrong when it started.
        """
        self._note_seen()
        sure = time.monotonic() - self._started_at >= 3600 * min(self.limits.keep, TRUSTED_UPTIME)
        keep = self.limits.keep if sure else None
        forget = partial(self.forget, away=True)
        cleanup.sweep(self.data, self.records, keep, forget=forget, uploads=self.uploads)

    def _note_seen(self) -> None:
        """Who has a page open that only listens is here, too."""
        with self._lock:
            here, self._last_seen = self._last_seen, {}
            sessions = {session.owner: session for session in self._sessions.values()}
            for owner in here.keys() - sessions.keys():  # whose session has left the memory
                row = self.records.one(VisitorRow, owner=owner)
                if row is not None:
                    self.records.put(replace(row, seen=here[owner]))
        for owner, session in sessions.items():
            when = time.time() if session.streams else here.get(owner)
            if when is not None:
                session.mark_seen(when)

    def start_background(self, then: Callable[[], None] = lambda: None) -> None:
        """Begin what goes on in the background: load the bundled model and call `then`, when the first visitor has
        come, or soon; and tidy from time to time."""

        def load() -> None:
            self._first_visit.wait(WARM_UP_DELAY)
            with suppress(ValueError, OSError):  # whoever uses it is told
                self.shared.models.load(self.bundled)
            then()

        threading.Thread(target=load, name="vae-warm", daemon=True).start()
        threading.Thread(
            target=_run_rounds, args=(weakref.ref(self), self._closed), name="vae-tidy", daemon=True
        ).start()

    def close(self) -> None:
        """Let go of the data folder. May be called twice."""
        if not self._closed.is_set():
            self._closed.set()
            with suppress(Exception):  # the disk is full
                self._note_seen()
            self._resources.close()


def _run_rounds(visitors: weakref.ref[Visitors], closed: threading.Event) -> None:
    last = time.monotonic()
    while not closed.wait(NOTE_EVERY):
        found = visitors()
        if found is None:
            return
        try:
            if time.monotonic() - last >= TIDY_EVERY:
                last = time.monotonic()
                found.tidy()
            else:
                found._note_seen()
        except Exception:  # a full disk must not end the rounds
            _log.exception("the visitors could not be tidied")
        del found


def _holds_foreign_files(data: Path) -> bool:
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
