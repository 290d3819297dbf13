"""Sample: sentences from points of the space drawn at random."""

from __future__ import annotations

import gradio as gr

from vae.serving.visitors.examples import BUNDLED_START
from vae.text.corpus import MAX_CHARACTERS
from vae.ui.components import drawn
from vae.ui.components.glossary import explain
from vae.ui.components.prose import lead
from vae.ui.components.waiting import patient
from vae.ui.page import LATEST, Page
from vae.ui.sample.api import MAX_NUMBER, MAX_SEED, sample
from vae.ui.sample.handlers import (
    NEAR,
    PLACES,
    SampleView,
    change_model,
    is_outdated,
    is_stale,
    open_tab,
    place_updates,
    show_samples,
)

LEAD = "Throw a dart into the space, and read the sentence where it lands."
EMPTY = "Sentences appear here, each with its place in the space."


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and connect it."""
    lead(LEAD)
    with gr.Row(elem_classes=["row", "actions"]):
        start = gr.Textbox(
            "", label="Start of the sentence (optional)", placeholder=BUNDLED_START, max_length=MAX_CHARACTERS,
            lines=1,
            elem_classes=["serif"], elem_id="sample-start", scale=3,
        )  # fmt: skip
        go = gr.Button("Sample", variant="primary", elem_id="sample-go", scale=0, min_width=160)
    with gr.Row(elem_classes=["row", "settings"]):
        count = gr.Slider(
            1,
            MAX_NUMBER,
            value=8,
            step=1,
            label="How many",
            elem_id="sample-count",
            info="This many sentences are drawn at a time.",
        )
        variety = gr.Slider(
            0, 1, value=0.5, step=0.05, label="Variety", elem_id="sample-variety",
            info="Up to the middle, it moves the places further apart; beyond, it leaves the words to chance, too.",
        )  # fmt: skip
    with gr.Accordion("More", open=False, elem_classes=["fold"]):
        with gr.Row(elem_classes=["row", "settings"]):
            top_p = gr.Slider(
                0.05, 1, value=1, step=0.05, label="Likely words only",
                info="Top-p: choose among the likeliest words that together hold this share of probability.",
            )  # fmt: skip
            seed = gr.Number(
                1, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="sample-seed",
                info="Chance begins with this number: the same seed gives the same sentences.",
            )  # fmt: skip
        places = gr.Radio(
            [("Where sentences lie", "text"), ("Bell curve", "bell")], value="text", label="Places",
            elem_id="sample-places", elem_classes=["choices"], info=PLACES,
        )  # fmt: skip
        near = gr.Checkbox(False, label="Stay near the start’s meaning", info=NEAR, elem_id="sample-near")
        new_seed = gr.Checkbox(True, label="A new seed each time", info="Off: sampling again repeats the sentences.")
        explain("Prior, bell curve", "Code, z", "Latent space", "Top-p", "Temperature", "Seed")
    message = drawn.note(elem_id="sample-message")
    samples = drawn.drawn("samples", empty=EMPTY, elem_id="samples")

    # Known to the page, too: what is drawn on the visitor's own device is told by it.
    drawn_by, here = (
        gr.Textbox(visible="hidden", show_label=False, container=False, elem_id=f"sample-{name}")
        for name in ("drawn-by", "here")
    )
    inputs, shown = (
        [count, variety, top_p, start, near, places, seed, new_seed],
        SampleView(samples, seed, message, drawn_by),
    )
    page.on(
        [go.click, start.submit], patient(show_samples, SampleView), inputs, shown, js="space.drawn",
        **LATEST,
    )  # fmt: skip
    here.change(None, [here], list(shown), js="space.drawnHere", api_visibility="private", show_progress="hidden")
    page.on(tab.select, patient(open_tab, SampleView, is_stale), [drawn_by, *inputs], shown, js="space.thrown")
    page.on(page.model_changed.change, patient(change_model, SampleView, is_outdated), [drawn_by, *inputs], shown)
    page.on(page.model_changed.change, place_updates, [], [start, near, places])
    page.api(sample)
