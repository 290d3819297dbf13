"""What the model panel answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import gradio as gr

from vae.messages.message import Message
from vae.serving.visitors.models import add_model_file
from vae.serving.visitors.session import Session
from vae.ui.components import drawn
from vae.ui.components.answers import unchanged
from vae.ui.components.download import file_of, page_of
from vae.ui.device import on_device
from vae.ui.signals import stamp


class ModelView(NamedTuple):
    """What shows the model in use: the line at the top, its facts, the list of models, a message.

    The line's "device" says by which names the browser gets what it takes to run the model itself; None: it may not.
    """

    header: Any
    facts: Any
    choice: Any
    message: Any


def describe(session: Session) -> Iterator[ModelView]:
    """The model in use; its facts when it is loaded."""
    models = session.models()
    if not models:
        none = drawn.note_value("note", "There is no model yet. Train one, or load a model file.")
        yield ModelView({"name": "none yet", "origin": ""}, [], gr.Radio(choices=[], visible=False), none)
        return
    model = session.model()
    choices = [(m.label, m.id) for m in models]
    shown = unchanged(
        ModelView,
        header=_line(session),
        choice=gr.Radio(choices=choices, value=model.id, visible=len(models) > 1),
    )
    if not session.ready:
        yield shown
    try:
        rows = facts(session)
        yield shown._replace(header=_line(session), facts=rows)  # by now its own name is known
    except ValueError as error:
        yield shown._replace(facts=[], message=drawn.note_value("error", str(error)))


def _line(session: Session) -> dict[str, Any]:
    """What the line at the top says of the model in use."""
    model = session.model()
    return {"name": model.name, "origin": model.about, "device": on_device.addresses(session)}


def facts(session: Session) -> list[list[str]]:
    """What is known of the model in use, as (term, words)."""
    from vae.model import facts  # brings torch

    model, known = session.model(), session.checkpoint()
    rows = [list(row) for row in facts.facts(known, model.path.stat().st_size)]
    if known.text_model.spec.has_latent_space:
        rows.append(["Latent space", known.info.verdict])
    return [*rows, ["From", model.origin]]


def choose_model(session: Session, model: str) -> tuple[Any, Any]:
    """The visitor picked a model from the list: (message, model_changed)."""
    try:
        used = session.use(str(model))
    except ValueError as error:
        return drawn.note_value("error", str(error)), gr.skip()
    return drawn.note_value("done", f"Now using {used.name}."), stamp()


def load_file(session: Session, file: str | None) -> tuple[Any, Any]:
    """The visitor gave a model file, which is used at once, or refused in place: (message, model_changed)."""
    try:
        add_model_file(session, file)
    except ValueError as error:
        return drawn.note_value("error", f"This file was not loaded. {error}"), gr.skip()
    return drawn.note_value("done", f"{session.model().name} is loaded and in use."), stamp()


def save_file(session: Session) -> tuple[Any, Any]:
    """The file of the model in use for the browser to save: (message, file)."""
    try:
        return gr.skip(), file_of(session.model())
    except ValueError as error:
        return drawn.note_value("error", str(error)), None


def save_page(session: Session, with_examples: bool) -> tuple[Any, Any]:
    """The page that keeps the model in use, for the browser to save: (message, file)."""
    try:
        return drawn.note_value("done", str(Message("ui.header.page_kept"))), page_of(session, with_examples is True)
    except ValueError as error:
        return drawn.note_value("error", str(error)), None


def to_evaluation(session: Session) -> tuple[Any, Any]:
    """Open the Compare tab, and let it evaluate the model in use."""
    return gr.Tabs(selected="compare"), stamp()
