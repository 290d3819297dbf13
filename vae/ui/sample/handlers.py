"""What the Sample tab answers."""

from __future__ import annotations

import random
from typing import Any

import gradio as gr

from vae.config.families import FAMILIES
from vae.serving.visitors.session import Session
from vae.ui.components import drawn
from vae.ui.sample.api import draw

NEAR = "Places around the code of the start."


def shown(
    session: Session,
    n: int,
    temperature: float,
    top_p: float,
    greedy: bool,
    start: str,
    near: bool,
    seed: int,
    fresh: bool,
) -> tuple[Any, Any, Any]:
    """Sentences for the page, the seed they came from, and a message in place of an error."""
    if fresh:
        seed = random.randrange(10_000)
    try:
        model = session.checkpoint()
        points = draw(model, n, temperature, top_p, greedy, start, near, seed)
    except ValueError as error:
        return gr.skip(), gr.skip(), drawn.note_value("error", str(error))
    by = drawn.order(model.info.kl)
    badges = {True: "new", False: "seen", None: ""}
    said = [drawn.line(p.text, p.z, by, badge=badges[model.is_new(p.text)], copy=True) for p in points]
    return said, seed, drawn.note_value("note", summary(session, said))


def summary(session: Session, said: list[dict[str, Any]]) -> str:
    """One line beneath the button: how many are new, and what that means."""
    if not said[0]["badge"]:
        return f"{session.model().name} learned from too many sentences to tell which of these are new."
    seen = sum(line["badge"] == "seen" for line in said)
    those = f"among the sentences that {session.model().name} learned from"
    if seen:
        return f"{len(said) - seen} of {len(said)} are new; those marked seen are {those}."
    return f"All {len(said)} are new: none of them is {those}." if len(said) > 1 else f"It is new: it is not {those}."


def used(session: Session) -> str:
    """What sentences that are drawn now belong to: the id of the model in use, or a word where there is none."""
    return session.model().id if session.models() else "none"


def stale(session: Session, drawn_by: str, *_: Any) -> bool:
    """Whether what stands in the tab, if anything, was drawn by another model."""
    return drawn_by != used(session)


def outdated(session: Session, drawn_by: str, *_: Any) -> bool:
    """Whether sentences of another model stand in the tab."""
    return drawn_by != "" and stale(session, drawn_by)


def opened(session: Session, drawn_by: str, *asked: Any) -> tuple[Any, ...]:
    """The tab is opened: sentences, unless the model in use has drawn some already; and by which model they are."""
    return (*shown(session, *asked), used(session)) if stale(session, drawn_by) else (gr.skip(),) * 4


def changed(session: Session, drawn_by: str, *asked: Any) -> tuple[Any, ...]:
    """Another model may be in use: sentences of it, unless the tab was never opened."""
    return opened(session, drawn_by, *asked) if outdated(session, drawn_by) else (gr.skip(),) * 4


def reach(session: Session) -> Any:
    """Whether one can stay near a sentence with the model in use: not where it has no place."""
    kind = FAMILIES[session.model().family] if session.models() else None
    if kind is None or kind.space:
        return gr.update(interactive=True, info=NEAR)
    return gr.update(interactive=False, value=False, info=f"{kind.title}s have no places: there is nothing to be near.")
