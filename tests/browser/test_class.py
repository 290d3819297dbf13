"""`python app.py --classroom` with a pass phrase, as a teacher starts it and a student comes in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from gradio_client import Client
from playwright.sync_api import Browser, Page, expect
from support.server import running_server
from support.visits import FORGIVEN, new_context

WORDS = "Grüner Wal"

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of the server on this machine, and its folder."""
    folder = tmp_path_factory.mktemp("class")
    variables = {"VAE_PASS_PHRASE": WORDS, "VAE_LOG": str(folder / "log.jsonl")}
    with running_server(folder, variables, arguments=["--classroom"]) as (url, _):
        yield url, folder


def enter(page: Page, words: str) -> None:
    page.get_by_label("Pass phrase").fill(words)
    page.get_by_role("button", name="Come in").click()


def test_terminal_invites_and_the_log_keeps_the_phrase_to_itself(classroom: tuple[str, Path]) -> None:
    url, folder = classroom
    deadline = time.monotonic() + 60
    while "Ctrl-C" not in (said := (folder / "server.log").read_text("utf-8")):
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
    assert f":{url.rpartition(':')[2]}" in said
    assert WORDS in said
    assert "▀" in said
    assert WORDS not in (folder / "log.jsonl").read_text("utf-8")


def test_question_is_accessible_and_needs_no_script(browser: Browser, classroom: tuple[str, Path]) -> None:
    context = new_context(browser, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(classroom[0])
    expect(page.get_by_label("Pass phrase")).to_be_focused()
    papers: dict[Literal["light", "dark"], str] = {"light": "rgb(250, 250, 248)", "dark": "rgb(21, 22, 26)"}
    for scheme, paper in papers.items():
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body")).to_have_css("background-color", paper)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    context.close()
    context = new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(classroom[0])
    enter(page, "red whale")
    expect(page.get_by_role("alert")).to_contain_text("not the pass phrase")
    enter(page, "grüner  wal")
    expect(page.locator("gradio-app")).to_have_count(1)
    expect(page.get_by_label("Pass phrase")).to_have_count(0)
    context.close()


def test_student_comes_in_and_stays(browser: Browser, classroom: tuple[str, Path]) -> None:
    context = new_context(browser)
    page = context.new_page()
    errors: list[str] = []
    page.goto(classroom[0] + "/?share=AAAA-BBBB-CCCC")
    enter(page, WORDS)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.locator(".path .step").first.wait_for(state="attached")
    page.reload()
    page.locator(".path .step").first.wait_for(state="attached")
    assert [error for error in errors if not FORGIVEN.search(error)] == []
    context.close()


def test_page_that_is_asked_for_the_phrase_again_is_loaded_anew(browser: Browser, classroom: tuple[str, Path]) -> None:
    context = new_context(browser)
    context.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw Error(); }, configurable: true})"
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(classroom[0])
    enter(page, WORDS)
    page.locator(".path .step").first.wait_for(state="attached")
    context.clear_cookies()
    page.evaluate("void space.failed()")  # as when a stream breaks off
    expect(page.get_by_label("Pass phrase")).to_be_visible()
    assert errors == []
    context.close()


def test_program_says_the_phrase_in_a_header(classroom: tuple[str, Path]) -> None:
    url = classroom[0]
    assert httpx.get(f"{url}/config").status_code == 401
    assert httpx.get(f"{url}/health").json()["status"] == "ok"
    client = Client(url, headers={"X-Pass-Phrase": "gr%C3%BCner%20wal"}, verbose=False)
    token = client.predict(api_name="/start")
    assert client.predict(token, api_name="/models")[0]["id"] == "bundled"
    client.close()
