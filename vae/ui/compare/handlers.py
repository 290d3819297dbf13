"""What the Compare tab answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import gradio as gr

from vae.config.presets import PRESETS
from vae.messages import durations
from vae.serving.visitors.comparison import Comparison, Slot
from vae.serving.visitors.comparisons import MAX_MODELS, Comparisons
from vae.serving.visitors.session import Session
from vae.ui.compare import view
from vae.ui.components import drawn
from vae.ui.signals import stamp

EVALUATE = "Evaluate the model in use"
NOTHING_SHOWN = object()


class CompareView(NamedTuple):
    """What shows a comparison, and beneath it the evaluation of one model."""

    note: Any
    steps: Any
    result: Any
    compare: Any
    stop: Any
    evaluate_note: Any
    evaluate_steps: Any
    evaluate_result: Any
    evaluate: Any
    stop_evaluation: Any
    model_changed: Any  # the signal


class CompareHandlers:
    """The tab's handlers, over the comparisons."""

    def __init__(self, comparisons: Comparisons) -> None:
        self.comparisons = comparisons

    def plan(self, session: Session, families: list[str], models: list[str], preset: str, minutes: float) -> str:
        """What Compare would do, in words."""
        count = len(families) + len(models)
        if families and session.text is None:
            return "<p>There is no text yet. Choose one in <b>Corpus</b> first, or compare models that you have.</p>"
        if not 2 <= count <= MAX_MODELS:
            return f"<p>Choose two to {MAX_MODELS}: families to train, or models that you have.</p>"
        if not families:
            return f"<p>Measures {count} models side by side, which takes about a minute.</p>"
        each = f"about {durations.duration(60 * minutes)}" if minutes else f"{PRESETS[preset].config.steps:,} steps"
        trains = f"Trains {len(families)} model{'' if len(families) == 1 else 's'}, {each} each"
        return f"<p>{trains}, then measures {count} side by side. You may close the page meanwhile.</p>"

    def model_choices(self, session: Session, models: list[str]) -> tuple[Any, Any]:
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
            return drawn.note_value("error", str(error)), self._follow_if_busy(session, "compare")
        return None, stamp()

    async def press_evaluate(self, session: Session) -> tuple[Any, Any]:
        """Begin to measure the model in use: (note, signal). While it goes on, nothing else begins."""
        try:
            await self.comparisons.evaluate(session)
        except ValueError as error:
            return drawn.note_value("error", str(error)), self._follow_if_busy(session, "evaluate")
        return None, stamp()

    def _follow_if_busy(self, session: Session, slot: Slot) -> Any:
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
            return drawn.note_value("error", str(error))
        return gr.skip()

    async def follow(self, session: Session) -> AsyncIterator[CompareView]:
        """Show both parts, and what changes, until neither is under way."""
        adopted = await asyncio.to_thread(self.comparisons.collect_interrupted_models, session)
        known = {model.id for model in session.models()}
        comparison_shown: object = NOTHING_SHOWN
        evaluation_shown: object = NOTHING_SHOWN
        async for _ in self.comparisons.follow(session):
            comparison, evaluation = self.comparisons.find(session), self.comparisons.find(session, "evaluate")
            models = {model.id for model in session.models()}
            over = comparison is not None and not comparison.busy
            news = adopted or (over and not models <= known)
            adopted, known = False, models if over else known
            comparing = comparison is not None and comparison.busy
            evaluating = evaluation is not None and evaluation.busy
            note, steps, result = _parts(comparison, comparison_shown)
            evaluate_note, evaluate_steps, evaluate_result = _parts(evaluation, evaluation_shown)
            comparison_shown, evaluation_shown = _state(comparison), _state(evaluation)  # while it is sent, all may end
            yield CompareView(
                note=note,
                steps=steps,
                result=result,
                compare=gr.update(interactive=not comparing),
                stop=gr.update(visible=comparing),
                evaluate_note=evaluate_note,
                evaluate_steps=evaluate_steps,
                evaluate_result=evaluate_result,
                evaluate=gr.update(interactive=bool(models) and not evaluating),
                stop_evaluation=gr.update(visible=evaluating),
                model_changed=stamp() if news else gr.skip(),
            )


def _state(comparison: Comparison | None) -> object:
    """What a drawn result depends on: it is large, and sent once."""
    return (comparison, comparison.state) if comparison else None


def _parts(comparison: Comparison | None, shown: object) -> tuple[Any, Any, Any]:
    """note, steps, result: the first and the last only where they have changed, for what a button said stays."""
    steps = view.steps(comparison) if comparison else None
    if comparison is None or _state(comparison) == shown:
        return gr.skip(), steps, gr.skip()
    note = gr.skip() if shown is NOTHING_SHOWN and comparison.busy else view.note(comparison)
    return note, steps, view.result(comparison)
