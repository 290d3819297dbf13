"""The model in the visitor's own browser: it comes, answers as the server does, and goes without a trace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from support.gestures import drag, quiet
from support.visits import FORGIVEN, SAVING, visits

from vae.model.checkpoint import load
from vae.model.interpolation import find_path

Arrive = Callable[..., Page]
BUNDLED = Path(__file__).parents[2] / "assets" / "models" / "everyday-english.safetensors"
MARK, FRAME, SCRUB = ".on-device", "#stage .frame", "#stage .scrub"
ASKED = re.compile("/queue/join")


def arrive_with_model(arrive: Arrive) -> Page:
    page = arrive()
    expect(page.locator(MARK)).to_be_visible()
    expect(page.locator(SCRUB)).to_have_class("scrub walked")  # the way between the two sentences is known, too
    return page


def asked_by(page: Page) -> list[str]:
    """What the page asks of the server from now on, as it comes."""
    found: list[str] = []

    def note(request: Request) -> None:
        if ASKED.search(request.url):
            found.append(request.url)

    page.on("request", note)
    return found


def path_of(page: Page, first: str, second: str) -> list[str]:
    """Show a path, and give its sentences."""
    page.locator("#slide-first textarea").fill(first)
    page.locator("#slide-second textarea").fill(second)
    page.locator("#show-path").click()
    expect(page.locator(".pair-changed")).to_have_count(0)
    return [*page.locator(".path .sentence").all_inner_texts(), *page.locator(".unread").all_inner_texts()]


def samples_of(page: Page, seed: str) -> list[str]:
    """Sentences with their badges and what is said of them, drawn from a seed."""
    page.get_by_role("tab", name="Sample").click()
    page.locator("#samples li").first.wait_for()
    page.locator(".fold > button", has_text="More").click()
    page.get_by_label("A new seed each time").uncheck()
    page.locator("#sample-seed input").fill(seed)
    page.locator("#sample-seed input").press("Tab")
    page.evaluate("document.querySelector('#samples ol').dataset.old = 'yes'")
    page.locator("#sample-go").click()
    page.locator("#samples ol:not([data-old])").wait_for()
    return [*page.locator("#samples li").all_inner_texts(), page.locator("#sample-message").inner_text()]


def test_device_answers_as_the_server_does_and_asks_it_nothing(arrive_small: Arrive) -> None:
    here = arrive_with_model(arrive_small)
    there = arrive_small()
    there.add_init_script("window.spaceDevice = { openDevice: () => Promise.reject('not here') }")
    there.reload()
    there.locator(".path .step").first.wait_for()
    quiet(there)
    asked = asked_by(here)
    pair = ("the cat sat zyxw", "a dog ran")
    assert path_of(here, *pair) == path_of(there, *pair)
    assert samples_of(here, "7") == samples_of(there, "7")
    assert asked == []


def test_dragging_decodes_at_the_pointer_and_beside_the_path(arrive: Arrive) -> None:
    page = arrive_with_model(arrive)
    seen = drag(page, 60)
    assert seen.requests == []
    assert len(set(seen.fingerprints)) >= 50
    assert len(set(seen.sentences)) >= 4
    lexicon = load(BUNDLED).text_model.lexicon
    assert lexicon is not None
    ends = " ".join(
        page.locator(f"{step} .sentence").inner_text() for step in (".path li:first-child", ".path li:last-child")
    )
    assert not any(lexicon.made_up(sentence, besides=ends) for sentence in seen.sentences)
    slider = page.locator(SCRUB)
    slider.press("Home")
    slider.press("ArrowRight")
    listed = page.locator(FRAME).inner_text()
    for _ in range(8):
        slider.press("Shift+ArrowUp")
    expect(page.locator("#stage .hint.count")).to_contain_text("Beside the path")
    expect(page.locator(".path .step[aria-current]")).to_have_count(0)
    slider.press("Escape")
    expect(page.locator(FRAME)).to_have_text(listed)
    expect(page.locator(".path .step[aria-current]")).to_have_count(1)


def test_no_made_up_word_is_met_on_the_way(arrive: Arrive) -> None:
    page = arrive_with_model(arrive)
    pair = ("Tell me which of the two cameras is the better one.", "I had a cup of coffee at the cafe.")
    bundled = load(BUNDLED).text_model
    lexicon = bundled.lexicon
    assert lexicon is not None
    way = [stop.text for stop in find_path(replace(bundled, lexicon=None), *pair)]
    assert sum(bool(lexicon.made_up(text)) for text in way) > 5
    assert path_of(page, *pair) == [stop.text for stop in find_path(bundled, *pair)]
    expect(page.locator(SCRUB)).to_have_class("scrub walked")
    seen = drag(page, 60)
    assert len(set(seen.sentences)) > 5
    assert not any(lexicon.made_up(sentence, besides=" ".join(pair)) for sentence in seen.sentences)


def test_mark_explains_itself(arrive_small: Arrive) -> None:
    page = arrive_with_model(arrive_small)
    page.locator(f"{MARK} button").focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    expect(page.get_by_role("button", name="on your device")).to_have_accessible_description(re.compile("own browser"))


@pytest.fixture
def arrive(browser: Browser, server: str) -> Iterator[Arrive]:
    """Visitors of a server with the bundled model, to whose devices it comes."""
    with visits(browser, server, on_device=True) as open_page:
        yield open_page


@pytest.fixture
def arrive_small(browser: Browser, small_server: str) -> Iterator[Arrive]:
    """The same with a tiny model."""
    with visits(browser, small_server, on_device=True) as open_page:
        yield open_page


@pytest.fixture
def arrive_failing(browser: Browser, small_server: str) -> Iterator[Arrive]:
    """As `arrive_small`, where the browser may note down what failed on purpose."""
    failing = re.compile(rf"{FORGIVEN.pattern}|/device/|it broke")
    with visits(browser, small_server, failing, on_device=True) as open_page:
        yield open_page


def test_a_model_that_cannot_come_or_dies_leaves_all_to_the_server(arrive_failing: Arrive) -> None:
    page = arrive_with_model(arrive_failing)
    page.context.route("**/device/model-*", lambda route: route.abort())
    asked = asked_by(page)
    page.locator("#show-path").click()
    assert asked == []
    for worker in page.workers:
        worker.evaluate("setTimeout(() => { throw new Error('it broke') })")
    expect(page.locator(MARK)).to_be_hidden()
    assert path_of(page, "the cat sat", "a dog ran")
    assert asked
    page.reload()
    page.locator(".path .step").first.wait_for()
    quiet(page)
    expect(page.locator(MARK)).to_be_hidden()


def test_nothing_is_loaded_for_whoever_saves_data(arrive_small: Arrive) -> None:
    page = arrive_small()
    page.context.add_init_script(SAVING)
    page.reload(wait_until="commit")  # the page before, without that wish, asks for nothing any more
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url) if "/device/" in request.url else None)
    page.locator(".path .step").first.wait_for()
    quiet(page)
    assert loaded == []
    expect(page.locator(MARK)).to_be_hidden()


def test_another_model_in_use_is_another_model_here(arrive_small: Arrive, tmp_path: Path) -> None:
    page = arrive_with_model(arrive_small)
    file = tmp_path / "other.safetensors"
    page.locator(".model-line").click()
    with page.expect_download() as download:
        page.locator("#model-download").click()
    download.value.save_as(file)
    with page.expect_file_chooser() as chooser:
        page.locator("#model-load").click()
    with page.expect_event("worker"):
        chooser.value.set_files(file)
    expect(page.locator(".model-line")).to_contain_text("loaded from a file")
    expect(page.locator(MARK)).to_be_visible()
    assert path_of(page, "the cat sat", "a dog ran")
