"""The Train tab: choose a preset, start, watch it learn; pause, resume, stop. The run goes on without the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from vae.config import PRESETS
from vae.kinds import KINDS
from vae.ui import charts, knobs, models, train_view, watching
from vae.ui.checks import choice
from vae.ui.knobs import KNOBS
from vae.ui.prose import heading, lead, prose
from vae.ui.screen import OUTPUTS, Screen
from vae.ui.session import BUNDLED, RefusedError, Session, stamp
from vae.ui.train_api import Endpoints
from vae.ui.train_view import Story
from vae.ui.training import SCRATCH, Trainings, active, configure
from vae.ui.watching import Watching

if TYPE_CHECKING:
    from vae.ui.shell import Page

SMALL = 1_000  # sentences; with fewer it is better to start from a ready model
LEAD = "Let a model learn your sentences, and watch what it can say."
NO_TEXT = "<p>There is no text yet. Choose one in <b>Corpus</b> first.</p>"
GIVEN_BACK = "Sentences that it never learned from, and what it makes of them, will appear here."
OWN = "And sentences from random points of its space."


class Desk:
    """The tab's handlers, over the trainings."""

    def __init__(self, trainings: Trainings, shared: Watching) -> None:
        self.trainings = trainings
        self.shared = shared

    def plan(self, session: Session, family: str, start_from: str, minutes: float, epochs: float) -> tuple[str, Any]:
        """What Start would do, in words; and whether it can be pressed."""
        text = session.text
        if text is None:
            return NO_TEXT, gr.update(interactive=False)
        base = next((model for model in session.models() if model.id == start_from), None)
        begins = f"starting from {escape(base.name)}" if base else "from scratch"
        kind = KINDS[base.family if base else choice(family, "Family", tuple(KINDS))]  # which a base decides
        length = f"for about {train_view.duration(60 * minutes)}" if minutes else f"for {epochs or 0:g} epochs"
        learns = f"learns <b>{escape(text.name)}</b>, {text.sentences:,} sentences"
        return f"<p>{kind.title}: {learns}, {begins}, {length}.</p>", gr.update(interactive=self._free(session))

    def bases(self, session: Session, family: str, start_from: str) -> Any:
        """What a training can start from: nothing, or a model of the same family. What was chosen stays chosen."""
        same = [(model.label, model.id) for model in session.models() if model.family == family]
        every = [("Nothing: learn from scratch", SCRATCH), *same]
        ids = [model_id for _, model_id in every]
        return gr.update(choices=every, value=start_from if start_from in ids else SCRATCH)

    def suggest(self, session: Session, family: str, start_from: str) -> Any:
        """A small text is better learned from a ready model, a large one needs none."""
        if start_from not in (SCRATCH, BUNDLED):
            return gr.skip()
        small = session.text is not None and session.text.sentences < SMALL
        return self.bases(session, family, BUNDLED if small else SCRATCH)

    def press_start(
        self, session: Session, preset: str, family: str, start_from: str, *values: object
    ) -> tuple[Any, Any, Any]:
        """Start: (note, start button, runs_changed). What is wrong is said in place, and nothing typed is lost."""
        try:
            config = configure(preset, {**dict(zip(KNOBS, values, strict=True)), "family": family})
            self.trainings.start(session, config, start_from)
        except ValueError as error:
            return charts.note_value("error", str(error)), gr.skip(), stamp() if not self._free(session) else gr.skip()
        return charts.note_value("busy", "Starting."), gr.update(interactive=False), stamp()

    def press_pause(self, session: Session) -> Any:
        """Pause the visitor's run: the note, where it cannot be done."""
        return self._ask(session, self.trainings.pause)[0]

    def press_resume(self, session: Session) -> tuple[Any, Any]:
        """Resume the visitor's run: (note, runs_changed)."""
        return self._ask(session, self.trainings.resume)

    def press_stop(self, session: Session) -> tuple[Any, Any]:
        """Stop the visitor's run: (note, runs_changed)."""
        return self._ask(session, self.trainings.stop)

    def _ask(self, session: Session, request: Any) -> tuple[Any, Any]:
        try:
            request(session, self.trainings.find(session))
        except ValueError as error:
            return charts.note_value("error", str(error)), gr.skip()
        return gr.skip(), stamp()

    async def follow(self, session: Session, watched: str) -> AsyncIterator[tuple[Any, ...]]:
        """Show the visitor's newest run from its beginning, then everything new, until it rests or has ended.

        Args:
            watched: the code of a shared training that is shown instead.
        Yields:
            the values of `Screen.show`
        """
        if watched:
            yield (gr.skip(),) * OUTPUTS
            return
        run = self.trainings.newest(session)
        screen = Screen()
        if run is None:
            yield screen.show(None, Story())
            return
        story, problem = Story(self.trainings.status(session, run).family), ""
        before = self.trainings.use(session, run)
        async for status, events in self.trainings.watch(session, run):
            story.add(events)
            yield screen.show(status, story, self.trainings.use(session, run))
        try:
            await asyncio.to_thread(self.trainings.collect, session, run)
        except RefusedError as error:
            problem = str(error)
        use = self.trainings.use(session, run)
        # whoever took it over, an endpoint or another window: here it is news
        yield screen.show(status, story, use, problem=problem, told=use != "" and before == "")

    def again(self, session: Session, watched: str) -> tuple[Any, ...]:
        """Everything at once, for a tab that has just been opened: what came while it was closed was not drawn."""
        if watched:
            return self.shared.again(session, watched)
        run = self.trainings.newest(session)
        if run is None:
            return *Screen().show(None, Story()), gr.skip()
        status, use = self.trainings.status(session, run), self.trainings.use(session, run)
        return *Screen().show(status, self.trainings.story(session, run), use), gr.skip()

    def reword(self, session: Session, watched: str) -> Any:
        """The note, when another model is in use: it says of the run's own whether that is the one."""
        run = self.trainings.newest(session)
        use = self.trainings.use(session, run) if run else ""
        if run is None or not use or watched:
            return gr.skip()
        return train_view.note(self.trainings.status(session, run), self.trainings.story(session, run), use)

    def press_download(self, session: Session) -> tuple[Any, Any]:
        """The model of the run that is shown, whichever is in use by now: (note, file)."""
        try:
            return gr.skip(), models.file_of(self.trainings.model(session, self.trainings.find(session)))
        except ValueError as error:
            return charts.note_value("error", str(error)), None
        except OSError as error:
            return charts.note_value("error", f"The server cannot hand out the file: {error.strerror}."), None

    def _free(self, session: Session) -> bool:
        run = self.trainings.newest(session)
        return run is None or not active(self.trainings.status(session, run))


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and wire it: called inside `with tab`."""
    trainings = Trainings(page.jobs)
    shared = Watching(trainings, page.sharing)
    desk = Desk(trainings, shared)
    lead(LEAD)
    copy, back = watching.head()
    cards = [(f"{preset.title}\n{preset.gives}", name) for name, preset in PRESETS.items()]
    preset = gr.Radio(
        cards, value=knobs.FIRST, label="What matters to you", elem_classes=["cards"], elem_id="train-preset"
    )
    with gr.Column(elem_id="train-kind"):
        family = gr.Radio(
            knobs.families(), value="vae", label="Kind of model", elem_classes=["choices"], elem_id="train-family"
        )
        kind = prose(knobs.words("vae"), elem_id="train-kind-words")
    with gr.Accordion("Settings", open=False, elem_classes=["fold"], elem_id="train-settings"):
        start_from = gr.Dropdown(
            [("Nothing: learn from scratch", SCRATCH)], value=SCRATCH, label="Start from", elem_id="train-from",
            info="A model of the same kind that has learned already; the new one keeps its size and its pieces "
            "(fine-tuning).",
        )  # fmt: skip
        controls = knobs.board()
    with gr.Row(elem_classes=["row", "actions"], elem_id="train-go"):
        start = gr.Button(
            "Start training", variant="primary", interactive=False, elem_id="train-start", scale=0, min_width=160
        )
        plan = prose(NO_TEXT, elem_id="train-plan")
    note = charts.note(elem_id="train-note")
    with gr.Column(elem_id="train-run"):
        verdict = charts.verdict(elem_id="train-verdict")
        with gr.Row(elem_classes=["halves"]):
            with gr.Column(min_width=320, scale=1):
                progress = charts.progress(elem_id="train-progress")
                chart = charts.loss_chart(elem_id="train-chart")
                with gr.Row(elem_classes=["row", "actions"], elem_id="train-buttons"):
                    small: dict[str, Any] = {"scale": 0, "min_width": 96}
                    pause = gr.Button("Pause", interactive=False, elem_id="train-pause", **small)
                    resume = gr.Button("Resume", visible=False, elem_id="train-resume", **small)
                    stop = gr.Button("Stop", interactive=False, elem_id="train-stop", **small)
                    save = gr.Button(
                        "Download the model", visible=False, elem_id="train-download", scale=0, min_width=176
                    )
                    share = gr.Button("Share", visible=False, elem_id="train-share", **small)
                sharing = watching.code()
            with gr.Column(min_width=320, scale=1, elem_id="train-says"):
                prose("<h2>What it can say now</h2>")
                heading("Held-out sentences, given back")
                given_back = charts.lines(empty=GIVEN_BACK, elem_id="train-reconstructions")
                heading("Sentences of its own")
                own = charts.lines(empty=OWN, elem_id="train-samples")
    file = gr.File(visible="hidden", interactive=False)

    screen = [
        note, verdict, progress, chart, given_back, own, start, pause, resume, stop, save, page.model_changed
    ]  # fmt: skip
    length = [controls[KNOBS.index("minutes")], controls[KNOBS.index("epochs")]]
    page.on(preset.input, knobs.values, [preset], controls)
    page.on(family.input, knobs.of_family, [family], [kind, *controls])
    page.on(page.corpus_changed.change, desk.suggest, [family, start_from], [start_from])
    told = [page.corpus_changed.change, *(item.change for item in (family, start_from, *length))]
    page.on(told, desk.plan, [family, start_from, *length], [plan, start], trigger_mode="always_last")
    page.on([page.model_changed.change, family.input], desk.bases, [family, start_from], [start_from])
    begun = [note, start, page.runs_changed]
    page.on(start.click, desk.press_start, [preset, family, start_from, *controls], begun, trigger_mode="once")
    page.on(pause.click, desk.press_pause, [], [note])
    page.on(resume.click, desk.press_resume, [], [note, page.runs_changed])
    page.on(stop.click, desk.press_stop, [], [note, page.runs_changed])
    page.on(tab.select, desk.again, [page.watched], [*screen, copy])
    # Before what follows, and its own part before the shared: the browser begins an event's listeners one by one, and
    # waits for the first answer of each, a stream's last.
    watching.connect_own(page, shared, tab, note, (share, *sharing))
    looking = gr.Textbox(visible="hidden", show_label=False, container=False)
    follow = page.on(
        [page.runs_changed.change, tab.select, looking.change], desk.follow, [page.watched], screen,
        trigger_mode="always_last", concurrency_limit=None,
    )  # fmt: skip
    follow.failure(None, js="() => space.failed()")
    watching.connect(page, shared, follow, looking, (copy, back), [*screen, copy])
    page.on(page.model_changed.change, desk.reword, [page.watched], [note])
    page.on(save.click, desk.press_download, [], [note, file]).success(None, [file], None, js=models.SAVE)
    Endpoints(trainings).add_to(page)
