"""Slide: a path between two sentences, decoded at once and then scrubbed in the browser alone."""

from __future__ import annotations

import gradio as gr

from vae.text.corpus import MAX_CHARACTERS
from vae.ui.components import drawn
from vae.ui.components.prose import lead
from vae.ui.components.waiting import patient
from vae.ui.page import Page
from vae.ui.slide.api import MAX_STEPS, MIN_STEPS, PATHS, slide
from vae.ui.slide.handlers import able, asked, other, swapped

LEAD = "Every sentence is a point in a space. Drag from one to another and read what lies between."
EMPTY = "The path appears here: type two sentences and show it, or take two others."


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
                prints.append(drawn.drawn("fingerprint", scale=2, min_width=160))
    with gr.Row(elem_classes=["row", "actions"]):
        show = gr.Button("Show the path", variant="primary", elem_id="show-path", scale=0, min_width=160)
        others = gr.Button("Two others", elem_classes=["quiet"], elem_id="two-others", scale=0, min_width=112)
        swap = gr.Button("Swap", elem_classes=["quiet"], elem_id="swap", scale=0, min_width=80)
    message = drawn.note(elem_id="slide-message")
    stage = drawn.drawn("stage", empty=EMPTY, elem_id="stage")
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
