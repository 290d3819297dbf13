"""What the Sample tab answers: sentences, and by which model they were drawn."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import gradio as gr

from vae.config.families import FAMILIES
from vae.messages.message import Message
from vae.serving.visitors import examples
from vae.serving.visitors.session import Session
from vae.ui.components import drawn
from vae.ui.components.answers import unchanged
from vae.ui.sample.api import checked_sample, strange_start

NEAR = "Draws places around the code of the start."
PLACES = (
    "Training draws all sentences towards a bell curve (the prior), but never quite gets there: where they really lie, "
    "the model has more to say, and a sentence with a word that it made up is drawn again."
)


class SampleView(NamedTuple):
    """What shows samples: the sentences, the seed they came from, a message, and the id of the model they are of."""

    samples: Any
    seed: Any
    message: Any
    drawn_by: Any


def show_samples(
    session: Session,
    n: int,
    variety: float,
    top_p: float,
    start: str,
    near: bool,
    places: str,
    seed: int,
    new_seed: bool,
) -> SampleView:
    """New sentences, or a message in place of an error."""
    if new_seed:
        seed = random.randrange(10_000)
    try:
        model = session.checkpoint()
        points = checked_sample(model, n, variety, top_p, start, near, places, seed)
    except ValueError as error:
        return unchanged(SampleView, message=drawn.note_value("error", str(error)))
    by = drawn.order(model.info.kl)
    badges = {True: "new", False: "seen", None: ""}
    lines = [drawn.line(p.text, p.z, by, badge=badges[model.is_new(p.text)], copy=True) for p in points]
    said = summary(session, lines)
    if len(lines) < int(n):
        said = f"{Message('ui.sample.fewer', count=len(lines))} {said}"
    if strange := strange_start(model, start):
        said = f"{strange} {said}"
    named = {"tab": "sample", "start": start, "n": n, "variety": variety, "top_p": top_p, "places": places}
    named["seed"] = seed
    place = {name: str(value) for name, value in named.items()} | ({"near": "yes"} if near else {})
    return SampleView({"items": lines, "place": place}, seed, drawn.note_value("note", said), gr.skip())


def summary(session: Session, lines: list[dict[str, Any]]) -> str:
    """One line beneath the button: how many are new, and what that means."""
    name, count = session.model().name, len(lines)
    if not lines[0]["badge"]:
        return str(Message("ui.sample.too_many_to_tell", name=name))
    seen = sum(line["badge"] == "seen" for line in lines)
    if seen:
        return str(Message("ui.sample.some_seen", new=count - seen, total=count, name=name))
    return str(Message("ui.sample.all_new", count=count, name=name))


def model_in_use(session: Session) -> str:
    """What sentences that are drawn now belong to: the id of the model in use, or a word where there is none."""
    return session.model().id if session.models() else "none"


def is_stale(session: Session, drawn_by: str, *_: Any) -> bool:
    """Whether what stands in the tab, if anything, was drawn by another model."""
    return drawn_by != model_in_use(session)


def is_outdated(session: Session, drawn_by: str, *_: Any) -> bool:
    """Whether sentences of another model stand in the tab."""
    return drawn_by != "" and is_stale(session, drawn_by)


def open_tab(session: Session, drawn_by: str, *inputs: Any) -> SampleView:
    """The tab is opened: sentences, unless the model in use has drawn some already; and by which model they are."""
    if not is_stale(session, drawn_by):
        return unchanged(SampleView)
    return show_samples(session, *inputs)._replace(drawn_by=model_in_use(session))


def change_model(session: Session, drawn_by: str, *inputs: Any) -> SampleView:
    """Another model may be in use: sentences of it, unless the tab was never opened."""
    return open_tab(session, drawn_by, *inputs) if is_outdated(session, drawn_by) else unchanged(SampleView)


def place_updates(session: Session) -> tuple[Any, Any, Any]:
    """An example of a start, which suits the model in use; whether one can stay near it, and choose among places, with
    that model: not where it has none."""
    try:
        start = gr.update(placeholder=examples.start_of_sentence(session))
    except ValueError:  # the model is damaged, as is told where it is used
        start = gr.skip()
    spec = FAMILIES[session.model().family] if session.models() else None
    if spec is None or spec.has_latent_space:
        return start, gr.update(interactive=True, info=NEAR), gr.update(interactive=True, info=PLACES)
    why = f"{spec.title}s have no places to choose, or to stay near."
    return start, gr.update(interactive=False, value=False, info=why), gr.update(interactive=False, info=why)
