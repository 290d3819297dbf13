"""The part of the Train tab that shows a run, as values for its components."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr

from vae.serving.jobs.service import Status
from vae.serving.visitors import run_history
from vae.serving.visitors.run_history import ChartMark, ModelFate, RunHistory
from vae.serving.visitors.trainings import blocks_next
from vae.ui.components.answers import unchanged
from vae.ui.components.run_progress import progress
from vae.ui.signals import stamp
from vae.ui.train import view


class RunView(NamedTuple):
    """What shows a run: the components of the tab, or a value for each of them."""

    note: Any
    verdict: Any
    progress: Any
    chart: Any
    reconstructions: Any
    samples: Any
    start: Any
    pause: Any
    resume: Any
    stop: Any
    go_on: Any  # the button that leads to Slide
    download: Any
    setup: Any  # the fold of what is chosen before a training
    model_changed: Any  # the signal to the other tabs
    copy: Any  # the button that makes the model of a shared run one's own


class RunScreen:
    """What the page shows of a run, sent in parts: only what has changed since the last time.

    Args:
        own: whether it is the visitor's: nobody else has buttons.
    """

    def __init__(self, *, own: bool = True) -> None:
        self._own = own
        self._chart: ChartMark = run_history.NOTHING_DRAWN
        self._evaluation: object = object()  # the one that is shown
        self._buttons: object = None  # what the buttons depend on
        self._folded = False

    def show(
        self, status: Status | None, history: RunHistory, fate: ModelFate = "", *, problem: str = "",
        new_model: bool = False,
    ) -> RunView:  # fmt: skip
        """Values for all that has changed since the last call.

        Args:
            fate: what has become of its model.
            problem: why its model cannot be used, if so.
            new_model: whether the other tabs have to hear that there is one.
        """
        shown = unchanged(
            RunView, note=view.note(status, history, fate, problem), progress=progress(status, history),
            model_changed=stamp() if new_model else gr.skip(), **self._button_states(status, fate),
        )  # fmt: skip
        if self._evaluation is not history.evaluated:
            shown = shown._replace(
                verdict=view.verdict(history), reconstructions=view.reconstructions(history),
                samples=view.samples(history),
            )  # fmt: skip
        if self._chart != history.mark:
            shown = shown._replace(chart=view.chart(history, after=self._chart))
        self._chart, self._evaluation = history.mark, history.evaluated
        return shown

    def _button_states(self, status: Status | None, fate: ModelFate) -> dict[str, Any]:
        """Of a run at rest, only what can still be done with it."""
        state = status.state if status else ""
        resumable = status is not None and status.resumable and state in ("paused", "failed")
        kept = status is not None and status.model is not None and state in ("paused", "failed")
        if not self._own or self._buttons == (state, fate, resumable, kept):
            return {}
        self._buttons = state, fate, resumable, kept
        going = state in ("waiting", "starting", "running")
        ending = state in ("pausing", "stopping")
        ready = fate in ("used", "kept")
        again: dict[str, Any] = {
            "value": "Train again" if ready else "Start training",
            "variant": "secondary" if ready else "primary",
        }
        return {
            "start": gr.skip() if status is None else gr.update(interactive=not blocks_next(status), **again),
            "pause": gr.update(visible=going or ending, interactive=going),
            "resume": gr.update(visible=resumable),
            "stop": gr.update(visible=going or ending or resumable or kept, interactive=not ending),
            "go_on": gr.update(visible=fate == "used"),
            "download": gr.update(visible=ready),
            "setup": self._fold(status),
        }

    def _fold(self, status: Status | None) -> Any:
        """What is chosen before a training folds away as soon as there is one; whoever opens it again keeps it open."""
        first, self._folded = not self._folded, True
        return gr.update(open=status is None) if first else gr.skip()
