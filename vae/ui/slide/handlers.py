"""What the Slide tab answers: a path, or two other sentences and theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import gradio as gr

from vae.config.families import FAMILIES
from vae.serving.visitors import examples
from vae.serving.visitors.session import Session
from vae.ui.components import drawn
from vae.ui.components.answers import unchanged
from vae.ui.signals import stamp
from vae.ui.slide.api import checked_path, unread_at_ends

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint


class PathView(NamedTuple):
    """What shows a path: the stage, and a message in place of an error."""

    stage: Any
    message: Any


class AskedView(NamedTuple):
    """As `PathView`, and an example for boxes in which nothing stands."""

    stage: Any
    message: Any
    offer: Any


class PairView(NamedTuple):
    """As `PathView`, and before it the two boxes."""

    first: Any
    second: Any
    stage: Any
    message: Any


def why_no_path(model: Checkpoint) -> str:
    """Why there is no path in the space of a model, and what to do; nothing where there is one."""
    spec = model.text_model.spec
    return "" if spec.has_latent_space else f"{spec.limitation} To slide, choose another model at the top of the page."


def button_states(session: Session) -> tuple[Any, Any, Any]:
    """Whether the three buttons can do anything: not without a space."""
    usable = not session.models() or FAMILIES[session.model().family].has_latent_space
    return (gr.update(interactive=usable),) * 3


def show_path(session: Session, first: str, second: str, path: str, at: float = 0.0) -> PathView:
    """The path between two sentences, opened at a share of it."""
    try:
        model = session.checkpoint()
        if why := why_no_path(model):
            return PathView({"why": why}, None)
        by = drawn.order(model.info.kl)
        stops = checked_path(model, first, second, path)
    except ValueError as error:
        return unchanged(PathView, message=drawn.note_value("error", str(error)))
    frames = [
        {"text": s.text, "z": drawn.fingerprint(s.z, by), "begin": round(s.begin, 4), "end": round(s.end, 4)}
        for s in stops
    ]
    ends = " ".join(first.split()), " ".join(second.split())
    unread = [told.message() for told in unread_at_ends(model, ends, (stops[0].text, stops[-1].text))]
    return PathView({"frames": frames, "ends": list(ends), "unread": unread, "path": path, "at": at}, None)


def show_other_pair(session: Session, path: str, pair: int | None = None) -> PairView:
    """Two other sentences that suit the model in use, and the path between them, opened in its middle."""
    try:
        first, second, source = examples.two_sentences(session, pair)
    except ValueError as error:
        return PairView(gr.skip(), gr.skip(), None, drawn.note_value("note", str(error)))
    shown = PairView(first, second, *show_path(session, first, second, path, 0.5))
    if source is None or shown.message is not None:
        return shown
    return shown._replace(message=drawn.note_value("note", str(source)))


def swap_pair(session: Session, first: str, second: str, path: str) -> PairView:
    """The path the other way round."""
    return PairView(second, first, *show_path(session, second, first, path))


def show_asked_path(session: Session, first: str, second: str, path: str) -> AskedView:
    """The path that was asked for, or that the model in use gives; where nothing stands, that of an example.

    The example is offered as {"pair": two sentences, "stamp"} in JSON: the boxes are no outputs, since what is typed
    while this is on its way must stay.
    """
    if first.strip() or second.strip():
        return AskedView(*show_path(session, first, second, path), gr.skip())
    example = show_other_pair(session, path, pair=0)
    offer = gr.skip()
    if isinstance(example.first, str):
        offer = json.dumps({"pair": [example.first, example.second], "stamp": stamp()})
    return AskedView(*example[2:], offer)
