"""The engine in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from support.engine_page import EnginePage, engine_page


@pytest.fixture(scope="session")
def engine(browser: Browser) -> Iterator[EnginePage]:
    """One page for all tests of the engine."""
    with engine_page(browser) as page:
        yield page
