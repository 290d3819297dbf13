"""The part of the Train tab that shows a run, as values for its components."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vae.serving.jobs.service import Status
from vae.serving.visitors import run_history
from vae.serving.visitors.run_history import ChartMark, ModelFate, RunHistory
from vae.serving.visitors.trainings import active
from vae.ui.components.run_progress import progress
from vae.ui.signals import stamp
from vae.ui.train import view

OUTPUTS = 12  # of `Screen.show`


class Screen:
    """What the page shows of a run, sent in parts: only what has changed since the last time.

    Args:
        own: whether it is the visitor's: nobody else has buttons.
    """

    def __init__(self, *, own: bool = True) -> None:
        self._own = own
        self._drawn: ChartMark = run_history.NOTHING
        self._looked = object()  # the evaluation that is shown
        self._buttoned: object = None  # what the buttons hang on

    def show(
        self, status: Status | None, story: RunHistory, use: ModelFate = "", *, problem: str = "", told: bool = False
    ) -> tuple[Any, ...]:
        """note, verdict, progress, chart, reconstructions, samples, start, pause, resume, stop, ready, model_changed.

        Args:
            use: what has become of its model.
            problem: why its model cannot be used, if so.
            told: whether the other tabs must hear of it.
        """
        changed = self._looked is not story.evaluated
        looked: tuple[Any, ...] = (gr.skip(),) * 3
        if changed:
            looked = (view.verdict(story), view.reconstructions(story), view.samples(story))
        chart = view.chart(story, after=self._drawn) if self._drawn != story.mark else gr.skip()
        self._drawn, self._looked = story.mark, story.evaluated
        return (
            view.note(status, story, use, problem), looked[0], progress(status, story), chart,
            *looked[1:], *self._buttons(status, use), stamp() if told else gr.skip(),
        )  # fmt: skip

    def _buttons(self, status: Status | None, use: ModelFate) -> tuple[Any, ...]:
        """start, pause, resume, stop, download: of a run at rest, only what can still be done with it."""
        state = status.state if status else ""
        resumable = status is not None and status.resumable and state in ("paused", "failed")
        kept = status is not None and status.model is not None and state in ("paused", "failed")
        if not self._own or self._buttoned == (state, use, resumable, kept):
            return (gr.skip(),) * 5
        self._buttoned = state, use, resumable, kept
        going = state in ("waiting", "starting", "running")
        return (
            gr.skip() if status is None else gr.update(interactive=not active(status)),
            gr.update(visible=not resumable, interactive=going),
            gr.update(visible=resumable),
            gr.update(interactive=going or resumable or kept),
            gr.update(visible=use in ("used", "kept")),
        )
