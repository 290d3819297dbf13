"""What can be done with the models of a visitor: list them, add one from a file, hand one out as a file."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from vae.messages.message import Message
from vae.model.page_file import is_page, model_in
from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.session import RefusedError, Session


def list_models(session: Session) -> list[dict[str, object]]:
    """The models that a visitor may use, the bundled one first: {"id", "name", "family", "origin", "in_use"} each."""
    models = session.models()
    used = session.model().id if models else ""
    return [
        {"id": m.id, "name": m.name, "family": m.family, "origin": m.origin, "in_use": m.id == used} for m in models
    ]


def add_model_file(session: Session, file: object) -> None:
    """Check and keep an uploaded model file, or the one in a kept page, and use it.

    Raises:
        UserError: it is no such file, or no sound one (CheckpointError), or cannot be kept (RefusedError).
    """
    if not isinstance(file, str) or not file:
        raise RefusedError(Message("serving.no_model_file"))
    path = Path(file)
    with path.open("rb") as opened:
        kept_page = is_page(opened.read(256))
    if not kept_page:
        session.add_model(path, "loaded from a file")
        return
    with TemporaryDirectory() as folder:  # what is kept of it is a model file as any other
        model = Path(folder) / f"{path.stem}.safetensors"
        model.write_bytes(model_in(path.read_bytes()))
        session.add_model(model, "loaded from a page")


def copy_to_download(model: ModelEntry, folder: Path) -> str:
    """The path of a copy of the model file, under the model's name. It is made once, and whole.

    Args:
        folder: from which the server may hand out files.
    Raises:
        RefusedError: the disk is full, or the model's file is gone.
    """
    try:
        return str(_copy(model, folder))
    except OSError as error:
        reason = error.strerror or Message("serving.unreadable")
        raise RefusedError(Message("serving.model_not_downloaded", reason=reason)) from error


def _copy(model: ModelEntry, folder: Path) -> Path:
    slug = re.sub(r"[^a-z0-9]+", "-", model.name.lower()).strip("-")[:40] or "model"
    copy = folder / hashlib.sha256(model.path.read_bytes()).hexdigest() / f"{slug}.safetensors"
    if copy.exists():
        os.utime(copy)  # what was not touched for a day is removed
        return copy
    copy.parent.mkdir(parents=True, exist_ok=True)
    temporary = copy.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        shutil.copyfile(model.path, temporary)
        temporary.replace(copy)
    finally:
        temporary.unlink(missing_ok=True)
    return copy
