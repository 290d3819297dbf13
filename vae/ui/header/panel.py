"""The model line, always there, and the panel behind it: what the model in use is, and how to change it."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from vae.ui.components import drawn
from vae.ui.components.glossary import glossary
from vae.ui.header import publish_panel, share_panel
from vae.ui.header.api import download_model, download_page, load_model, models, use_model
from vae.ui.header.handlers import ModelView, choose_model, describe, load_file, save_file, save_page, to_evaluation
from vae.ui.page import LATEST, Page

HEADER = """
<header class="top">
  <button type="button" class="skip">Skip to the tabs</button>
  <h1 class="wordmark">TITLE</h1>
  <button type="button" class="model-line" aria-expanded="false" aria-controls="model-panel">
    <span class="term">Model:</span> <span class="model-name">…</span> <span class="model-origin"></span>
    <span class="arrow" aria-hidden="true">▾</span>
  </button>
  <span class="on-device" hidden><button type="button" aria-describedby="on-device-why">on your device</button>
    <span role="tooltip" id="on-device-why">ON_DEVICE</span></span>
  <button type="button" class="icon theme" aria-label="Dark theme"><span aria-hidden="true">◐</span></button>
  <button type="button" class="icon help" aria-label="Help" title="Help"><span aria-hidden="true">?</span></button>
  <dialog class="sheet" aria-labelledby="help-title">HELP<button type="button" class="close">Close</button></dialog>
  <p class="announcer" role="status" aria-live="polite"></p>
</header>
"""
ON_DEVICE = "The model now runs in your own browser: to slide and to sample asks the server nothing."


def build_header(title: str) -> gr.HTML:
    """The one line at the top. Value: {"name", "origin", "device"} of the model in use; see `ModelView`."""
    text = Path(__file__).with_name("help.html").read_text("utf-8").replace("GLOSSARY", glossary())
    return gr.HTML(
        html_template=HEADER.replace("TITLE", title).replace("ON_DEVICE", ON_DEVICE).replace("HELP", text),
        js_on_load="space.header({element, props, watch})",
        apply_default_css=False,
        elem_classes=["drawn", "header"],
    )


def build(page: Page, header: gr.HTML) -> None:
    """Lay out the panel behind the model line and connect it."""
    with gr.Column(elem_id="model-panel"):
        facts = drawn.drawn("facts")
        choice = gr.Radio(
            [], label="Use another", elem_classes=["choices", "tall"], elem_id="model-list", visible=False
        )
        with gr.Row(elem_classes=["row", "actions"]):
            save = gr.Button("Download this model", elem_id="model-download", scale=0, min_width=176)
            keep = gr.Button("Keep it as a page", elem_id="model-page", scale=0, min_width=160)
            evaluate = gr.Button("Evaluate this model", elem_id="model-evaluate", scale=0, min_width=176)
            load = gr.UploadButton(
                "Load a model file", file_types=[".safetensors", ".html"], elem_id="model-load", scale=0, min_width=176
            )
        with_examples = gr.Checkbox(
            False, label="Put a few sentences of its text into the page", elem_id="model-page-examples",
            info="The page is one file, which opens anywhere without a network. Unticked, it is given no sentence that "
            "the model learned from, for those may be private. What the model knows by heart it can still say.",
        )  # fmt: skip
        message = drawn.note(elem_id="model-message")
        share_panel.build(page, message)
        publish_panel.build(page)
        share_panel.build_leaving(page)
    file = gr.File(visible="hidden", interactive=False)

    page.on(page.model_changed.change, describe, [], ModelView(header, facts, choice, message), js="space.asking")
    page.on(choice.input, choose_model, [choice], [message, page.model_changed], **LATEST)
    page.on(load.upload, load_file, [load], [message, page.model_changed], **LATEST)
    wanted = page.on(evaluate.click, to_evaluation, [], [page.tabs, page.evaluation_wanted])
    wanted.then(None, js="() => space.reveal('evaluate')", api_visibility="private", show_progress="hidden")
    page.on(save.click, save_file, [], [message, file]).success(None, [file], None, js="space.save")
    page.on(keep.click, save_page, [with_examples], [message, file]).success(None, [file], None, js="space.save")

    page.api(models)
    page.api(use_model)
    page.file_api(load_model, [gr.File(visible=False, type="filepath")], [gr.JSON(visible=False)])
    page.file_api(download_model, [], [gr.File(visible=False)])
    page.file_api(download_page, [gr.Checkbox(False, visible=False)], [gr.File(visible=False)])
