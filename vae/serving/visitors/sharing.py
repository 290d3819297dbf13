"""Sharing: whoever has the code of a model may copy it, whoever has that of a training may watch it. Nothing else.

A code is made anew from its owner's secret whenever it is to be shown; the records know only its hash.
"""

from __future__ import annotations

import hashlib
import re
import struct
import threading
import time
from collections import deque
from pathlib import Path
from typing import Literal

from vae.messages.message import Message
from vae.serving.jobs.service import JobError, Jobs
from vae.serving.records.rows import ModelRow, ShareRow
from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.session import BUNDLED, RefusedError, Session
from vae.serving.visitors.shared_state import SharedState
from vae.serving.visitors.trainings import MODEL_STATES

ShareKind = Literal["model", "run"]
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that is easily mistaken
LENGTH, GROUP = 12, 4  # 60 bits
MAX_TYPED = 500  # characters: somebody may paste the whole link
MAX_WRONG, MAX_WRONG_OF_ALL = 10, 100_000  # codes in a minute: 60 bits leave nothing to find in so many
MINUTE = 60.0
ORIGIN = "shared with you"
OPENS_NOTHING = Message("serving.code_opens_nothing")
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_AS_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class CodeGuesses:
    """How many wrong codes may be tried: a few a minute by each visitor, and more by all together."""

    def __init__(self, each: int = MAX_WRONG, together: int = MAX_WRONG_OF_ALL, window: float = MINUTE) -> None:
        self._each, self._together, self._window = each, together, window
        self._recent: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def count(self, owner: str) -> tuple[float, str]:
        """Count a guess, before anything is looked up. Raises RefusedError when there were too many."""
        guess = time.monotonic(), owner
        with self._lock:
            while self._recent and self._recent[0][0] < guess[0] - self._window:
                self._recent.popleft()
            if len(self._recent) >= self._together or sum(by == owner for _, by in self._recent) >= self._each:
                raise RefusedError(Message("serving.too_many_codes"))
            self._recent.append(guess)
        return guess

    def discount(self, guess: tuple[float, str]) -> None:
        """The code was right: it was no guess."""
        with self._lock:
            if guess in self._recent:
                self._recent.remove(guess)


class Sharing:
    """What visitors share with each other."""

    def __init__(self, shared: SharedState, jobs: Jobs) -> None:
        self._shared = shared
        self._jobs = jobs
        self._guesses = CodeGuesses()

    def share(self, session: Session, kind: object, target: object) -> str:
        """Let others have a look; returns the code, the same one as long as it is shared.

        Args:
            kind, target: "model" and its id, or "run" and its id.
        Raises:
            RefusedError, JobError: it is not this visitor's.
        """
        session.check_open()
        which, own_id = self._own_target(session, kind, target)
        existing = self.code(session, which, own_id)
        if existing is not None:
            return existing
        now = time.time()
        code = _code(session.secret, which, own_id, now)
        self._shared.records.put(ShareRow(_hash(code), session.owner, which, own_id, now))
        return code

    def unshare(self, session: Session, kind: object, target: object) -> None:
        """From now on the code opens nothing. Raises RefusedError, JobError: it is not this visitor's."""
        which, own_id = self._own_target(session, kind, target)
        self._shared.records.drop(ShareRow, owner=session.owner, kind=which, target=own_id)

    def code(self, session: Session, kind: ShareKind, target: str) -> str | None:
        """The code of something that this visitor shares now; None when they do not."""
        row = self._shared.records.one(ShareRow, owner=session.owner, kind=kind, target=target)
        return None if row is None else _code(session.secret, kind, target, row.created)

    def _own_target(self, session: Session, kind: object, target: object) -> tuple[ShareKind, str]:
        if not isinstance(target, str):
            raise RefusedError(Message("serving.share_not_named"))
        if kind == "model":
            if target == BUNDLED:
                raise RefusedError(Message("serving.bundled_not_shared"))
            return "model", session.own_model(target).id
        if kind == "run":
            self._jobs.status(session.owner, target)
            return "run", target
        raise RefusedError(Message("serving.not_shareable"))

    def open(self, session: Session, code: object) -> ShareRow:
        """What a code lets one see. Raises RefusedError, in the same words whatever is wrong with it."""
        return self._open(session.owner, code)

    def model_file(self, asker: str, code: object) -> Path:
        """The file of the model that a code opens, for whoever is no visitor.

        Args:
            asker: who counts as one at wrong codes.
        Raises:
            RefusedError: the code opens nothing, or there is no model yet.
        """
        return self._model_file(self._open(asker, code))

    def _open(self, asker: str, code: object) -> ShareRow:
        guess = self._guesses.count(asker)
        row = self._find(code)
        if row is None:
            raise RefusedError(OPENS_NOTHING)
        self._guesses.discount(guess)
        return row

    def is_active(self, share: ShareRow) -> bool:
        """Whether it is shared by now."""
        return self._shared.records.one(ShareRow, code=share.code) == share and self._exists(share)

    def _find(self, code: object) -> ShareRow | None:
        typed = parse_code(code)
        row = self._shared.records.one(ShareRow, code=_hash(typed)) if typed else None
        return row if row is not None and self._exists(row) else None

    def _exists(self, share: ShareRow) -> bool:
        if share.kind == "model":
            model = self._shared.records.one(ModelRow, id=share.target, owner=share.owner)
            return model is not None and self._shared.model_file(model.id).is_file()
        try:
            self._jobs.status(share.owner, share.target)
        except JobError:
            return False
        return True

    def copy(self, session: Session, share: ShareRow) -> ModelEntry:
        """Make a shared model, or that of a shared training that has ended, one's own, and use it: once.

        Raises:
            RefusedError: there is no model yet, or it cannot be kept.
            CheckpointError: its file is damaged.
        """
        path = self._model_file(share)
        try:
            identical = session.find_identical(path)
            if identical:
                return session.use(identical.id)
            if session.is_full:
                raise RefusedError(Message("serving.no_room_for_shared"))
            return session.add_model(path, ORIGIN)
        except OSError as error:
            raise RefusedError(Message("serving.model_not_copied", reason=str(error.strerror))) from error

    def _model_file(self, share: ShareRow) -> Path:
        """Where a shared model lies, or that of a shared training that has ended."""
        if share.kind == "model":
            return self._shared.model_file(share.target)
        status = self._jobs.status(share.owner, share.target)
        if status.state not in MODEL_STATES or status.model is None:
            raise RefusedError(Message("serving.no_finished_model"))
        return Path(status.model)


def parse_code(code: object) -> str:
    """The code that somebody typed, with or without its link, as it is shown; nothing when it is none."""
    if not isinstance(code, str) or len(code) > MAX_TYPED:
        return ""
    typed = code.rsplit("share=", 1)[-1].strip().upper().translate(_AS_TYPED)
    return format_code(typed) if _CODE.fullmatch(typed) else ""


def format_code(code: str) -> str:
    """As it is shown: ABCD-EFGH-JKMN."""
    return "-".join(code[i : i + GROUP] for i in range(0, LENGTH, GROUP))


def _code(secret: bytes, kind: str, target: str, created: float) -> str:
    """Of each sharing its own: what was withdrawn stays withdrawn."""
    what = f"{kind} {target} ".encode() + struct.pack("<d", created)
    number = int.from_bytes(hashlib.blake2b(what, key=secret, digest_size=8).digest(), "little")
    return format_code("".join(ALPHABET[number >> 5 * i & 31] for i in range(LENGTH)))


def _hash(code: str) -> str:
    return hashlib.blake2b(code.encode(), digest_size=32, person=b"share").hexdigest()
