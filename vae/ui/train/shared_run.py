"""The Train tab as it shows a training that somebody shares: read-only. And how one shares one's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from threading import Lock
from typing import Any

import gradio as gr

from vae.messages.message import Message
from vae.serving.jobs.service import RESTING, JobError, Status
from vae.serving.visitors.run_history import RunHistory
from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.sharing import Sharing
from vae.serving.visitors.trainings import MODEL_STATES, Trainings
from vae.ui.components import drawn
from vae.ui.components.answers import unchanged
from vae.ui.components.prose import prose
from vae.ui.components.share_card import card
from vae.ui.page import Page
from vae.ui.signals import stamp
from vae.ui.train.screen import RunScreen, RunView

WATCHING = (
    "<p><b>You are watching a shared training.</b> It is somebody else’s: you see what they see, but nothing you do "
    "here changes it. When it has ended, you can copy its model.</p>"
)
WITHDRAWN = "This training is not shared with you any more."
ENDED = "This training has ended. Copy its model to try it yourself."
NO_MODEL = "This training has ended without a model."
WAITS = Message("serving.waits_for_place")
MAX_PAGES = 10_000  # of which it is known what they show
RESTS = "This training is not running at the moment. Reload the page to see whether it continues."


class SharedRunHandlers:
    """The handlers of what is shared."""

    def __init__(self, trainings: Trainings, sharing: Sharing) -> None:
        self._trainings, self._sharing = trainings, sharing
        self._shown: dict[str, str] = {}  # what a page that has switched shows: a code, or "", one's own
        self._lock = Lock()

    async def follow(self, session: Session, code: str, request: gr.Request | None = None) -> AsyncIterator[RunView]:
        """Show a shared training from its beginning, then all that is new, until it rests, is withdrawn or is left.

        Nothing new when no code is given.
        """
        if not code:
            yield unchanged(RunView)
            return
        screen = RunScreen(own=False)
        try:
            share = await asyncio.to_thread(self._sharing.open, session, code)
            history = RunHistory(self._trainings.status(share, share.target).family)
            async for status, events in self._trainings.watch(share, share.target):
                if not self._sharing.is_active(share):
                    raise RefusedError(WITHDRAWN)
                history.add(events)
                if self.is_left(code, request):
                    return
                yield _shown(screen, status, history)
        except ValueError as error:
            yield _refused(WITHDRAWN if isinstance(error, JobError) else str(error))

    def redraw(self, session: Session, code: str, request: gr.Request | None = None) -> RunView:
        """Everything at once, for a tab that has just been opened."""
        try:
            share = self._sharing.open(session, code)
            history = self._trainings.history(share, share.target)
            shown = _shown(RunScreen(own=False), self._trainings.status(share, share.target), history)
            return unchanged(RunView) if self.is_left(code, request) else shown
        except ValueError as error:
            return _refused(WITHDRAWN if isinstance(error, JobError) else str(error))

    def press_copy(self, session: Session, code: str) -> Iterator[tuple[Any, Any, Any]]:
        """Make the model of the shared training one's own: (answer, note, model_changed)."""
        yield drawn.note_value("busy", "Copying the model."), gr.skip(), gr.skip()
        try:
            name = self._sharing.copy(session, self._sharing.open(session, code)).name
        except ValueError as error:
            yield drawn.note_value("error", str(error)), gr.skip(), gr.skip()
            return
        copied = f"{name} is one of your models now, and in use. Go on to Sample."
        yield drawn.note_value("done", copied), None, stamp()

    def press_back(self, session: Session) -> str:
        """Nothing is watched any more but one's own: the code that is watched."""
        return ""

    def switch(self, session: Session, code: str = "", request: gr.Request | None = None) -> tuple[str, None]:
        """Another training is to be shown on a page from now on: a stamp for whoever shows it, and no answer more."""
        if request is not None:
            page = str(request.session_hash)
            with self._lock:
                self._shown.pop(page, None)
                self._shown[page] = code
                if len(self._shown) > MAX_PAGES:
                    del self._shown[next(iter(self._shown))]
        return stamp(), None

    def is_left(self, code: str, request: gr.Request | None) -> bool:
        """Whether a page shows another training by now, over which a late answer must not be drawn.

        What is cancelled in the browser may be under way, or not have begun.
        """
        return request is not None and self._shown.get(str(request.session_hash), code) != code

    def own_share(self, session: Session) -> tuple[Any, Any, Any]:
        """share button, code, stop button: of the visitor's newest run."""
        return card(self._sharing, session, "run", self._trainings.newest(session))

    def press_share(self, session: Session) -> tuple[Any, ...]:
        """Share the newest run: (answer, then as `own_share`)."""
        return self._change(session, self._sharing.share)

    def press_unshare(self, session: Session) -> tuple[Any, ...]:
        """Withdraw its code: (answer, then as `own_share`)."""
        return self._change(session, self._sharing.unshare)

    def _change(self, session: Session, change: Any) -> tuple[Any, ...]:
        try:
            change(session, "run", self._trainings.find(session))
        except ValueError as error:
            return drawn.note_value("error", str(error)), *self.own_share(session)
        return None, *self.own_share(session)


def _shown(screen: RunScreen, status: Status, history: RunHistory) -> RunView:
    note = None
    if status.state == "waiting":
        status = replace(status, message=WAITS)
    if status.state in MODEL_STATES:
        note = drawn.note_value("done", ENDED) if status.model else drawn.note_value("note", NO_MODEL)
    elif status.state in RESTING:
        note = drawn.note_value("note", RESTS)
    ended = status.state in MODEL_STATES and status.model is not None
    return screen.show(status, history)._replace(note=note, copy=gr.update(visible=ended))


def _refused(why: str) -> RunView:
    return unchanged(RunView, note=drawn.note_value("error", why), copy=gr.update(visible=False))


def head() -> tuple[gr.Button, gr.Button]:
    """The line above a shared training, its buttons: copy, back. shared_run.css shows it, and hides one's own."""
    with gr.Row(elem_id="train-shared"):
        prose(WATCHING)
        with gr.Row(elem_classes=["row", "actions"]):
            copy = gr.Button(
                "Copy its model", variant="primary", visible=False, elem_id="shared-copy", scale=0, min_width=160
            )
            back = gr.Button("Back to mine", elem_id="shared-back", scale=0, min_width=128)
    return copy, back


def code() -> tuple[gr.HTML, gr.Button]:
    """Where the code of one's own training stands, and what withdraws it."""
    with gr.Row(elem_classes=["share-row"], elem_id="train-sharing"):
        shown = drawn.drawn("share", elem_id="train-code", stop="train-unshare")
        stop = gr.Button(
            "Stop sharing", visible=False, elem_classes=["quiet"], elem_id="train-unshare", scale=0, min_width=120
        )
    return shown, stop


def connect(
    page: Page,
    shared: SharedRunHandlers,
    follow: Any,
    redraw: Any,
    switched: gr.Textbox,
    back: gr.Button,
    screen: RunView,
    answer: gr.HTML,
) -> None:
    """Let the tab show another training as soon as `page.watched` names one, and one's own when it does not.

    Args:
        follow: the event that shows one's own; it ends when another is shown.
        redraw: the handler that shows at once what is to be shown.
        switched: a signal that comes after that.
        back: the button to one's own.
        answer: to what was pressed on the training that is left.
    """
    other = page.on(switched.change, shared.follow, [page.watched], screen, concurrency_limit=None)
    other.failure(None, js="() => space.failed()")

    def again(session: Session, code: str, request: gr.Request | None = None) -> RunView:
        """A browser that is behind still draws what has come of a shared training when it is left already."""
        return unchanged(RunView) if code else redraw(session, code, request)

    page.on(other.then, again, [page.watched], screen)
    page.on(page.watched.change, shared.switch, [page.watched], [switched, answer], cancels=[follow, other])
    page.watched.change(None, [page.watched], js="(code) => space.watching(code)")
    copied = [answer, screen.note, page.model_changed]
    page.on(screen.copy.click, shared.press_copy, [page.watched], copied, trigger_mode="once")
    page.on(back.click, shared.press_back, [], [page.watched])


def connect_own_share(
    page: Page, shared: SharedRunHandlers, tab: gr.Tab, answer: gr.HTML, row: tuple[gr.Button, gr.HTML, gr.Button]
) -> None:
    """Let one share one's own training."""
    share, _, stop = row
    page.on([page.runs_changed.change, tab.select], shared.own_share, [], row)
    page.on(share.click, shared.press_share, [], [answer, *row]).then(js="() => space.focus('#train-code button')")
    page.on(stop.click, shared.press_unshare, [], [answer, *row]).then(js="() => space.focus('#train-share')")
