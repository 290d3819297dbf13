"""Which model files a visitor's own browser may run."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.visitors import Visitors

MAX_BYTES = 30_000_000  # more is too much to load unasked


def hash_of_model(session: Session) -> str | None:
    """The SHA-256 of the file of the model in use; None where it is nothing for a browser: none, too large, or gone."""
    if not session.models():
        return None
    return _hash(session.model().path)


def find_model(visitors: Visitors, token: str, wanted: str) -> Path | None:
    """The file of that hash among the models of the visitor with this token."""
    try:
        session = visitors.get(token)
    except RefusedError:
        return None
    used = [session.model()] if session.models() else []  # first: it is nearly always the one
    return next((model.path for model in used + session.models() if _hash(model.path) == wanted), None)


def _hash(path: Path) -> str | None:
    try:
        found = path.stat()
        if found.st_size > MAX_BYTES:
            return None
        return _hash_of_bytes(path, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))
    except OSError:
        return None


@lru_cache(maxsize=1024)
def _hash_of_bytes(path: Path, version: tuple[int, ...]) -> str:
    """`version` tells the file from another that comes to lie at its path."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
