"""Sampling: sentences with their fingerprints, repeatable, copied, told new from seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.gestures import quiet
from support.visits import visits

Arrive = Callable[..., Page]
SENTENCES = "#samples .sentences li"
# Lets the page hear that a stream of answers has ended only when the test says so.
HOLD = """() => {
  const { fetch } = window;
  const released = new Promise(release => { window.release = release; });
  window.fetch = async (...asked) => {
    const answer = await fetch(...asked);
    if (!String(asked[0].url ?? asked[0]).includes("/queue/data")) return answer;
    const reader = answer.body.getReader();
    return new Response(new ReadableStream({
      async pull(stream) {
        const { done, value } = await reader.read();
        if (done) return stream.close();
        const text = new TextDecoder().decode(value);
        const end = text.includes("close_stream") ? text.lastIndexOf("data:") : text.length;
        stream.enqueue(new TextEncoder().encode(text.slice(0, end)));
        if (end === text.length) return;
        window.held = true;
        await released;
        stream.enqueue(new TextEncoder().encode(text.slice(end)));
      },
    }), answer);
  };
}"""


def open_tab(page: Page) -> Page:
    page.get_by_role("tab", name="Sample").click()
    page.locator(SENTENCES).first.wait_for()
    return page


@pytest.fixture(scope="module")
def visit(browser: Browser, server: str) -> Iterator[Page]:
    """One visit for all tests that need no more than the open tab."""
    with visits(browser, server) as arrive:
        yield open_tab(arrive(permissions=["clipboard-read", "clipboard-write"]))


@pytest.fixture
def page(visit: Page) -> Page:
    """It, with nothing asked of the sentences."""
    visit.get_by_label("Start of the sentence").fill("")
    return visit


def ask(page: Page) -> list[str]:
    """Press the button, wait until other sentences stand there, and give them."""
    page.evaluate("document.querySelector('#samples ol').dataset.old = 'yes'")
    page.get_by_role("button", name="Sample", exact=True).click()
    page.locator("#samples ol:not([data-old])").wait_for()
    return texts(page)


def texts(page: Page) -> list[str]:
    return page.locator(f"{SENTENCES} .sentence").all_inner_texts()


def test_samples_come_with_fingerprint_and_badge(page: Page) -> None:
    rows = page.locator(SENTENCES)
    expect(rows).to_have_count(8)
    expect(page.locator(f"{SENTENCES} .fingerprint")).to_have_count(8)
    assert set(page.locator(f"{SENTENCES} .badge").all_inner_texts()) <= {"new", "seen"}
    expect(page.locator("#sample-message")).to_contain_text("learned from")


def test_a_fixed_seed_repeats_the_sentences_and_another_does_not(page: Page) -> None:
    page.locator(".fold > button", has_text="More").click()
    page.get_by_label("A new seed each time").uncheck()
    said = []
    for seed in ("7", "8", "7"):
        page.locator("#sample-seed input").fill(seed)
        page.locator("#sample-seed input").press("Tab")
        said.append(ask(page))
    assert said[0] == said[2] != said[1]
    page.get_by_label("A new seed each time").check()


def test_every_sentence_begins_with_the_start(page: Page) -> None:
    page.get_by_label("Start of the sentence").fill("I would")
    page.get_by_label("Start of the sentence").press("Enter")
    page.wait_for_function(
        "[...document.querySelectorAll('#samples .sentence')].every(p => p.textContent.startsWith('I would'))"
    )
    assert len(texts(page)) == 8


def test_sentences_stay_when_the_tab_is_left_and_opened_again(page: Page) -> None:
    said = texts(page)
    page.get_by_role("tab", name="Slide").click()
    page.get_by_role("tab", name="Sample").click()
    page.locator(SENTENCES).first.wait_for()
    quiet(page)
    assert texts(page) == said
    assert ask(page) != said  # whatever opening the tab had asked for is answered by now


def test_another_model_speaks_at_once(arrive: Arrive, tmp_path: Path) -> None:
    page = open_tab(arrive())
    page.locator(".model-line").click()
    with page.expect_download() as download:
        page.locator("#model-download").click()
    file = tmp_path / "model.safetensors"
    download.value.save_as(file)
    page.evaluate("document.querySelector('#samples ol').dataset.old = 'yes'")
    with page.expect_file_chooser() as chooser:
        page.locator("#model-load").click()
    chooser.value.set_files(file)
    page.locator("#samples ol:not([data-old])").wait_for()


def test_copy_puts_the_sentence_on_the_clipboard(page: Page) -> None:
    page.get_by_role("button", name="Copy", exact=True).nth(2).click()
    expect(page.locator(f"{SENTENCES} .copy").nth(2)).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == texts(page)[2]
    page.get_by_role("button", name="Copy all").click()
    page.get_by_role("button", name="Copied").first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()").split("\n") == texts(page)


def test_markup_as_a_start_stays_text(page: Page) -> None:
    page.get_by_label("Start of the sentence").fill("<img src=x onerror='window.hit=1'>")
    page.get_by_label("Start of the sentence").press("Enter")
    expect(page.locator("#sample-message")).to_contain_text("has never seen “<img”")
    assert page.evaluate("window.hit") is None
    assert page.locator("#sample-message img").count() == 0


def test_what_is_asked_while_a_stream_of_answers_ends_is_answered(arrive_small: Arrive) -> None:
    page = open_tab(arrive_small())
    quiet(page)
    page.evaluate(HOLD)
    ask(page)
    page.wait_for_function("window.held")
    page.evaluate("document.querySelector('#samples ol').dataset.old = 'yes'")
    with page.expect_response("**/queue/join*"):
        page.get_by_role("button", name="Sample", exact=True).click()
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")  # it is known to be asked
    page.evaluate("window.release()")
    page.locator("#samples ol:not([data-old])").wait_for()
