"""Slide: a path between two sentences, decoded at once and then scrubbed in the browser alone."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import gradio as gr

from vae.corpus import MAX_CHARACTERS
from vae.kinds import KINDS
from vae.ui import charts
from vae.ui.checks import choice, sentence, whole
from vae.ui.prose import lead
from vae.ui.session import BUNDLED, RefusedError, Session, stamp
from vae.ui.waiting import patient

if TYPE_CHECKING:
    from vae.checkpoint import Checkpoint
    from vae.latent import Point
    from vae.ui.shell import Page

MIN_STEPS, MAX_STEPS = 3, 41
PATHS = {"linear": "lerp", "spherical": "slerp"}
LEAD = "Every sentence is a point in a space. Drag from one to another and read what lies between."
EMPTY = "The path appears here: type two sentences and show it, or take two others."

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


def slide(session: Session, first: str, second: str, steps: int = 11, path: str = "linear") -> list[dict[str, object]]:
    """The sentences on the way from one sentence to another in the latent space of the model in use.

    Args:
        token: of /start.
        first: where the path begins, at most `vae.corpus.MAX_CHARACTERS` characters.
        second: where it ends.
        steps: points on the path, both ends counted, 3 to 41.
        path: "linear" (a straight line) or "spherical" (an arc around the origin).
    Returns:
        For each point {"text", "z"}; the first and the last are what the model makes of the two sentences.
    """
    points = walk(session.checkpoint(), first, second, steps, path)
    return [{"text": point.text, "z": list(point.z)} for point in points]


def walk(model: Checkpoint, first: object, second: object, steps: object, path: object) -> list[Point]:
    """The checked call behind the page and the endpoint. Raises RefusedError naming what is wrong."""
    a, b = sentence(first, "The first sentence"), sentence(second, "The second sentence")
    n = whole(steps, "Steps", MIN_STEPS, MAX_STEPS)
    kind = PATHS[choice(path, "Path", tuple(PATHS))]

    from vae import latent

    return latent.path(model.text_model, a, b, steps=n, kind=kind)


def lacking(model: Checkpoint) -> str:
    """Why there is no path in the space of a model, and what to do; nothing where there is one."""
    kind = model.text_model.kind
    return "" if kind.space else f"{kind.lacks} To slide, choose another model at the top of the page."


def able(session: Session) -> tuple[Any, Any, Any]:
    """Whether the three buttons can do anything: not without a space."""
    able = not session.models() or KINDS[session.model().family].space
    return (gr.update(interactive=able),) * 3


def shown(session: Session, first: str, second: str, steps: int, path: str, at: int = 0) -> tuple[Any, ...]:
    """The path for the page: the stage, the fingerprint of each end, and a message in place of an error."""
    try:
        model = session.checkpoint()
        if why := lacking(model):
            return {"why": why}, None, None, None
        by = charts.order(model.info.kl)
        points = walk(model, first, second, steps, path)
    except ValueError as error:
        return gr.skip(), gr.skip(), gr.skip(), charts.note_value("error", str(error))
    frames = [{"text": p.text, "z": charts.fingerprint(p.z, by)} for p in points]
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
        return gr.skip(), gr.skip(), None, None, None, charts.note_value("note", str(error))
    middle = int(steps) // 2 if isinstance(steps, (int, float)) else 0
    return first, second, *shown(session, first, second, steps, path, middle)


def two_sentences(session: Session, pair: int | None = None) -> tuple[str, str]:
    """Examples for the bundled model; for any other, two sentences of its own, so that they lie in its world.

    Raises:
        RefusedError: there is no model, or it has collapsed and has no two sentences to say.
    """
    model = session.model()
    if model.id == BUNDLED or not KINDS[model.family].space:
        return EXAMPLES[pair] if pair is not None else random.choice(EXAMPLES)

    from vae import latent

    said = latent.sample(session.checkpoint().text_model, 8, temperature=0.0, seed=random.randrange(2**31))
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


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and connect it."""
    lead(LEAD)
    with gr.Column(elem_classes=["pair"]):
        ends, prints = [], []
        for label in ("First sentence", "Second sentence"):
            with gr.Row(elem_classes=["end-row"], equal_height=False):
                ends.append(
                    gr.Textbox("", label=label, max_lines=3, max_length=MAX_CHARACTERS, elem_classes=["serif"], scale=5)
                )
                prints.append(charts.drawn("fingerprint", scale=2, min_width=160))
    with gr.Row(elem_classes=["row", "actions"]):
        show = gr.Button("Show the path", variant="primary", elem_id="show-path", scale=0, min_width=160)
        others = gr.Button("Two others", elem_classes=["quiet"], elem_id="two-others", scale=0, min_width=112)
        swap = gr.Button("Swap", elem_classes=["quiet"], elem_id="swap", scale=0, min_width=80)
    message = charts.note(elem_id="slide-message")
    stage = charts.drawn("stage", empty=EMPTY, elem_id="stage")
    with gr.Row(elem_classes=["row", "settings"]):
        path = gr.Radio(
            [(name.capitalize(), name) for name in PATHS], value="linear", label="Path", elem_classes=["choices"],
            info="A straight line, or an arc that keeps the distance from the middle of the space.",
        )  # fmt: skip
        steps = gr.Slider(
            MIN_STEPS, MAX_STEPS, value=11, step=1, label="Steps", elem_id="path-steps",
            info="How many points of the path are read.",
        )  # fmt: skip

    given, result = [*ends, steps, path], [stage, *prints, message]
    offer = gr.Textbox(visible="hidden", show_label=False, container=False)
    # One event for all of these, so that a path asked for later is never replaced by that of an earlier change.
    asking = [show.click, ends[0].submit, ends[1].submit, path.input, steps.input, page.model_changed.change]
    page.on(asking, patient(asked, 5, 3), given, [*result, offer], trigger_mode="always_last")
    offer.change(None, [offer, *ends], ends, js="space.offered", api_visibility="private", show_progress="hidden")
    page.on(others.click, patient(other, 6, 5), [steps, path], [*ends, *result])
    page.on(swap.click, patient(swapped, 6, 5), given, [*ends, *result])
    page.on(page.model_changed.change, able, [], [show, others, swap])
    page.api(slide)
