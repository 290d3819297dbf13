"""Visits with a real Chromium, and a gate: what would leave 127.0.0.1 is recorded and fails the test.

Chromium itself reaches nothing else (see `CHROMIUM_ARGUMENTS`). Requests are not routed through the test, which would
take a third of the time that the page needs.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

PATIENCE = 60_000  # ms: a shared machine can be slow
expect.set_options(timeout=PATIENCE)
# What Gradio's client says, no fault of the page: a reload cuts off the stream that it listens to, and whoever asks
# for that stream again in the page's last moment finds it gone; what it cancels has ended just then, or has not been
# queued yet; and a part of an answer may arrive when its stream has just been cancelled.
CUT_STREAM = (
    r"AbortError: signal is aborted without reason|Unexpected error Connection errored out\. $"
    r"|Unexpected error 404: Not Found$"
)
LATE_PART = r"|Unexpected client exception TypeError: Cannot read properties of undefined \(reading '0'\)"
FORGIVEN = re.compile(CUT_STREAM + LATE_PART + r"|/gradio_api/(cancel|reset): Failed to load resource")

# A browser that asks to save data, to which the model does not come: who answers does not hang on when it would.
SAVING = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
TOKEN = re.compile(r'"data":\["([A-Za-z0-9_-]{43})"')  # of the visitor, in what the page asks of the server


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A visitor's storage of their own, with patience for a busy machine."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context


@contextmanager
def visits(
    browser: Browser, server: str, forgiven: re.Pattern[str] = FORGIVEN, on_device: bool = False
) -> Iterator[Callable[..., Page]]:
    """A function that opens the page as a new visitor, with storage of their own.

    Args:
        on_device: the model may come to the visitor's own device; else the server answers all.

    Its options are those of a browser context. At the end no request may have tried to leave 127.0.0.1, and the
    console must be free of errors that are not `forgiven`. What the visitors made is then removed.
    """
    contexts: list[BrowserContext] = []
    tokens: set[str] = set()
    remote: list[str] = []
    errors: list[str] = []

    def watch(request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            remote.append(request.url)
        if request.url.split("?")[0].endswith("/queue/join"):
            tokens.update(TOKEN.findall(request.post_data or "")[:1])

    def note_error(text: str) -> None:
        if not forgiven.search(text):
            errors.append(text)

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            note_error(f"{message.location['url']}: {message.text}")

    def open_page(path: str = "", **options: Any) -> Page:
        context = new_context(browser, **{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.on("request", watch)
        if not on_device:
            context.add_init_script(SAVING)
        page = context.new_page()
        page.on("console", note_message)
        page.on("pageerror", lambda error: note_error(str(error)))
        page.goto(server + path)
        page.locator(".path .step").first.wait_for(state="attached" if path else "visible")
        return page

    yield open_page
    for context in contexts:
        context.close()
    for token in tokens:  # a training that a failed test has left would keep the next from its place
        forget(server, token)
    assert remote == []
    assert errors == []


def forget(server: str, token: str) -> None:
    """End and remove all that a visitor made."""
    request = urllib.request.Request(
        f"{server}/gradio_api/call/forget", json.dumps({"data": [token]}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{server}/gradio_api/call/forget/{event}", timeout=60) as answer:
        events = answer.read().decode()
    assert "complete" in events or "no longer knows" in events, events
