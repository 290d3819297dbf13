"""A real server, and visitors with a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page
from support.server import running_app
from support.visits import visits


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, run as a person runs it, with a data folder of its own."""
    with running_app(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def arrive(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the page as a new visitor, with storage of their own; see `visits`."""
    with visits(browser, server) as open_page:
        yield open_page
