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

from vae.serving.jobs.service import JobError, Jobs
from vae.serving.records.rows import ModelRow, ShareRow
from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.session import BUNDLED, RefusedError, Session, SharedState
from vae.serving.visitors.trainings import MODEL_STATES

Kind = Literal["model", "run"]
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that is easily mistaken
LENGTH, GROUP = 12, 4  # 60 bits
MOST_TYPED = 500  # characters: somebody may paste the whole link
EACH, ALL = 10, 100_000  # wrong codes in a minute: of one visitor, and of all, whom 60 bits leave nothing to find
MINUTE = 60.0
ORIGIN = "shared with you"
OPENS_NOTHING = "This code opens nothing. Check it with the person who gave it to you: perhaps it was withdrawn."
TOO_MANY = "Too many codes were tried that open nothing. Wait a minute, then try again."
FULL = (
    "You have as many models as the server keeps for a visitor, and for this one your oldest would have to go. "
    "Open the link in another browser, or save what you want to keep and then press “Delete my data”."
)
_SHAPE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class Guesses:
    """How many wrong codes may be tried: a few a minute by each, and more by all together."""

    def __init__(self, each: int = EACH, together: int = ALL, window: float = MINUTE) -> None:
        self._each, self._together, self._window = each, together, window
        self._made: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def make(self, owner: str) -> tuple[float, str]:
        """Count a guess, before anything is looked up. Raises RefusedError when there were too many."""
        guess = time.monotonic(), owner
        with self._lock:
            while self._made and self._made[0][0] < guess[0] - self._window:
                self._made.popleft()
            if len(self._made) >= self._together or sum(by == owner for _, by in self._made) >= self._each:
                raise RefusedError(TOO_MANY)
            self._made.append(guess)
        return guess

    def right(self, guess: tuple[float, str]) -> None:
        """It was no guess."""
        with self._lock:
            if guess in self._made:
                self._made.remove(guess)


class Sharing:
    """What visitors share with each other."""

    def __init__(self, common: SharedState, jobs: Jobs) -> None:
        self._common = common
        self._jobs = jobs
        self._guesses = Guesses()

    def share(self, session: Session, kind: object, target: object) -> str:
        """Let others have a look; returns the code, the same one as long as it is shared.

        Args:
            kind, target: "model" and its id, or "run" and its id.
        Raises:
            RefusedError, JobError: it is not this visitor's.
        """
        session.check()
        which, mine = self._mine(session, kind, target)
        known = self.code(session, which, mine)
        if known is not None:
            return known
        now = time.time()
        code = _code(session.secret, which, mine, now)
        self._common.records.put(ShareRow(_hash(code), session.owner, which, mine, now))
        return code

    def unshare(self, session: Session, kind: object, target: object) -> None:
        """From now on the code opens nothing. Raises RefusedError, JobError: it is not this visitor's."""
        which, mine = self._mine(session, kind, target)
        self._common.records.drop(ShareRow, owner=session.owner, kind=which, target=mine)

    def code(self, session: Session, kind: Kind, target: str) -> str | None:
        """The code of something that this visitor shares now; None when they do not."""
        row = self._common.records.one(ShareRow, owner=session.owner, kind=kind, target=target)
        return None if row is None else _code(session.secret, kind, target, row.created)

    def _mine(self, session: Session, kind: object, target: object) -> tuple[Kind, str]:
        if not isinstance(target, str):
            raise RefusedError("What is shared is named by its id.")
        if kind == "model":
            if target == BUNDLED:
                raise RefusedError("This model comes with the page, so everybody has it already.")
            return "model", session.own(target).id
        if kind == "run":
            self._jobs.status(session.owner, target)
            return "run", target
        raise RefusedError("What can be shared is a model or a run.")

    def open(self, session: Session, code: object) -> ShareRow:
        """What a code lets one see. Raises RefusedError, in the same words whatever is wrong with it."""
        guess = self._guesses.make(session.owner)
        row = self._find(code)
        if row is None:
            raise RefusedError(OPENS_NOTHING)
        self._guesses.right(guess)
        return row

    def still(self, share: ShareRow) -> bool:
        """Whether it is shared by now."""
        return self._common.records.one(ShareRow, code=share.code) == share and self._is_there(share)

    def _find(self, code: object) -> ShareRow | None:
        typed = meant(code)
        row = self._common.records.one(ShareRow, code=_hash(typed)) if typed else None
        return row if row is not None and self._is_there(row) else None

    def _is_there(self, share: ShareRow) -> bool:
        if share.kind == "model":
            mine = self._common.records.one(ModelRow, id=share.target, owner=share.owner)
            return mine is not None and self._common.model_file(mine.id).is_file()
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
        if share.kind == "model":
            path = self._common.model_file(share.target)
        else:
            status = self._jobs.status(share.owner, share.target)
            if status.state not in MODEL_STATES or status.model is None:
                raise RefusedError("This training has no finished model yet. Wait until it has ended.")
            path = Path(status.model)
        try:
            known = session.same(path)
            if known:
                return session.use(known.id)
            if session.full:
                raise RefusedError(FULL)
            return session.add_model(path, ORIGIN)
        except OSError as error:
            raise RefusedError(f"The model could not be copied ({error.strerror}). Try again in a minute.") from error


def meant(code: object) -> str:
    """The code that somebody typed, with or without its link, as it is shown; nothing when it is none."""
    if not isinstance(code, str) or len(code) > MOST_TYPED:
        return ""
    typed = code.rsplit("share=", 1)[-1].strip().upper().translate(_TYPED)
    return grouped(typed) if _SHAPE.fullmatch(typed) else ""


def grouped(code: str) -> str:
    """As it is shown: ABCD-EFGH-JKMN."""
    return "-".join(code[i : i + GROUP] for i in range(0, LENGTH, GROUP))


def _code(secret: bytes, kind: str, target: str, created: float) -> str:
    """Of each sharing its own: what was withdrawn stays withdrawn."""
    what = f"{kind} {target} ".encode() + struct.pack("<d", created)
    number = int.from_bytes(hashlib.blake2b(what, key=secret, digest_size=8).digest(), "little")
    return grouped("".join(ALPHABET[number >> 5 * i & 31] for i in range(LENGTH)))


def _hash(code: str) -> str:
    return hashlib.blake2b(code.encode(), digest_size=32, person=b"share").hexdigest()
