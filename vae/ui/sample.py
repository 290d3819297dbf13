"""Sample: sentences from points of the space drawn at random."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import gradio as gr

from vae.corpus import MAX_CHARACTERS
from vae.kinds import KINDS
from vae.ui import charts
from vae.ui.checks import number, sentence, whole
from vae.ui.prose import lead
from vae.ui.session import Session
from vae.ui.waiting import patient

if TYPE_CHECKING:
    from vae.checkpoint import Checkpoint
    from vae.latent import Point
    from vae.ui.shell import Page

MAX_NUMBER = 50
MAX_SEED = 2**31 - 1
LEAD = "Throw a dart into the space and read the sentence where it lands. Most of them nobody has ever written."
EMPTY = "Sentences appear here, each with its place in the space."
NEAR = "Places around the code of the start."


def sample(
    session: Session,
    number: int = 8,
    temperature: float = 0.7,
    top_p: float = 1.0,
    greedy: bool = False,
    start: str = "",
    near: bool = False,
    seed: int = 1,
) -> list[dict[str, object]]:
    """New sentences of the model in use, from points drawn at random.

    Args:
        token: of /start.
        number: how many, 1 to 50.
        temperature: variety in the choice of words, 0 to 2; 0 says the likeliest.
        top_p: choose among the likeliest words that hold this share of probability, 0.05 to 1.
        greedy: always take the likeliest word, whatever the temperature.
        start: every sentence begins with it; at most `vae.corpus.MAX_CHARACTERS` characters.
        near: draw the points around the code of `start` instead of anywhere.
        seed: the same seed gives the same sentences.
    Returns:
        For each {"text", "z", "new"}; new is false when the sentence is among those that the model learned from, null
        when it learned from too many to tell.
    """
    model = session.checkpoint()
    points = draw(model, number, temperature, top_p, greedy, start, near, seed)
    return [{"text": p.text, "z": list(p.z), "new": model.is_new(p.text)} for p in points]


def draw(
    model: Checkpoint,
    n: object,
    temperature: object,
    top_p: object,
    greedy: object,
    start: object,
    near: object,
    seed: object,
) -> list[Point]:
    """The checked call behind the page and the endpoint. Raises RefusedError naming what is wrong."""
    count = whole(n, "How many", 1, MAX_NUMBER)
    heat = number(temperature, "Variety", 0, 2)
    share = number(top_p, "Likely words only", 0.05, 1)
    begin = sentence(start, "The start", needed=False)
    repeat = whole(seed, "Seed", 0, MAX_SEED)

    from vae import latent

    return latent.sample(
        model.text_model, count, temperature=0.0 if greedy is True else heat, top_p=share, start=begin,
        from_start=near is True, seed=repeat,
    )  # fmt: skip


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
        return gr.skip(), gr.skip(), charts.note_value("error", str(error))
    by = charts.order(model.info.kl)
    badges = {True: "new", False: "seen", None: ""}
    said = [charts.line(p.text, p.z, by, badge=badges[model.is_new(p.text)], copy=True) for p in points]
    return said, seed, charts.note_value("note", summary(session, said))


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
    kind = KINDS[session.model().family] if session.models() else None
    if kind is None or kind.space:
        return gr.update(interactive=True, info=NEAR)
    return gr.update(interactive=False, value=False, info=f"{kind.title}s have no places: there is nothing to be near.")


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and connect it."""
    lead(LEAD)
    with gr.Row(elem_classes=["row", "actions"]):
        start = gr.Textbox(
            "", label="Start of the sentence (or nothing)", placeholder="I would like", max_length=MAX_CHARACTERS,
            lines=1,
            elem_classes=["serif"], elem_id="sample-start", scale=3,
        )  # fmt: skip
        go = gr.Button("Sample", variant="primary", elem_id="sample-go", scale=0, min_width=160)
    with gr.Row(elem_classes=["row", "settings"]):
        count = gr.Slider(1, MAX_NUMBER, value=8, step=1, label="How many", info="Sentences at a time.")
        heat = gr.Slider(
            0, 2, value=0.7, step=0.05, label="Variety",
            info="Temperature: 0 takes the likeliest word each time, more takes risks.",
        )  # fmt: skip
    with gr.Accordion("More", open=False, elem_classes=["fold"]):
        with gr.Row(elem_classes=["row", "settings"]):
            top_p = gr.Slider(
                0.05, 1, value=1, step=0.05, label="Likely words only",
                info="Top-p: choose among the likeliest words that together hold this share of probability.",
            )  # fmt: skip
            seed = gr.Number(
                1, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="sample-seed",
                info="The number that chance begins with. The same seed gives the same sentences.",
            )  # fmt: skip
        greedy = gr.Checkbox(False, label="Always the likeliest word", info="Greedy: chance chooses the place alone.")
        near = gr.Checkbox(False, label="Stay near the start’s meaning", info=NEAR, elem_id="sample-near")
        fresh = gr.Checkbox(True, label="A new seed each time", info="Off: sampling again repeats the sentences.")
    message = charts.note(elem_id="sample-message")
    said = charts.lines(EMPTY, elem_id="samples")

    drawn_by = gr.State("")
    given, result = [count, heat, top_p, greedy, start, near, seed, fresh], [said, seed, message]
    page.on([go.click, start.submit], patient(shown, 3, 2), given, result)
    page.on(tab.select, patient(opened, 4, 2, stale), [drawn_by, *given], [*result, drawn_by])
    page.on(
        page.model_changed.change,
        patient(changed, 4, 2, outdated),
        [drawn_by, *given],
        [*result, drawn_by],
    )
    page.on(page.model_changed.change, reach, [], [near])
    page.api(sample)
