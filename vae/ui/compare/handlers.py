"""What the Compare tab answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from vae.config.presets import PRESETS
from vae.messages import durations
from vae.serving.visitors.comparison import Comparison, Slot
from vae.serving.visitors.comparisons import MOST, Comparisons
from vae.serving.visitors.session import Session
from vae.ui.compare import view
from vae.ui.components import drawn
from vae.ui.signals import stamp

EVALUATE = "Evaluate the model in use"
FIRST = object()  # the mark of nothing shown yet


class CompareHandlers:
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
        each = durations.duration(60 * (minutes or PRESETS[preset].config.minutes))
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
            return drawn.note_value("error", str(error)), self._under_way(session, "compare")
        return None, stamp()

    async def press_evaluate(self, session: Session) -> tuple[Any, Any]:
        """Begin to measure the model in use: (note, signal). While it goes on, nothing else begins."""
        try:
            await self.comparisons.evaluate(session)
        except ValueError as error:
            return drawn.note_value("error", str(error)), self._under_way(session, "evaluate")
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
            return drawn.note_value("error", str(error))
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
    steps = view.steps(comparison) if comparison else None
    if comparison is None or _mark(comparison) == before:
        return gr.skip(), steps, gr.skip()
    note = gr.skip() if before is FIRST and comparison.busy else view.note(comparison)
    return note, steps, view.result(comparison)
