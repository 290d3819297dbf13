"""A real server, a real Chromium, and a gate: what leaves 127.0.0.1 is recorded, stopped and fails the test."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect
from serving import CHROMIUM_ARGUMENTS, chromium, running_app

PATIENCE = 60_000  # ms: a shared machine can be slow
expect.set_options(timeout=PATIENCE)
# What Gradio's client says when a reload cuts off the stream that it listens to; no fault of the page.
CUT_STREAM = re.compile(r"AbortError: signal is aborted without reason|Unexpected error Connection errored out\. $")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, run as a person runs it, with a data folder of its own."""
    with running_app(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if chromium() is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium here; CI has one")
    return {**browser_type_launch_args, "executable_path": chromium(), "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def arrive(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the page as a new visitor, with storage of their own.

    Its options are those of a browser context. When the test ends, no request may have tried to leave
    127.0.0.1 and the console must be free of errors.
    """
    contexts: list[BrowserContext] = []
    remote: list[str] = []
    errors: list[str] = []

    def gate(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.hostname in ("127.0.0.1", None):
            route.continue_()
        else:
            remote.append(route.request.url)
            route.abort()

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not CUT_STREAM.match(message.text):
            errors.append(message.text)

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.route("**/*", gate)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server)
        page.locator("#stage .step").first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert remote == []
    assert errors == []
