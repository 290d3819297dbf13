"""The Train tab: choose a preset, start, watch it learn; pause, resume, stop. The run goes on without the page."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vae.config.presets import DEFAULT_PRESET, PRESETS
from vae.serving.visitors.trainings import SCRATCH
from vae.ui.components import drawn
from vae.ui.components.glossary import explain
from vae.ui.components.prose import heading, lead, prose
from vae.ui.page import LATEST, Page
from vae.ui.train import knobs, shared_run
from vae.ui.train.api import TrainEndpoints
from vae.ui.train.handlers import NO_TEXT, TrainHandlers, to_slide
from vae.ui.train.knobs import KNOBS
from vae.ui.train.screen import RunView
from vae.ui.train.shared_run import SharedRunHandlers

LEAD = "Let a model learn your sentences, and watch what it can say."
GIVEN_BACK = "Held-out sentences, and what the model makes of them, appear here."
OWN = "Sentences from random points of its space appear here."


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and wire it: called inside `with tab`."""
    trainings = page.services.trainings
    shared = SharedRunHandlers(trainings, page.services.sharing)
    handlers = TrainHandlers(trainings, shared)
    lead(LEAD)
    copy, back = shared_run.head()
    plan = prose(NO_TEXT, elem_id="train-plan")
    small: dict[str, Any] = {"scale": 0, "min_width": 96}
    with gr.Row(elem_classes=["row", "actions"], elem_id="train-go"):
        start = gr.Button(
            "Start training", variant="primary", interactive=False, elem_id="train-start", scale=0, min_width=160
        )
        pause = gr.Button("Pause", visible=False, elem_id="train-pause", **small)
        resume = gr.Button("Resume", visible=False, variant="primary", elem_id="train-resume", **small)
        stop = gr.Button("Stop", visible=False, elem_id="train-stop", **small)
        go_on = gr.Button(
            "Slide between sentences", visible=False, variant="primary", elem_id="train-next", scale=0, min_width=216
        )
        download = gr.Button("Download the model", visible=False, elem_id="train-download", scale=0, min_width=176)
        share = gr.Button("Share", visible=False, elem_id="train-share", **small)
    answer = drawn.note(elem_id="train-answer")  # to what was pressed: no news of a run take its place
    note = drawn.note(elem_id="train-note")
    sharing = shared_run.code()
    with gr.Column(elem_id="train-run"):
        verdict = drawn.verdict(elem_id="train-verdict")
        with gr.Row(elem_classes=["halves"]):
            with gr.Column(min_width=320, scale=1):
                progress = drawn.progress(elem_id="train-progress")
                chart = drawn.loss_chart(elem_id="train-chart")
            with gr.Column(min_width=320, scale=1, elem_id="train-says"):
                prose("<h2>What it can say now</h2>")
                heading("Held-out sentences, reconstructed")
                reconstructions = drawn.lines(empty=GIVEN_BACK, elem_id="train-reconstructions")
                heading("Sentences it makes up")
                samples = drawn.lines(empty=OWN, elem_id="train-samples")
        explain("Reconstruction", "KL", "Nats", "Beta", "Held out", "Latent space", "Collapse")
    cards = [(f"{preset.title}\n{preset.summary}", name) for name, preset in PRESETS.items()]
    with gr.Accordion("Preset, kind of model and settings", elem_classes=["fold"], elem_id="train-setup") as setup:
        preset = gr.Radio(
            cards, value=DEFAULT_PRESET, label="What matters to you?", elem_classes=["cards"], elem_id="train-preset"
        )
        with gr.Column(elem_id="train-kind"):
            family = gr.Radio(
                knobs.families(), value="vae", label="Kind of model", elem_classes=["choices"], elem_id="train-family"
            )
            kind = prose(knobs.words("vae"), elem_id="train-kind-words")
        with gr.Accordion("Settings", open=False, elem_classes=["fold"], elem_id="train-settings"):
            start_from = gr.Dropdown(
                [("Nothing: learn from scratch", SCRATCH)], value=SCRATCH, label="Start from", elem_id="train-from",
                info="A model of the same kind that has learned already (fine-tuning).",
            )  # fmt: skip
            kept = prose(elem_id="train-kept")
            controls = knobs.board()
            explain("Fine-tuning", "Epoch", "KL", "Free bits", "Nats", "Prior, bell curve", "Latent space", "Seed")
    file = gr.File(visible="hidden", interactive=False)

    screen = RunView(
        note=note, verdict=verdict, progress=progress, chart=chart, reconstructions=reconstructions, samples=samples,
        start=start, pause=pause, resume=resume, stop=stop, go_on=go_on, download=download, copy=copy, setup=setup,
        model_changed=page.model_changed,
    )  # fmt: skip
    lasts = [controls[KNOBS.index(name)] for name in ("steps", "minutes", "epochs", "hidden", "latent")]
    page.on(preset.input, knobs.values, [preset], controls, **LATEST)
    page.on([family.input, start_from.change], knobs.fitting, [family, start_from], [kind, kept, *controls], **LATEST)
    suggested = gr.Textbox(visible="hidden", show_label=False, container=False)
    page.on(page.corpus_changed.change, handlers.suggest_base, [family, start_from], [suggested], js="space.baseAsked")
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    start_from.select(None, js="() => space.baseChosen()", **quiet)
    suggested.change(None, [suggested, start_from], [start_from], js="space.baseSuggested", **quiet)
    plan_changed = [
        page.corpus_changed.change, page.runs_changed.change,
        tab.select,  # the text may have been changed in another window
        *(item.change for item in (family, start_from, *lasts)),
    ]  # fmt: skip
    asked = [preset, family, start_from, *controls]
    page.on(plan_changed, handlers.plan, asked, [plan, start], **LATEST)
    page.on([page.model_changed.change, family.input], handlers.base_choices, [family, start_from], [start_from])
    started = [answer, note, start, page.runs_changed]
    page.on(start.click, handlers.press_start, asked, started, trigger_mode="once").then(
        None, js="() => space.focus('#train-stop')", api_visibility="private"
    )
    page.on(go_on.click, to_slide, [], [page.tabs])
    page.on(pause.click, handlers.press_pause, [], [answer])
    page.on(resume.click, handlers.press_resume, [], [answer, page.runs_changed])
    page.on(stop.click, handlers.press_stop, [], [answer, page.runs_changed])
    page.on(tab.select, handlers.redraw, [page.watched], screen)
    # Before what follows, and its own part before the shared: the browser begins an event's listeners one by one, and
    # waits for the first answer of each, a stream's last.
    shared_run.connect_own_share(page, shared, tab, answer, (share, *sharing))
    switched = gr.Textbox(visible="hidden", show_label=False, container=False)
    follow = page.on(
        [page.runs_changed.change, tab.select, switched.change], handlers.follow, [page.watched], screen,
        concurrency_limit=None, **LATEST,
    )  # fmt: skip
    follow.failure(None, js="() => space.failed()")
    shared_run.connect(page, shared, follow, handlers.redraw, switched, back, screen, answer)
    page.on(page.model_changed.change, handlers.update_note, [page.watched], [note])
    page.on(download.click, handlers.press_download, [], [answer, file]).success(None, [file], None, js="space.save")
    TrainEndpoints(trainings).add_to(page)
