"""What the Compare tab answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import gradio as gr

from vae.config.presets import PRESETS
from vae.evaluation.certainty import FEW
from vae.serving.visitors.comparison import Comparison, Slot
from vae.serving.visitors.comparisons import MAX_MODELS, Comparisons
from vae.serving.visitors.session import Session
from vae.text.corpus import validation_size
from vae.ui.compare import view
from vae.ui.compare.summary import HELD_OUT
from vae.ui.components import drawn
from vae.ui.signals import stamp

EVALUATE = "Evaluate the model in use"
NO_TEXT = "There is no text yet. Choose one in <b>Corpus</b> first, or compare models that you have."
NOTHING_SHOWN = object()


class CompareView(NamedTuple):
    """What shows a comparison, and beneath it the evaluation of one model."""

    form: Any  # what to compare
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

    async def plan(
        self, session: Session, families: list[str], models: list[str], preset: str, steps: float
    ) -> tuple[str, Any]:
        """What Compare would do, in words, or why it cannot be pressed; and whether it can."""
        going = self.comparisons.find(session)
        count = len(families) + len(models)
        why = ""
        if going is not None and going.busy:
            why = "One comparison at a time: the next can begin when this one has ended."
        elif families and session.text is None:
            why = NO_TEXT
        elif not 2 <= count <= MAX_MODELS:
            why = f"Choose two to {MAX_MODELS}: families to train, or models that you have."
        if why:
            return f"<p>{why}</p>", gr.update(interactive=False)
        if not families:
            does = f"Measures {count} models side by side, which takes about a minute."
        else:
            each = steps or PRESETS[preset].config.steps
            trains = f"Trains {len(families)} model{'' if len(families) == 1 else 's'}, {each:,.0f} steps each"
            does = f"{trains}, then measures {count} side by side. You may close the page meanwhile."
        return f"<p>{does} {_too_small(session)}</p>", gr.update(interactive=True)

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
        self, session: Session, families: list[str], models: list[str], preset: str, steps: float
    ) -> tuple[Any, Any]:
        """Begin: (note, signal). What is wrong is said in place."""
        try:
            settings = {"steps": steps} if steps else {}
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
            was_comparing, form = _was_busy(comparison_shown), _form(session, comparison, comparison_shown)
            evaluating = evaluation is not None and evaluation.busy
            note, steps, result = _parts(comparison, comparison_shown)
            evaluate_note, evaluate_steps, evaluate_result = _parts(evaluation, evaluation_shown)
            comparison_shown, evaluation_shown = _state(comparison), _state(evaluation)  # while it is sent, all may end
            yield CompareView(
                form=form,
                note=note,
                steps=steps,
                result=result,
                compare=gr.update(interactive=not comparing) if comparing or was_comparing else gr.skip(),
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


def _was_busy(shown: object) -> bool:
    return isinstance(shown, tuple) and shown[1] in ("training", "measuring")


def _form(session: Session, comparison: Comparison | None, shown: object) -> Any:
    """What to compare folds away when it goes on or is done; it unfolds for another text, or if it came to nothing."""
    if comparison is None or _state(comparison) == shown:
        return gr.skip()
    same = (session.text.id if session.text else "") == comparison.text_id
    return gr.update(open=comparison.state in ("stopped", "failed") or not (comparison.busy or same))


def _too_small(session: Session) -> str:
    """A warning that nothing can be told from so little."""
    text = session.text
    if text is None or validation_size(text.sentences) >= FEW:
        return ""
    return f"Your text has {text.sentences} sentences, too few to tell who is better: {HELD_OUT * FEW} would do."


def _parts(comparison: Comparison | None, shown: object) -> tuple[Any, Any, Any]:
    """note, steps, result: the first and the last only where they have changed, for what a button said stays."""
    steps = view.steps(comparison) if comparison else None
    if comparison is None or _state(comparison) == shown:
        return gr.skip(), steps, gr.skip()
    note = gr.skip() if shown is NOTHING_SHOWN and comparison.busy else view.note(comparison)
    return note, steps, view.result(comparison)
