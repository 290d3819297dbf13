"""What can be done with the models of a visitor: list them, add one from a file, hand one out as a file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from vae.messages.message import Message
from vae.model.page_file import is_page, model_in
from vae.serving.visitors import examples
from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.session import RefusedError, Session
from vae.system.files import atomic_write, slug


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
    with _handing_out():
        return _handed_out(model.path.read_bytes(), f"{slug(model.name) or 'model'}.safetensors", folder)


def page_to_download(session: Session, folder: Path, *, with_examples: bool = False) -> str:
    """The path of the page that keeps the model in use, under the model's name.

    Args:
        folder: from which the server may hand out files.
        with_examples: put a few sentences of the text that it learned from into the page.
    Raises:
        RefusedError: as of `copy_to_download`, or that text is not here.
        UserError: there is no model, it is damaged, or too large for a page.
    """
    from vae.kept_page.builder import Keepsake, build  # brings torch

    known, model = session.checkpoint(), session.model()  # whose own name is known when it has been loaded
    pairs = examples.pairs_of_text(session) if with_examples else []
    if with_examples and not pairs:
        raise RefusedError(Message("serving.no_examples_for_page"))
    named = replace(known, info=replace(known.info, name=model.name))
    with _handing_out():
        page = build(Keepsake(named, model.path.read_bytes(), pairs))
        return _handed_out(page, f"{slug(model.name) or 'model'}.html", folder)


@contextmanager
def _handing_out() -> Iterator[None]:
    """Raises RefusedError: the disk is full, or a file is gone."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or Message("serving.unreadable")
        raise RefusedError(Message("serving.model_not_downloaded", reason=reason)) from error


def _handed_out(data: bytes, name: str, folder: Path) -> str:
    """The path of a file with this content and this name; if there is one, that is let alone."""
    file = folder / hashlib.sha256(data).hexdigest() / name
    if file.exists():
        os.utime(file)  # what was not touched for a day is removed
        return str(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(file, data)
    return str(file)
