"""The Compare tab: models of different families trained on one text and measured side by side; and one model alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from vae.config import PRESETS
from vae.kinds import KINDS
from vae.ui import charts, compare_view, knobs, train_view
from vae.ui.compare_api import CompareEndpoints
from vae.ui.comparing import MOST, Comparisons
from vae.ui.comparison import FALLBACK, SENTENCES, Comparison, Slot
from vae.ui.prose import heading, lead, prose
from vae.ui.session import Session, stamp
from vae.ui.training import Trainings

if TYPE_CHECKING:
    from vae.ui.shell import Page

LEAD = "Let three kinds of model learn the same sentences, and see what each of them can do."
EMPTY = "The table, and what each of them says, will appear here."
NOT_YET = (
    "Every figure of the model in use, each with a line that explains it and a bar that says what good looks like, "
    "will appear here."
)
EVALUATE = "Evaluate the model in use"
FIRST = object()  # the mark of nothing shown yet


class CompareDesk:
    """The tab's handlers, over the comparisons."""

    def __init__(self, comparisons: Comparisons) -> None:
        self.comparisons = comparisons

    def plan(self, session: Session, families: list[str], models: list[str], preset: str, minutes: float) -> str:
        """What Compare would do, in words."""
        count = len(families) + len(models)
        if families and session.text is None:
            return "<p>There is no text yet. Choose one in <b>Corpus</b> first, or compare models that you have.</p>"
        if not 2 <= count <= MOST:
            return f"<p>Choose two to {MOST}: families to train, or models that you have.</p>"
        if not families:
            return f"<p>Measures {count} models side by side, which takes about a minute.</p>"
        each = train_view.duration(60 * (minutes or PRESETS[preset].config.minutes))
        trains = f"Trains {len(families)} model{'' if len(families) == 1 else 's'}, about {each} each"
        return f"<p>{trains}, then measures {count} side by side. You may close the page meanwhile.</p>"

    def lists(self, session: Session, models: list[str]) -> tuple[Any, Any]:
        """The visitor's models to choose from, those that were chosen still chosen; and the name of the one in use."""
        every = session.models()
        ids = {model.id for model in every}
        lost: dict[str, Any] = {} if ids.issuperset(models) else {"value": [model for model in models if model in ids]}
        name = f"Evaluate {session.model().name}" if every else EVALUATE
        return (
            gr.update(choices=[(model.label, model.id) for model in every], visible=bool(every), **lost),
            gr.update(value=name, interactive=bool(every)),
        )

    async def press_compare(
        self, session: Session, families: list[str], models: list[str], preset: str, minutes: float
    ) -> tuple[Any, Any]:
        """Begin: (note, signal). What is wrong is said in place."""
        try:
            settings = {"minutes": minutes} if minutes else {}
            await self.comparisons.compare(session, families, models, preset, settings)
        except ValueError as error:
            return charts.note_value("error", str(error)), self._under_way(session, "compare")
        return None, stamp()

    async def press_evaluate(self, session: Session) -> tuple[Any, Any]:
        """Begin to measure the model in use: (note, signal). While it goes on, nothing else begins."""
        try:
            await self.comparisons.evaluate(session)
        except ValueError as error:
            return charts.note_value("error", str(error)), self._under_way(session, "evaluate")
        return None, stamp()

    def _under_way(self, session: Session, slot: Slot) -> Any:
        """The signal to follow what another tab of the visitor has begun, if it has."""
        going = self.comparisons.find(session, slot)
        return stamp() if going is not None and going.busy else gr.skip()

    async def press_stop(self, session: Session) -> Any:
        """End the comparison: the note, where there is none."""
        return self._stop(session, "compare")

    async def press_stop_evaluation(self, session: Session) -> Any:
        """End the evaluation: the note, where there is none."""
        return self._stop(session, "evaluate")

    def _stop(self, session: Session, slot: Slot) -> Any:
        try:
            self.comparisons.stop(session, slot)
        except ValueError as error:
            return charts.note_value("error", str(error))
        return gr.skip()

    async def follow(self, session: Session) -> AsyncIterator[tuple[Any, ...]]:
        """Show both parts, and what changes, until neither is under way.

        Yields:
            note, steps, result, compare and stop button; the same of the evaluation; model_changed
        """
        adopted = await asyncio.to_thread(self.comparisons.adopt, session)
        models = {model.id for model in session.models()}
        before: tuple[Any, ...] = (FIRST,) * 2
        async for _ in self.comparisons.follow(session):
            compared, evaluated = self.comparisons.find(session), self.comparisons.find(session, "evaluate")
            now = {model.id for model in session.models()}
            over = compared is not None and not compared.busy
            told = stamp() if adopted or (over and not now <= models) else gr.skip()
            adopted = False
            models = now if over else models
            shown = _shown(compared, before[0]), _shown(evaluated, before[1])
            busy = compared is not None and compared.busy
            buttons = gr.update(interactive=not busy), gr.update(visible=busy)
            measuring = evaluated is not None and evaluated.busy
            again = gr.update(interactive=bool(session.models()) and not measuring), gr.update(visible=measuring)
            yield *shown[0], *buttons, *shown[1], *again, told
            before = _mark(compared), _mark(evaluated)


def _mark(comparison: Comparison | None) -> object:
    """What a drawn result hangs on: it is large, and sent once."""
    return (comparison, comparison.state) if comparison else None


def _shown(comparison: Comparison | None, before: object) -> tuple[Any, Any, Any]:
    """note, steps, result: the first and the last only where they have changed, for what a button said stays."""
    steps = compare_view.steps(comparison) if comparison else None
    if comparison is None or _mark(comparison) == before:
        return gr.skip(), steps, gr.skip()
    note = gr.skip() if before is FIRST and comparison.busy else compare_view.note(comparison)
    return note, steps, compare_view.result(comparison)


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and wire it: called inside `with tab`."""
    comparisons = Comparisons(page.jobs, Trainings(page.jobs))
    desk = CompareDesk(comparisons)
    signal = gr.Textbox(visible="hidden", show_label=False, container=False)
    lead(LEAD)
    cards = [(f"{kind.title}\n{kind.short}", kind.name) for kind in KINDS.values()]
    families = gr.CheckboxGroup(
        cards, value=list(KINDS), label="Train these on your text", elem_classes=["cards"], elem_id="compare-families"
    )
    models = gr.CheckboxGroup(
        [], label="And models that you have", visible=False, elem_classes=["choices", "tall"], elem_id="compare-models"
    )
    with gr.Row(elem_classes=["row", "settings"]):
        preset = gr.Radio(
            [(preset.title, name) for name, preset in PRESETS.items()], value=knobs.FIRST, label="Settings of each",
            info="As in Train.", elem_classes=["choices"], elem_id="compare-preset",
        )  # fmt: skip
        minutes = gr.Number(
            0, label="Minutes for each", info="0: as long as the settings say.", elem_id="compare-minutes"
        )
    with gr.Row(elem_classes=["row", "actions"], elem_id="compare-go"):
        go = gr.Button("Compare", variant="primary", elem_id="compare-start", scale=0, min_width=160)
        stop = gr.Button("Stop", visible=False, elem_id="compare-stop", scale=0, min_width=96)
        plan = prose(elem_id="compare-plan")
    note = charts.note(elem_id="compare-note")
    steps = charts.drawn("steps", elem_id="compare-steps")
    result = charts.drawn("comparison", empty=EMPTY, elem_id="compare-result")
    with gr.Column(elem_id="evaluate"):
        heading("One model, measured")
        held_out = f"On sentences held out of your text; without one, of our own ({FALLBACK}). At most {SENTENCES}."
        prose(f"<p class='hint'>{held_out}</p>")
        with gr.Row(elem_classes=["row", "actions"]):
            evaluate = gr.Button(EVALUATE, elem_id="evaluate-start", scale=0, min_width=200)
            stop_evaluation = gr.Button("Stop", visible=False, elem_id="evaluate-stop", scale=0, min_width=96)
        evaluate_note = charts.note(elem_id="evaluate-note")
        evaluate_steps = charts.drawn("steps", elem_id="evaluate-steps")
        evaluated = charts.drawn("comparison", empty=NOT_YET, elem_id="evaluate-result")

    chosen = [families, models, preset, minutes]
    told = [page.corpus_changed.change, tab.select, families.change, models.change, preset.change, minutes.change]
    page.on(told, desk.plan, chosen, [plan], trigger_mode="always_last")
    page.on(page.model_changed.change, desk.lists, [models], [models, evaluate])
    page.on(go.click, desk.press_compare, chosen, [note, signal], trigger_mode="once")
    page.on(stop.click, desk.press_stop, [], [note])
    page.on(stop_evaluation.click, desk.press_stop_evaluation, [], [evaluate_note])
    page.on(
        [evaluate.click, page.evaluation_wanted.change],
        desk.press_evaluate,
        [],
        [evaluate_note, signal],
        trigger_mode="once",
    )
    screen = [
        note, steps, result, go, stop,
        evaluate_note, evaluate_steps, evaluated, evaluate, stop_evaluation, page.model_changed,
    ]  # fmt: skip
    follow = page.on(
        [signal.change, tab.select], desk.follow, [], screen, trigger_mode="always_last", concurrency_limit=None
    )
    follow.failure(None, js="() => space.failed()")
    CompareEndpoints(comparisons).add_to(page)
