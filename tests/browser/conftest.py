"""A real server, and visitors with a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from support.hub import Hub, standing_in
from support.server import running_app
from support.visits import visits


@pytest.fixture(scope="session")
def hub() -> Iterator[Hub]:
    """A stand-in of the Hugging Face Hub, which the app takes for it."""
    with standing_in() as hub:
        yield hub


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server has its log, and its data in `data`."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def server(server_folder: Path, hub: Hub) -> Iterator[str]:
    """The address of the app, run as a person runs it, with a data folder of its own."""
    at_hub = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1"}  # whose newest storage has no stand-in
    with running_app(server_folder, at_hub) as url:
        yield url


@pytest.fixture(scope="session")
def small_server(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[str]:
    """The same with a tiny model as the bundled one, for what would take a large one long."""
    with running_app(tmp_path_factory.mktemp("small-server"), {"VAE_MODEL": str(model_path)}) as url:
        yield url


@pytest.fixture
def arrive(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the page as a new visitor, with storage of their own; see `visits`."""
    with visits(browser, server) as open_page:
        yield open_page


@pytest.fixture
def arrive_small(browser: Browser, small_server: str) -> Iterator[Callable[..., Page]]:
    """As `arrive`, where the bundled model is a tiny one."""
    with visits(browser, small_server) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def visit(browser: Browser, server: str) -> Iterator[Page]:
    """One visit for all tests of a file that need no more than an open page, whatever was done on it before."""
    with visits(browser, server) as open_page:
        yield open_page()
