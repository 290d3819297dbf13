"""What the Train tab answers: start, pause, resume, stop, and a run as it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from html import escape
from typing import Any

import gradio as gr

from vae.config.families import FAMILIES
from vae.messages import durations
from vae.serving.jobs.pace import Forecast
from vae.serving.visitors.run_history import RunHistory
from vae.serving.visitors.session import BUNDLED, RefusedError, Session
from vae.serving.visitors.trainings import SCRATCH, Trainings, blocks_next, configure
from vae.serving.visitors.validation import choice
from vae.ui.components import drawn
from vae.ui.components.answers import unchanged
from vae.ui.components.download import file_of
from vae.ui.signals import stamp
from vae.ui.train import knobs, view
from vae.ui.train.knobs import KNOBS, chosen
from vae.ui.train.screen import RunScreen, RunView
from vae.ui.train.shared_run import SharedRunHandlers

NO_TEXT = "<p>There is no text yet. Choose one in <b>Corpus</b> first.</p>"


def to_slide(session: Session) -> Any:
    """Open the Slide tab."""
    return gr.Tabs(selected="slide")


class TrainHandlers:
    """The tab's handlers, over the trainings."""

    def __init__(self, trainings: Trainings, shared: SharedRunHandlers) -> None:
        self.trainings = trainings
        self.shared = shared

    def plan(self, session: Session, preset: str, family: str, start_from: str, *values: Any) -> tuple[str, Any]:
        """What Start would do, in words, and how long that takes, as far as it is known; and whether it can be pressed.

        Args:
            values: of the controls, in the order of KNOBS.
        """
        text = session.text
        if text is None:
            return NO_TEXT, gr.update(interactive=False)
        base = next((model for model in session.models() if model.id == start_from), None)
        begins = f"starting from {escape(base.name)}" if base else "from scratch"
        kind = FAMILIES[base.family if base else choice(family, "Family", tuple(FAMILIES))]  # which a base decides
        steps, minutes, epochs = (values[KNOBS.index(name)] for name in ("steps", "minutes", "epochs"))
        length = f"in {steps:,.0f} steps" if steps else f"for {epochs or 0:g} epochs"
        if minutes:
            length = f"for about {durations.duration(60 * minutes)}"
        free, takes = self._free(session), ""
        with suppress(ValueError):  # a value of which Start tells what is wrong with it
            if free:
                takes = " ".join(map(str, view.forecast(self._forecast(session, preset, family, start_from, values))))
        learns = f"learns <b>{escape(text.name)}</b>, {text.sentences:,} sentences"
        return f"<p>{kind.title}: {learns}, {begins}, {length}. {escape(takes)}</p>", gr.update(interactive=free)

    def _forecast(
        self, session: Session, preset: str, family: str, start_from: str, values: tuple[object, ...]
    ) -> Forecast:
        config = configure(preset, {**chosen(values, start_from), "family": family})
        return self.trainings.forecast(session, config, start_from)

    def base_choices(self, session: Session, family: str, start_from: str) -> Any:
        """What a training can start from: nothing, or a model of the same family. What was chosen stays chosen."""
        same = [(model.label, model.id) for model in session.models() if model.family == family]
        update = gr.update(choices=[("Nothing: learn from scratch", SCRATCH), *same])
        return update if start_from in (SCRATCH, *(model_id for _, model_id in same)) else {**update, "value": SCRATCH}

    def suggest_base(self, session: Session, family: str, start_from: str) -> Any:
        """A small text is better learned from a ready model that knows its words, a large one needs none.

        base.js takes it for what is chosen, unless the visitor has chosen meanwhile.
        """
        if start_from not in (SCRATCH, BUNDLED):
            return gr.skip()
        suggested = self.trainings.suggested_base(session)
        fits = any(model.id == suggested and model.family == family for model in session.models())
        return f"{stamp()} {suggested if fits else SCRATCH}"

    def press_start(
        self, session: Session, preset: str, family: str, start_from: str, *values: object
    ) -> tuple[Any, Any, Any, Any]:
        """Start: (answer, note, start button, runs_changed). What is wrong is said, and nothing typed is lost."""
        try:
            config = configure(preset, {**chosen(values, start_from), "family": family})
            self.trainings.start(session, config, start_from)
        except ValueError as error:
            changed = gr.skip() if self._free(session) else stamp()
            return drawn.note_value("error", knobs.fault(error)), gr.skip(), gr.skip(), changed
        return None, drawn.note_value("busy", "Starting."), gr.update(interactive=False), stamp()

    def press_pause(self, session: Session) -> Any:
        """Pause the visitor's run: the answer, where it cannot be done."""
        return self._request(session, self.trainings.pause)[0]

    def press_resume(self, session: Session) -> tuple[Any, Any]:
        """Resume the visitor's run: (answer, runs_changed)."""
        return self._request(session, self.trainings.resume)

    def press_stop(self, session: Session) -> tuple[Any, Any]:
        """Stop the visitor's run: (answer, runs_changed)."""
        return self._request(session, self.trainings.stop)

    def _request(self, session: Session, method: Any) -> tuple[Any, Any]:
        try:
            method(session, self.trainings.find(session))
        except ValueError as error:
            return drawn.note_value("error", str(error)), gr.skip()
        return None, stamp()

    async def follow(self, session: Session, watched: str, request: gr.Request | None = None) -> AsyncIterator[RunView]:
        """Show the visitor's newest run from its beginning, then everything new, until it rests or has ended.

        Args:
            watched: the code of a shared training that is shown instead.
        """
        if watched:
            yield unchanged(RunView)
            return
        run = self.trainings.newest(session)
        screen = RunScreen()
        if run is None:
            yield screen.show(None, RunHistory())
            return
        history, problem = RunHistory(self.trainings.status(session, run).family), ""
        before = self.trainings.model_fate(session, run)
        async for status, events in self.trainings.watch(session, run):
            history.add(events)
            if self.shared.is_left("", request):
                return
            yield screen.show(status, history, self.trainings.model_fate(session, run))
        try:
            await asyncio.to_thread(self.trainings.collect_model, session, run)
        except RefusedError as error:
            problem = str(error)
        fate = self.trainings.model_fate(session, run)
        # whoever took it over, an endpoint or another window: here it is news
        yield screen.show(status, history, fate, problem=problem, new_model=fate != "" and before == "")

    def redraw(self, session: Session, watched: str, request: gr.Request | None = None) -> RunView:
        """Everything at once, for a tab that has just been opened: what came while it was closed was not drawn."""
        if watched:
            return self.shared.redraw(session, watched, request)
        run = self.trainings.newest(session)
        if self.shared.is_left("", request):
            return unchanged(RunView)
        if run is None:
            return RunScreen().show(None, RunHistory())
        status, fate = self.trainings.status(session, run), self.trainings.model_fate(session, run)
        return RunScreen().show(status, self.trainings.history(session, run), fate)

    def update_note(self, session: Session, watched: str) -> Any:
        """The note, when another model is in use: it says of the run's own whether that is the one."""
        run = self.trainings.newest(session)
        fate = self.trainings.model_fate(session, run) if run else ""
        if run is None or not fate or watched:
            return gr.skip()
        return view.note(self.trainings.status(session, run), self.trainings.history(session, run), fate)

    def press_download(self, session: Session) -> tuple[Any, Any]:
        """The model of the run that is shown, whichever is in use by now: (answer, file)."""
        try:
            return None, file_of(self.trainings.model(session, self.trainings.find(session)))
        except ValueError as error:
            return drawn.note_value("error", str(error)), None
        except OSError as error:
            return drawn.note_value("error", f"The server could not provide the file: {error.strerror}."), None

    def _free(self, session: Session) -> bool:
        run = self.trainings.newest(session)
        return run is None or not blocks_next(self.trainings.status(session, run))
