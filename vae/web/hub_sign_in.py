"""Signing in with the Hugging Face Hub, where a Space offers it: Gradio's own, and in words what goes wrong on the way.

Gradio has the routes. Who is signed in, and the token that the Hub gave for it, it keeps in a cookie of that browser:
signed, out of reach of scripts, gone with the browser. The server keeps neither.

Source: the Hub's documentation, "Adding a Sign-In with HF button to your Space"; gradio/oauth.py, 6.31.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
from urllib.parse import parse_qs

from gradio.utils import get_space
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vae.messages.message import Message
from vae.system import log

VARIABLES = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")  # of such a Space
PACKAGES = ("authlib", "itsdangerous")  # that Gradio needs for it, and the Hub installs with Gradio
BACK = "/login/callback"
ROUTES = re.compile(rf"/login/huggingface|{BACK}|/logout")
_log = logging.getLogger(__name__)


def offered() -> bool:
    """Whether this is a Space in which visitors can sign in.

    Anywhere else Gradio would sign everybody in as whoever is at home on the machine.
    """
    if get_space() is None or not all(os.environ.get(name) for name in VARIABLES):
        return False
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        _log.warning("nobody can sign in with the Hub: pip install %s", " ".join(missing))
    return not missing


class SignInTroubles:
    """ASGI middleware inside of the sessions that Gradio keeps in a cookie: a sign-in that fails ends in words.

    Who says no at the Hub is back on the page, and a browser without cookies is not sent around in circles.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/login/"):
            await self.app(scope, receive, send)
        elif answer := _instead(scope):
            await answer(scope, receive, send)
        else:
            try:
                await self.app(scope, receive, send)
            except Exception as error:  # of any library on the way: the Hub is away, or says what nobody expected
                log.exception("sign-in failed", error, logging.WARNING)
                await _answer(Message("web.sign_in_failed"), 502)(scope, receive, send)


def _instead(scope: Scope) -> Response | None:
    """The answer to a way back from the Hub that leads nowhere."""
    if scope["path"] != BACK:
        return None
    if parse_qs(scope.get("query_string", b"").decode("latin-1")).get("error") == ["access_denied"]:
        return RedirectResponse("/", 303)
    return None if scope.get("session") else _answer(Message("web.sign_in_lost"), 400)


def _answer(message: Message, status: int) -> Response:
    return PlainTextResponse(str(message), status, {"cache-control": "no-store"})
