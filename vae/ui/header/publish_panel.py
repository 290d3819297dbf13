"""In the model panel: the model in use goes to the Hugging Face Hub, after a look at what would be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from vae.hub import client
from vae.messages.message import Message
from vae.serving.visitors.session import BUNDLED, RefusedError, Session
from vae.ui.components import drawn
from vae.ui.components.prose import prose
from vae.ui.page import Page
from vae.web import hub_sign_in

LEAD = (
    "<p class='hint'>There others can find your model and use it. It may say sentences of its text word for word: send "
    "only what may be public, or keep the model to yourself there.</p>"
)
SIGN_IN = "<p class='hint'>Sign in, and you need no token. The page loads again, and everything is kept.</p>"
TOKEN = "Make one that may write, in your settings on the Hub. It is used this once, and kept nowhere."
AT_ONCE = 2  # models on their way to the Hub
LONGEST = 100  # characters of a licence


class PublishView(NamedTuple):
    """What shows what would be sent: a message, the card, and the field and the button that send it."""

    message: Any
    card: Any
    sending: Any
    token: Any


def begin(session: Session) -> tuple[Any, ...]:
    """Another model is in use: the fold, which is there for models of one's own, and within it nothing looked at."""
    own = bool(session.models()) and session.model().id != BUNDLED
    return gr.update(visible=own), *withdraw(session)


def withdraw(session: Session, message: Any = None) -> PublishView:
    """What was looked at is no longer what would be sent."""
    return PublishView(message, gr.update(visible=False), gr.update(visible=False), "")


def look(session: Session, name: str, licence: str, signed_in: gr.OAuthToken | None = None) -> PublishView:
    """What would be sent, with nothing sent; and the field for a token, for whoever is not signed in with one."""
    try:
        card, files = _files(session, name, licence)
        listed = ", ".join(f"{path} ({_size(content)})" for path, content in files.items())
    except ValueError as error:
        return withdraw(session, drawn.note_value("error", str(error)))
    told = drawn.note_value("note", str(Message("ui.publish.files", name=name, files=listed)))
    return PublishView(told, gr.update(value=card, visible=True), gr.update(visible=True), _field(signed_in))


def send(
    session: Session,
    name: str,
    licence: str,
    private: bool,
    hub_token: str,
    signed_in: gr.OAuthToken | None = None,
) -> PublishView:
    """Send it, with the token that was pasted, or that of whoever is signed in. It is used for this and forgotten."""
    try:
        pasted = hub_token.strip() if isinstance(hub_token, str) else ""
        hub_token = pasted or _granted(signed_in)
        if not hub_token:
            raise RefusedError(Message("ui.publish.may_not_write" if signed_in else "ui.publish.no_token"))
        _, files = _files(session, name, licence)
        address = client.send(name, files, token=hub_token, private=private is not False)
    except ValueError as error:
        return PublishView(drawn.note_value("error", str(error)), gr.skip(), gr.skip(), _field(signed_in))
    return withdraw(session, drawn.note_value("done", str(Message("hub.sent", address=address))))


def _granted(signed_in: gr.OAuthToken | None) -> str:
    """The token of whoever is signed in, if it may write."""
    return "" if signed_in is None or client.WRITING.isdisjoint(signed_in.scope.split()) else signed_in.token


def _field(signed_in: gr.OAuthToken | None) -> Any:
    """The field for a token: empty, and there for whom it is needed."""
    return gr.update(value="", visible=not _granted(signed_in))


def _files(session: Session, name: object, licence: object) -> tuple[str, dict[str, Path | bytes]]:
    """The card, and all that goes there, by its name there. Raises UserError: it cannot be sent."""
    from vae.hub.model_card import model_card  # brings torch

    model = session.model()
    if model.id == BUNDLED:
        raise RefusedError(Message("ui.publish.bundled"))
    client.check_name(str(name))
    if not isinstance(licence, str) or not 0 < len(licence.strip()) <= LONGEST:
        raise RefusedError(Message("ui.publish.licence_missing"))
    card = model_card(session.checkpoint(), str(name), licence.strip())
    return card, {client.CARD_FILE: card.encode(), client.MODEL_FILE: model.path}


def _size(content: Path | bytes) -> str:
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def build(page: Page) -> None:
    """Lay out this part of the panel and connect it."""
    fold = gr.Accordion(
        "Publish on the Hugging Face Hub", open=False, visible=False, elem_classes=["fold"], elem_id="publish"
    )
    with fold:
        prose(LEAD)
        if hub_sign_in.offered():
            prose(SIGN_IN)
            with gr.Row(elem_classes=["row", "actions"]):
                gr.LoginButton(
                    "Sign in with Hugging Face", "Sign out ({})", variant="secondary", icon=None, scale=0,
                    min_width=216, elem_id="publish-sign-in",
                )  # fmt: skip
        with gr.Row(elem_classes=["row", "settings"]):
            name = gr.Textbox(
                label="Repository", placeholder="your-name/my-model", lines=1, max_lines=1, elem_id="publish-name",
                info="It is made if there is none.",
            )  # fmt: skip
            licence = gr.Textbox(
                label="Licence of the text", placeholder="cc-by-4.0", lines=1, max_lines=1, elem_id="publish-licence",
                info="As the Hub names it; that of the text is that of the model.",
            )  # fmt: skip
        private = gr.Checkbox(
            True, label="Keep it to myself", elem_id="publish-private",
            info="A new repository is then seen by you alone, until you open it there.",
        )  # fmt: skip
        with gr.Row(elem_classes=["row", "actions"]):
            show = gr.Button("Look at what would be sent", elem_id="publish-look", scale=0, min_width=216)
        message = drawn.note(elem_id="publish-message")
        card = gr.Textbox(
            label="Its card, README.md", lines=10, max_lines=10, interactive=False, visible=False,
            elem_id="publish-card",
        )  # fmt: skip
        with gr.Row(visible=False, elem_classes=["row", "actions", "code-row"]) as sending:
            token = gr.Textbox(
                label="Your token", info=TOKEN, type="password", lines=1, max_lines=1, elem_id="publish-token", scale=1,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
            )  # fmt: skip
            go = gr.Button("Send it", elem_id="publish-send", scale=0, min_width=104)

    result = PublishView(message, card, sending, token)
    page.on(page.model_changed.change, begin, [], [fold, *result])
    page.on([name.input, licence.input], withdraw, [], result)
    page.on(show.click, look, [name, licence], result, trigger_mode="once")
    given = [name, licence, private, token]
    page.on([go.click, token.submit], send, given, result, trigger_mode="once", concurrency_limit=AT_ONCE)
