"""In the model panel: the code of the model in use, a field for a code that one was given, and the way to leave."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr

from vae.serving.visitors.services import Services
from vae.serving.visitors.session import BUNDLED, Session
from vae.serving.visitors.sharing import parse_code
from vae.ui.components import drawn
from vae.ui.components.answers import unchanged
from vae.ui.components.prose import prose
from vae.ui.components.share_card import card
from vae.ui.page import Page
from vae.ui.signals import stamp

SURE = (
    "<p>This removes your text, your trainings, your models and what you share from the server, at once and for good. "
    "What others have copied stays theirs.</p>"
)


class OpenedView(NamedTuple):
    """What a code that somebody brings changes: a message, the field that it stood in, and what it opened."""

    message: Any
    code: Any
    model_changed: Any  # the signal
    watched: Any  # the code of the shared training that is shown
    tabs: Any


class ShareHandlers:
    """The panel's handlers."""

    def __init__(self, services: Services) -> None:
        self._visitors, self._sharing = services.visitors, services.sharing

    def current(self, session: Session) -> tuple[Any, Any, Any]:
        """share button, code, stop button: of the model in use, unless everybody has that already."""
        used = session.model().id if session.models() else BUNDLED
        return card(self._sharing, session, "model", None if used == BUNDLED else used)

    def press_share(self, session: Session) -> tuple[Any, ...]:
        """Share the model in use: message, then as `current`."""
        return self._change(session, self._sharing.share)

    def press_unshare(self, session: Session) -> tuple[Any, ...]:
        """Withdraw its code: message, then as `current`."""
        return self._change(session, self._sharing.unshare)

    def _change(self, session: Session, change: Any) -> tuple[Any, ...]:
        try:
            change(session, "model", session.model().id)
        except ValueError as error:
            return drawn.note_value("error", str(error)), *self.current(session)
        return None, *self.current(session)

    def open(self, session: Session, code: str) -> OpenedView:
        """Somebody brings a code: a model becomes theirs, a training is shown."""
        try:
            share = self._sharing.open(session, code)
            if share.kind == "run":
                return OpenedView(None, "", gr.skip(), parse_code(code), gr.Tabs(selected="train"))
            name = self._sharing.copy(session, share).name
        except ValueError as error:
            return unchanged(OpenedView, message=drawn.note_value("error", str(error)))
        text = f"{name} was shared with you. It is among your models now, and in use."
        return unchanged(OpenedView, message=drawn.note_value("done", text), code="", model_changed=stamp())

    def forget(self, session: Session) -> None:
        """Remove all of this visitor's; the page then begins anew."""
        self._visitors.forget(session.owner)


def build(page: Page, message: gr.HTML) -> None:
    """Lay out this part of the panel and connect it; `message`: where answers are told."""
    handlers = ShareHandlers(page.services)
    with gr.Row(elem_classes=["share-row"]):
        share = gr.Button("Share this model", visible=False, elem_id="model-share", scale=0, min_width=176)
        shown = drawn.drawn("share", elem_id="model-code", stop="model-unshare")
        stop = gr.Button(
            "Stop sharing", visible=False, elem_classes=["quiet"], elem_id="model-unshare", scale=0, min_width=120
        )
    with gr.Row(elem_classes=["row", "actions", "code-row"]):
        code = gr.Textbox(
            label="Have a code?", placeholder="ABCD-EFGH-JKMN", lines=1, max_lines=1, elem_id="code-field", scale=1,
            info="A code opens a model, which becomes one of yours, or a training, which you can watch.",
        )  # fmt: skip
        use = gr.Button("Open it", elem_id="code-open", scale=0, min_width=104)

    row = [share, shown, stop]
    result = OpenedView(message, code, page.model_changed, page.watched, page.tabs)
    page.on(page.model_changed.change, handlers.current, [], row)
    page.on(share.click, handlers.press_share, [], [message, *row]).then(js="() => space.focus('#model-code button')")
    page.on(stop.click, handlers.press_unshare, [], [message, *row]).then(js="() => space.focus('#model-share')")
    for event in (
        page.on([use.click, code.submit], handlers.open, [code], result, trigger_mode="once"),
        page.on(page.link.change, handlers.open, [page.link], result),
    ):
        event.then(None, [message, page.watched], js="(said, code) => space.opened(said, code)")


def build_leaving(page: Page) -> None:
    """Lay out the way to leave, which comes last, and connect it."""
    handlers = ShareHandlers(page.services)
    with gr.Column(elem_id="leave"):
        ask = gr.Button("Delete my data", elem_classes=["quiet"], elem_id="leave-ask", scale=0, min_width=144)
        with gr.Column(elem_id="leave-sure"):
            prose(SURE)
            with gr.Row(elem_classes=["row", "actions"]):
                really = gr.Button("Delete everything", variant="stop", elem_id="leave-really", scale=0, min_width=160)
                stay = gr.Button("Keep it", elem_id="leave-not", scale=0, min_width=96)
    ask.click(None, js="() => space.leaving(true)")
    stay.click(None, js="() => space.leaving(false)")
    page.on(really.click, handlers.forget, trigger_mode="once").success(None, js="() => space.begin()")
