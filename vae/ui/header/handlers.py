"""What the model panel answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from vae.config.families import FAMILIES
from vae.serving.visitors.models import add_file
from vae.serving.visitors.session import Session
from vae.ui.components import drawn
from vae.ui.components.download import file_of
from vae.ui.signals import stamp


def described(session: Session) -> Iterator[tuple[Any, ...]]:
    """Header, facts, list of models and message for the model in use; the facts when it is loaded."""
    every = session.models()
    choices = [(m.label, m.id) for m in every]
    if not every:
        none = drawn.note_value("note", "There is no model yet. Train one, or load a model file.")
        yield {"name": "none yet", "origin": ""}, [], gr.Radio(choices=[], visible=False), none
        return
    model = session.model()
    header = {"name": model.name, "origin": model.about}
    radio = gr.Radio(choices=choices, value=model.id, visible=len(every) > 1)
    if not session.ready:
        yield header, gr.skip(), radio, gr.skip()
    try:
        yield header, facts(session), radio, gr.skip()
    except ValueError as error:
        yield header, [], radio, drawn.note_value("error", str(error))


def facts(session: Session) -> list[list[str]]:
    """What is known of the model in use, as (term, words)."""
    model, info = session.model(), session.checkpoint().info
    size = model.path.stat().st_size / 1e6
    trained = f"{info.trained_on}, {info.sentences:,} sentences"
    kind = FAMILIES[model.family]
    dimensions = f"{len(info.kl)} latent dimensions, " if kind.space else ""
    rows = [
        ["Family", f"{kind.title}. {kind.lacks}".strip()],
        ["Trained on", f"{trained}. {info.attribution}" if info.attribution else trained],
        ["Size", f"{info.parameters:,} weights, {dimensions}{size:.1f} MB"],
        ["Its space", info.verdict if kind.space else ""],
        ["From", model.origin],
    ]
    return [row for row in rows if row[1]]


def chosen(session: Session, model: str) -> tuple[Any, Any]:
    """The visitor picked a model from the list."""
    try:
        used = session.use(str(model))
    except ValueError as error:
        return drawn.note_value("error", str(error)), gr.skip()
    return drawn.note_value("done", f"Now using {used.name}."), stamp()


def uploaded(session: Session, file: str | None) -> tuple[Any, Any]:
    """The visitor gave a model file: it is used at once, or refused with the reason in place."""
    try:
        add_file(session, file)
    except ValueError as error:
        return drawn.note_value("error", f"This file was not loaded. {error}"), gr.skip()
    return drawn.note_value("done", f"{session.model().name} is loaded and in use."), stamp()


def saved(session: Session) -> tuple[Any, Any]:
    """What stands in place of an error, and the file of the model in use for the browser to save."""
    try:
        return gr.skip(), file_of(session.model())
    except ValueError as error:
        return drawn.note_value("error", str(error)), None


def to_evaluation(session: Session) -> tuple[Any, Any]:
    """Open the Compare tab, and let it evaluate the model in use."""
    return gr.Tabs(selected="compare"), stamp()
