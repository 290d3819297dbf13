"""What is seen can be linked, gone back to, undone, kept: no result is lost by Back, by a reload, by another pair."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

Arrive = Callable[..., Page]
FIRST, SECOND = "He is happy.", "She is at home."
LINK = "/?tab=slide&a=He+is+happy.&b=She+is+at+home.&t=1.000"


def boxes(page: Page) -> tuple[Locator, Locator]:
    return page.get_by_label("First sentence"), page.get_by_label("Second sentence")


def expect_pair(page: Page, first: str, second: str) -> None:
    """The boxes hold these two, and the path on the page is theirs."""
    for box, sentence in zip(boxes(page), (first, second), strict=True):
        expect(box).to_have_value(sentence)
    expect(page.locator(".path .step").first).to_contain_text(first)
    expect(page.locator(".path .step").last).to_contain_text(second)


def show(page: Page, first: str, second: str) -> None:
    for box, sentence in zip(boxes(page), (first, second), strict=True):
        box.fill(sentence)
    page.get_by_role("button", name="Show the path").click()
    expect_pair(page, first, second)


def expect_place(page: Page, **wanted: str) -> None:
    page.wait_for_function(
        "wanted => { const q = new URLSearchParams(location.search);"
        " return Object.entries(wanted).every(([name, value]) => q.get(name) === value) }",
        arg=wanted,
    )


def expect_open(page: Page, tab: str) -> None:
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")


def test_link_opens_what_it_names_for_somebody_else(arrive: Arrive) -> None:
    page = arrive(LINK + "&path=linear")
    expect_pair(page, FIRST, SECOND)
    expect(page.locator(".path .step").last).to_have_attribute("aria-current", "step")
    expect(page.get_by_label("Straight line")).to_be_checked()
    expect_open(arrive("/?tab=compare"), "Compare")


def test_hostile_link_is_only_text(arrive: Arrive) -> None:
    page = arrive("/?tab=%3Cb%3E&a=%3Cimg%20src%3Dx%20onerror%3D%22window.hit%3D1%22%3E&b=y.&t=1e999&path=%22%5D")
    expect(boxes(page)[0]).to_have_value('<img src=x onerror="window.hit=1">')
    expect(page.locator(".path .step").first).to_be_visible()
    assert page.evaluate("window.hit") is None


def test_back_and_forward_go_through_pairs_and_tabs(arrive: Arrive) -> None:
    page = arrive()
    expect(boxes(page)[0]).not_to_have_value("")
    example = [box.input_value() for box in boxes(page)]
    show(page, FIRST, SECOND)
    expect_place(page, a=FIRST, b=SECOND)
    page.get_by_role("tab", name="Sample").click()
    expect_place(page, tab="sample")
    page.go_back()
    expect_open(page, "Slide")
    expect_pair(page, FIRST, SECOND)
    page.go_back()
    expect_pair(page, *example)
    page.go_forward()
    expect_pair(page, FIRST, SECOND)
    page.go_forward()
    expect_open(page, "Sample")


def test_reload_keeps_the_tab_the_place_and_what_is_typed(arrive: Arrive) -> None:
    page = arrive()
    show(page, FIRST, SECOND)
    slider = page.locator(".scrub")
    slider.focus()
    slider.press("End")
    expect_place(page, t="1.000")
    page.reload()
    expect_pair(page, FIRST, SECOND)
    expect(page.locator(".path .step").last).to_have_attribute("aria-current", "step")
    boxes(page)[0].fill("I am not shown yet.")
    page.reload()
    expect(boxes(page)[0]).to_have_value("I am not shown yet.")


def test_another_pair_can_be_undone(arrive: Arrive) -> None:
    page = arrive()
    undo = page.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_hidden()
    for box, sentence in zip(boxes(page), (FIRST, SECOND), strict=True):
        box.fill(sentence)
    page.get_by_role("button", name="Another pair").click()
    expect(boxes(page)[0]).not_to_have_value(FIRST)
    undo.click()
    expect_pair(page, FIRST, SECOND)
    expect(undo).to_be_hidden()
    assert page.evaluate("document.activeElement !== document.body")


def test_path_is_copied_linked_and_saved(arrive: Arrive, tmp_path: Path) -> None:
    page = arrive(LINK, permissions=["clipboard-read", "clipboard-write"])
    expect_pair(page, FIRST, SECOND)
    said = page.locator(".path .step .sentence").all_inner_texts()
    page.get_by_role("button", name="Copy all").and_(page.locator(".keep button:visible")).click()
    expect(page.locator(".announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").splitlines() == said
    page.get_by_role("button", name="Copy the link").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.startsWith('http'))")
    named = parse_qs(urlsplit(page.evaluate("navigator.clipboard.readText()")).query)
    assert (named["a"], named["b"], named["t"]) == ([FIRST], [SECOND], ["1.000"])

    def saved(kind: str) -> bytes:
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save as {kind}").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        assert path.name == f"path.{kind}"
        return path.read_bytes()

    assert saved("txt").decode().splitlines() == said
    assert [row["sentence"] for row in csv.DictReader(io.StringIO(saved("csv").decode("utf-8-sig")))] == said
    assert [row["sentence"] for row in json.loads(saved("json"))] == said
    assert saved("png").startswith(b"\x89PNG")


def test_link_to_samples_draws_the_same_ones(arrive: Arrive) -> None:
    page = arrive(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("tab", name="Sample").click()
    said = page.locator("#samples .sentence")
    expect(said).to_have_count(8)
    expect_place(page, tab="sample", n="8")
    page.get_by_role("button", name="Copy the link").and_(page.locator(":visible")).click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('seed='))")
    link = urlsplit(page.evaluate("navigator.clipboard.readText()"))
    other = arrive(f"/?{link.query}")
    expect(other.locator("#samples .sentence")).to_have_text(said.all_inner_texts())


def test_reload_keeps_what_was_chosen_in_corpus(arrive: Arrive) -> None:
    page = arrive()
    page.get_by_role("tab", name="Corpus").click()
    page.locator("#corpus-text textarea").fill("I was typed.\nAnd not read yet.")
    page.locator("#corpus-ours label").nth(1).click()
    expect(page.locator("#corpus-next")).to_be_enabled()
    title = page.locator("#corpus-figures h2").inner_text()
    page.reload()
    expect(page.locator("#corpus-figures h2")).to_have_text(title)
    expect(page.locator("#corpus-ours input").nth(1)).to_be_checked()
    expect(page.locator("#corpus-text textarea")).to_have_value("I was typed.\nAnd not read yet.")
    page.locator("#corpus-ours label").first.click()  # and all of it still does something
    expect(page.locator("#corpus-figures h2")).not_to_have_text(title)
