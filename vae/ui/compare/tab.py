"""The Compare tab: models of different families trained on one text and measured side by side; and one model alone."""

from __future__ import annotations

import gradio as gr

from vae.config.families import FAMILIES
from vae.config.presets import DEFAULT_PRESET, PRESETS
from vae.serving.visitors.comparison import FALLBACK, SENTENCES
from vae.ui.compare.api import CompareEndpoints
from vae.ui.compare.handlers import EVALUATE, NO_TEXT, CompareHandlers, CompareView
from vae.ui.components import drawn
from vae.ui.components.glossary import explain
from vae.ui.components.prose import heading, lead, prose
from vae.ui.page import LATEST, Page

LEAD = "Let three kinds of model learn the same sentences, and see what each of them can do."
EMPTY = "Who is best at what, the figures, and what each of them says will appear here."
NOT_YET = (
    "Every figure of the model in use, each with a line that explains it and a bar that says what good looks like, "
    "will appear here."
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and wire it: called inside `with tab`."""
    comparisons = page.services.comparisons
    handlers = CompareHandlers(comparisons)
    signal = gr.Textbox(visible="hidden", show_label=False, container=False)
    lead(LEAD)
    cards = [(f"{spec.title}\n{spec.summary}", spec.name) for spec in FAMILIES.values()]
    with gr.Accordion("What to compare", open=True, elem_classes=["fold"], elem_id="compare-form") as form:
        families = gr.CheckboxGroup(
            cards, value=list(FAMILIES), label="Train these on your text", elem_classes=["cards"],
            elem_id="compare-families",
        )  # fmt: skip
        models = gr.CheckboxGroup(
            [], label="And models that you have", visible=False, elem_classes=["choices"], elem_id="compare-models"
        )
        with gr.Row(elem_classes=["row", "settings"]):
            preset = gr.Radio(
                [(preset.title, name) for name, preset in PRESETS.items()], value=DEFAULT_PRESET,
                label="Settings of each", info="As in Train.", elem_classes=["choices"], elem_id="compare-preset",
            )  # fmt: skip
            steps = gr.Number(
                0, label="Steps for each", info="0: as many as the settings say.", elem_id="compare-length"
            )
    with gr.Row(elem_classes=["row", "actions"], elem_id="compare-go"):
        compare = gr.Button(
            "Compare", variant="primary", interactive=False, elem_id="compare-start", scale=0, min_width=160
        )
        stop = gr.Button("Stop", visible=False, elem_id="compare-stop", scale=0, min_width=96)
        plan = prose(f"<p>{NO_TEXT}</p>", elem_id="compare-plan")
    note = drawn.note(elem_id="compare-note")
    progress = drawn.drawn("steps", elem_id="compare-steps")
    result = drawn.drawn("comparison", empty=EMPTY, elem_id="compare-result")
    with gr.Column(elem_id="evaluate"):
        heading("One model, measured")
        held_out = f"On sentences held out of your text; without one, of our own ({FALLBACK}). At most {SENTENCES}."
        prose(f"<p class='hint'>{held_out}</p>")
        with gr.Row(elem_classes=["row", "actions"]):
            evaluate = gr.Button(EVALUATE, elem_id="evaluate-start", scale=0, min_width=200)
            stop_evaluation = gr.Button("Stop", visible=False, elem_id="evaluate-stop", scale=0, min_width=96)
        evaluate_note = drawn.note(elem_id="evaluate-note")
        evaluate_steps = drawn.drawn("steps", elem_id="evaluate-steps")
        evaluate_result = drawn.drawn("comparison", empty=NOT_YET, elem_id="evaluate-result")
    explain(
        "NLL", "Nats", "ELBO", "KL", "Perplexity", "BLEU", "Judge", "Held out", "Posterior", "Prior, bell curve",
        "Mutual information", "Collapse", "Attractor",
    )  # fmt: skip

    chosen = [families, models, preset, steps]
    plan_changed = [
        page.corpus_changed.change,
        tab.select,
        families.change,
        models.change,
        preset.change,
        steps.change,
    ]
    page.on(plan_changed, handlers.plan, chosen, [plan, compare], **LATEST)
    page.on(page.model_changed.change, handlers.model_choices, [models], [models, evaluate])
    pressed = page.on(compare.click, handlers.press_compare, chosen, [note, signal], trigger_mode="once")
    page.on(pressed.success, handlers.plan, chosen, [plan, compare])
    page.on(stop.click, handlers.press_stop, [], [note])
    page.on(stop_evaluation.click, handlers.press_stop_evaluation, [], [evaluate_note])
    page.on(
        [evaluate.click, page.evaluation_wanted.change],
        handlers.press_evaluate,
        [],
        [evaluate_note, signal],
        trigger_mode="once",
    )
    screen = CompareView(
        form, note, progress, result, compare, stop,
        evaluate_note, evaluate_steps, evaluate_result, evaluate, stop_evaluation, page.model_changed,
    )  # fmt: skip
    follow = page.on([signal.change, tab.select], handlers.follow, [], screen, concurrency_limit=None, **LATEST)
    page.on(follow.success, handlers.plan, chosen, [plan, compare])
    follow.failure(None, js="() => space.failed()")
    CompareEndpoints(comparisons).add_to(page)
