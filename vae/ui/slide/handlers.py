"""What the Slide tab answers."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import gradio as gr

from vae.config.families import FAMILIES
from vae.serving.visitors.session import BUNDLED, RefusedError, Session
from vae.ui.components import drawn
from vae.ui.signals import stamp

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint
from vae.ui.slide.api import walk

EXAMPLES = (
    ("I have never seen such a beautiful lake.", "We should leave before it gets dark."),
    ("She likes to read in the garden.", "He was too tired to go out last night."),
    ("Where did you buy that red bicycle?", "I don't know what time the train leaves."),
    ("My brother is afraid of the neighbor's dog.", "Nobody believed the story she told us."),
    ("Please close the window before you go.", "It has been raining since this morning."),
    ("They want to learn how to swim.", "The old man sold his house by the sea."),
    ("I hope that you will come to the party.", "You can't park your car in front of the school."),
    ("The baby slept through the whole film.", "Tell me why you are so late today."),
    ("Do you want another cup of tea?", "We lost our way in the forest."),
    ("Tom forgot to bring his umbrella.", "There is nothing interesting on television tonight."),
)


def lacking(model: Checkpoint) -> str:
    """Why there is no path in the space of a model, and what to do; nothing where there is one."""
    kind = model.text_model.kind
    return "" if kind.space else f"{kind.lacks} To slide, choose another model at the top of the page."


def able(session: Session) -> tuple[Any, Any, Any]:
    """Whether the three buttons can do anything: not without a space."""
    able = not session.models() or FAMILIES[session.model().family].space
    return (gr.update(interactive=able),) * 3


def shown(session: Session, first: str, second: str, steps: int, path: str, at: int = 0) -> tuple[Any, ...]:
    """The path for the page: the stage, the fingerprint of each end, and a message in place of an error."""
    try:
        model = session.checkpoint()
        if why := lacking(model):
            return {"why": why}, None, None, None
        by = drawn.order(model.info.kl)
        points = walk(model, first, second, steps, path)
    except ValueError as error:
        return gr.skip(), gr.skip(), gr.skip(), drawn.note_value("error", str(error))
    frames = [{"text": p.text, "z": drawn.fingerprint(p.z, by)} for p in points]
    stage = {
        "frames": frames,
        "ends": [" ".join(first.split()), " ".join(second.split())],
        "made": [frames[0]["text"], frames[-1]["text"]],
        "at": at,
    }
    return stage, frames[0]["z"], frames[-1]["z"], None


def other(session: Session, steps: int, path: str, pair: int | None = None) -> tuple[Any, ...]:
    """Two other sentences that suit the model in use, and the path between them, opened in its middle."""
    try:
        first, second = two_sentences(session, pair)
    except ValueError as error:
        return gr.skip(), gr.skip(), None, None, None, drawn.note_value("note", str(error))
    middle = int(steps) // 2 if isinstance(steps, (int, float)) else 0
    return first, second, *shown(session, first, second, steps, path, middle)


def two_sentences(session: Session, pair: int | None = None) -> tuple[str, str]:
    """Examples for the bundled model; for any other, two sentences of its own, so that they lie in its world.

    Raises:
        RefusedError: there is no model, or it has collapsed and has no two sentences to say.
    """
    model = session.model()
    if model.id == BUNDLED or not FAMILIES[model.family].space:
        return EXAMPLES[pair] if pair is not None else random.choice(EXAMPLES)

    from vae.model import text_model

    said = text_model.sample(session.checkpoint().text_model, 8, temperature=0.0, seed=random.randrange(2**31))
    longest = sorted({point.text for point in said if point.text}, key=len)[-2:]
    if len(longest) < 2:
        raise RefusedError("This model says the same from every point. Type two sentences of your own.")
    return longest[0], longest[1]


def swapped(session: Session, first: str, second: str, steps: int, path: str) -> tuple[Any, ...]:
    """The path the other way round."""
    return second, first, *shown(session, second, first, steps, path)


def asked(session: Session, first: str, second: str, steps: int, path: str) -> tuple[Any, ...]:
    """The path that was asked for, or that the model in use gives; where nothing stands, that of an example.

    The example is offered as the last value, {"pair": two sentences, "stamp"} as JSON: the boxes are no outputs, since
    what is typed while this is on its way must stay.
    """
    if first.strip() or second.strip():
        return *shown(session, first, second, steps, path), gr.skip()
    first, second, *result = other(session, steps, path, pair=0)
    offered = isinstance(first, str)
    return *result, json.dumps({"pair": [first, second], "stamp": stamp()}) if offered else gr.skip()
