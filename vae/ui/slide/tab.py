"""Slide: a path between two sentences, decoded at once and then scrubbed in the browser alone."""

from __future__ import annotations

import gradio as gr

from vae.text.corpus import MAX_CHARACTERS
from vae.ui.components import drawn
from vae.ui.components.glossary import explain
from vae.ui.components.prose import lead
from vae.ui.components.waiting import patient
from vae.ui.page import LATEST, Page
from vae.ui.slide.api import slide
from vae.ui.slide.handlers import (
    AskedView,
    PairView,
    PathView,
    button_states,
    show_asked_path,
    show_other_pair,
    swap_pair,
)

LEAD = "Every sentence is a point in a space. Drag from one to another and read what lies between."
EMPTY = "The path appears here: type two sentences, or take another pair."


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and connect it."""
    lead(LEAD)
    stage = drawn.drawn("stage", empty=EMPTY, elem_id="stage")
    ends = []
    with gr.Row(elem_classes=["pair"], equal_height=False):
        for label, name in (("First sentence", "first"), ("Second sentence", "second")):
            with gr.Column(elem_classes=["end-of-path"], min_width=280):
                ends.append(
                    gr.Textbox(
                        "", label=label, max_lines=3, max_length=MAX_CHARACTERS, elem_classes=["serif"],
                        elem_id=f"slide-{name}",
                    )
                )  # fmt: skip
                drawn.slot(f"{name}-end")
    message = drawn.note(elem_id="slide-message")
    with gr.Row(elem_classes=["row", "actions"]):
        show = gr.Button("Show the path", variant="primary", elem_id="show-path", scale=0, min_width=160)
        others = gr.Button("Another pair", elem_classes=["quiet"], elem_id="two-others", scale=0, min_width=112)
        swap = gr.Button("Swap", elem_classes=["quiet"], elem_id="swap", scale=0, min_width=80)
        undo = gr.Button("Undo", elem_classes=["quiet"], elem_id="slide-undo", scale=0, min_width=80)
    with gr.Row(elem_classes=["row", "settings"]):
        path = gr.Radio(
            [("Where it reads best", "fluent"), ("Straight line", "linear"), ("Arc", "spherical")], value="fluent",
            label="Kind of path", elem_classes=["choices"], elem_id="path-kind",
            info="It leads past places where real sentences lie, straight through the space, or around its middle.",
        )  # fmt: skip
    drawn.slot("path")
    explain("Code, z", "Latent space", "Dimension", "Fingerprint")

    inputs, shown = [*ends, path], PathView(stage, message)
    pair_shown = PairView(ends[0], ends[1], *shown)
    offer, here = (
        gr.Textbox(visible="hidden", show_label=False, container=False, elem_id=f"slide-{name}")
        for name in ("offer", "here")
    )
    # One event for all of these, so that a path asked for later is never replaced by that of an earlier change.
    asked = [show.click, ends[0].submit, ends[1].submit, path.input, page.model_changed.change]
    page.on(
        asked, patient(show_asked_path, AskedView), inputs, AskedView(*shown, offer), js="space.asked", **LATEST,
    )  # fmt: skip
    offer.change(None, [offer, *ends], ends, js="space.offered", api_visibility="private", show_progress="hidden")
    here.change(None, [here], list(pair_shown), js="space.pathHere", api_visibility="private", show_progress="hidden")
    for button in (others, swap):
        button.click(None, js="() => space.replacing()", api_visibility="private")
    undo.click(None, js="() => space.undo()", api_visibility="private")
    page.on(others.click, patient(show_other_pair, PairView), [path], pair_shown)
    page.on(swap.click, patient(swap_pair, PairView), inputs, pair_shown, js="space.swapped")
    page.on(page.model_changed.change, button_states, [], [show, others, swap])
    page.api(slide)
