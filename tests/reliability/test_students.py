"""Students in a real browser: each finds only their own, after a reload, a lost connection and a server's restart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.server import free_port, running_server
from support.visits import FORGIVEN, visits

Arrive = Callable[..., Page]
WHO = ("The cat", "A dog", "My sister", "The old man", "The girl")
WHAT = ("the red ball", "a green apple", "some bread", "the river", "a letter", "her house", "a song", "the door")
TEXT = "\n".join(f"{who} {does} {what}." for who in WHO for does in ("sees", "likes", "finds") for what in WHAT)
SETTINGS = {"latent": "4", "hidden": "16", "steps": "0", "epochs": "1000"}  # longer than any test
SLOW = 300_000  # ms: a busy machine
# What the browser and Gradio's client say of a server that is gone; the page says it in words.
GONE = re.compile(
    FORGIVEN.pattern
    + r"|net::ERR_|NetworkError|Failed to fetch|network error|AbortError|Connection errored out|BodyStreamBuffer"
)


class School:
    """A server on one address that can be stopped and started again over the same data."""

    def __init__(self, folder: Path, model: Path) -> None:
        self._folder, self._model, self._port = folder, model, free_port()
        self._running: AbstractContextManager[object] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        variables = {"VAE_MODEL": str(self._model), "VAE_SLOTS": "2"}
        self._running = running_server(self._folder, variables, port=self._port)
        self._running.__enter__()

    def close(self) -> None:
        if self._running is not None:
            self._running.__exit__(None, None, None)
            self._running = None


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[School]:
    school = School(tmp_path_factory.mktemp("school"), model_path)
    school.open()
    yield school
    school.close()


@pytest.fixture
def arrive(browser: Browser, school: School) -> Iterator[Arrive]:
    with visits(browser, school.url, GONE) as open_page:
        yield open_page


def begin(page: Page, name: str) -> None:
    """Bring a text and start a training of a tiny model on it."""
    page.get_by_role("tab", name="Corpus").click()
    page.locator("#corpus-file input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": TEXT.encode()}
    )
    expect(page.locator("#corpus-figures h2")).to_have_text(name)
    page.locator("#corpus-next").click()
    page.locator("#train-settings > button").click()
    page.get_by_role("combobox", name="Start from").click()
    page.get_by_role("option", name="Nothing").click()
    for setting, value in SETTINGS.items():
        field = page.locator(f"#train-{setting} input[type=number]")
        field.fill(value)
        field.press("Tab")
    expect(page.locator("#train-plan")).to_contain_text(f"learns {name}")
    expect(page.locator("#train-plan")).to_contain_text("for 1000 epochs")
    page.locator("#train-start").click()
    more_than(page, 1)


def step(page: Page) -> int:
    """The last step on the chart."""
    return int(page.locator("#train-chart canvas").get_attribute("data-step") or 0)


def more_than(page: Page, steps: int) -> None:
    """Wait until the chart has come further."""
    script = "n => Number(document.querySelector('#train-chart canvas')?.dataset.step ?? 0) > n"
    page.wait_for_function(script, arg=steps, timeout=SLOW)


def beginning(page: Page) -> str:
    """The first step that the chart's table tells of."""
    page.locator("#train-chart summary").click()
    first = page.locator("#train-chart tbody th").first.inner_text()
    page.locator("#train-chart summary").click()
    return first


def finish(page: Page) -> None:
    """Stop the training and wait until its model is in use."""
    page.locator("#train-stop").click()
    expect(page.locator("#train-note .done")).to_be_visible(timeout=SLOW)


def models(page: Page) -> list[str]:
    """The models that one can choose from."""
    page.locator(".model-line").click()
    names = page.locator("#model-list label").all_inner_texts()
    page.locator(".model-line").click()
    return names


def test_two_students_who_reload_and_go_offline_find_each_only_their_own(arrive: Arrive) -> None:
    ada, ben = arrive(), arrive()
    begin(ada, "ada.txt")
    begin(ben, "ben.txt")

    first, before = beginning(ada), step(ada)
    ada.reload()
    ada.get_by_role("tab", name="Train").click()
    more_than(ada, before)
    assert beginning(ada) == first

    first, before = beginning(ben), step(ben)
    ben.context.set_offline(True)
    expect(ben.locator(".lost")).to_contain_text("nothing that you made is lost")
    ben.context.set_offline(False)
    expect(ben.locator(".lost")).to_be_hidden()
    expect(ben.get_by_role("tab", name="Train")).to_have_attribute("aria-selected", "true")
    more_than(ben, before)
    assert beginning(ben) == first

    for page, theirs, others in ((ada, "ada", "ben"), (ben, "ben", "ada")):
        expect(page.locator("#train-plan")).to_contain_text(f"learns {theirs}.txt")
        finish(page)
        expect(page.locator(".model-line")).to_contain_text(theirs.title())
        assert f"{others}.txt" not in page.content()
        assert len(models(page)) == 2
        assert not any(others in name.lower() for name in models(page))


@pytest.mark.soak  # the client journey has a restart in the normal run
def test_after_a_restart_of_the_server_text_models_and_trainings_are_there_again(
    arrive: Arrive, school: School
) -> None:
    page = arrive()
    begin(page, "eve.txt")
    first, before = beginning(page), step(page)
    school.close()
    expect(page.locator(".lost")).to_be_visible(timeout=SLOW)
    school.open()
    expect(page.locator(".lost")).to_be_hidden(timeout=SLOW)
    more_than(page, before)  # it goes on by itself
    assert beginning(page) == first
    finish(page)

    school.close()
    school.open()
    page.reload()
    expect(page.locator(".model-line")).to_contain_text("Eve (trained here)")
    assert len(models(page)) == 2
    page.get_by_role("tab", name="Train").click()
    more_than(page, before)
    expect(page.locator("#train-note")).to_contain_text("Stopped at step")
    expect(page.locator("#train-plan")).to_contain_text("learns eve.txt, 120 sentences")
    page.get_by_role("tab", name="Corpus").click()
    expect(page.locator("#corpus-figures h2")).to_have_text("eve.txt")
    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#samples .sentences li")).to_have_count(8)
