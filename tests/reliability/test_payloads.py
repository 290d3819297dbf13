"""R8: text is never code. Payloads in everything that a visitor may write, in a real Chromium.

A payload that ran would call a function that is not there, which the page's console tells; one that loads something
from elsewhere would be stopped and recorded, as would one that only the page's policy held back. See `visits`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from support.gestures import quiet
from support.visits import visits

from vae.config.config import Config
from vae.model.checkpoint import load, save
from vae.text.corpus import Corpus, Report
from vae.training.train import train

ELSEWHERE = "http://198.51.100.7"
PAYLOADS = (
    "<script>hit(1)</script>",
    "<img src=x onerror=hit(2)>",
    "<svg/onload=hit(3)>",
    "[a](javascript:hit(4)) ![b](" + ELSEWHERE + "/4.png)",
    '"><img src=' + ELSEWHERE + "/5.png>",
    "&lt;img src=x onerror=hit(6)&gt; &#60;script&#62;hit(6)&#60;/script&#62;",
    "\u202e<b onmouseover=hit(7)>turned</b>\u202c",
    "{{constructor.constructor('hit(8)')()}} ${hit(8)}",
    "<iframe srcdoc='<script>parent.hit(9)</script>'></iframe>",
    "</textarea></script><style>@import '" + ELSEWHERE + "/10.css';</style>" + "W" * 150,
)
SHORT = PAYLOADS[1]
# What a payload would have made, had it been read as HTML.
FOREIGN = f"[onerror], [onload], [onmouseover], iframe, img[src*='198.51'], a[href^='javascript'], [src='{ELSEWHERE}']"
LINES = 6  # of each payload, in the text that is pasted
SLOW = 180_000  # ms


def table() -> bytes:
    """A table whose headings, labels and sentences are payloads."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow([SHORT, PAYLOADS[2]])
    for number in range(300):
        rows.writerow([f"{PAYLOADS[number % len(PAYLOADS)]} {number}", PAYLOADS[number % 2]])  # as no heading is
    return text.getvalue().encode()


def clean(page: Page, shown: str, where: str) -> None:
    """The payload stands in this part as text, and nothing came of any."""
    expect(page.locator(where)).to_contain_text(shown, timeout=SLOW)
    page.locator(where).hover(force=True)
    assert page.locator(FOREIGN).count() == 0


@pytest.fixture
def model(learned: Config, tmp_path: Path) -> Path:
    """A model that says nothing but payloads, of itself, too."""
    said = [text for text in PAYLOADS if "hit(" in text]
    lines = [f"{one} {number}" for number in range(12) for one in said]  # as they are: reading takes marks away
    text = Corpus("a.txt", tuple(lines), None, Report("txt", "lines", read=len(lines), kept=len(lines)))
    for _ in train(replace(learned, steps=250), text, tmp_path / "run"):
        pass
    trained = load(tmp_path / "run" / "best.safetensors")
    path = tmp_path / f"{SHORT}.safetensors"
    save(
        path, replace(trained, info=replace(trained.info, name=SHORT, trained_on=PAYLOADS[0], attribution=PAYLOADS[3]))
    )
    return path


def test_text_is_never_code(browser: Browser, edge: Any, model: Path) -> None:
    with visits(browser, edge.url) as arrive:
        page = arrive(f"/?share={quote(SHORT)}")
        expect(page.get_by_role("alert").filter(visible=True).first).to_be_visible()
        see_models(page, model)
        see_texts(page)
        see_sentences(page)
        see_training(page)
        see_comparison(page)
        assert page.locator(FOREIGN).count() == 0


def see_models(page: Page, model: Path) -> None:
    """A model's name, origin and attribution; a damaged file; a code that is none."""
    if not page.locator("#model-panel").is_visible():
        page.locator(".model-line").click()
    page.locator("#code-field input, #code-field textarea").fill(PAYLOADS[4])
    page.locator("#code-open").click()
    refused = page.locator("#model-message").get_by_role("alert")
    expect(refused).to_contain_text("opens nothing")
    give(page, {"name": f"{SHORT}.safetensors", "mimeType": "application/octet-stream", "buffer": b"\xff" * 400})
    expect(refused).to_contain_text("not loaded")
    give(page, model)
    clean(page, SHORT, ".model-line")
    clean(page, PAYLOADS[0], "#model-panel")
    clean(page, PAYLOADS[3], "#model-panel")
    clean(page, SHORT, "#model-list")
    clean(page, SHORT, "#model-message")
    page.keyboard.press("Escape")


def give(page: Page, file: Any) -> None:
    """Load a model file."""
    with page.expect_file_chooser() as chooser:
        page.locator("#model-load").click()
    chooser.value.set_files(file)


def see_texts(page: Page) -> None:
    """A file's name, its columns and its labels, its sentences, and a text that cannot be read."""
    page.get_by_role("tab", name="Corpus").click()
    file = page.locator("#corpus-file input[type=file]")
    file.set_input_files({"name": f"{SHORT}.csv", "mimeType": "text/csv", "buffer": table()})
    clean(page, "onerror=hit(2)", "#corpus-figures")
    clean(page, PAYLOADS[0], "#corpus-first")
    page.locator("#corpus-labels").get_by_role("combobox").click()
    page.get_by_role("option", name="onload").click()
    clean(page, PAYLOADS[2], "#corpus-report")
    expect(page.get_by_role("option")).to_have_count(0)
    page.locator("#corpus-column").get_by_role("combobox").click()
    expect(page.get_by_role("option", name="onerror")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#corpus-others").click()
    quiet(page)  # what has been chosen is read: nobody pastes within the same moment
    page.locator("#corpus-text textarea").fill("\n".join(f"{text} {n}." for text in PAYLOADS for n in range(LINES)))
    page.locator("#corpus-read").click()
    clean(page, str(len(PAYLOADS) * LINES), "#corpus-figures")
    clean(page, PAYLOADS[0], "#corpus-first")


def see_sentences(page: Page) -> None:
    """What sentences begin with, and what one slides between."""
    page.get_by_role("tab", name="Sample").click()
    for text in (PAYLOADS[2], PAYLOADS[5]):
        page.get_by_label("Start of the sentence").fill(text)
        page.get_by_role("button", name="Sample", exact=True).click()
        clean(page, text, "#samples li >> nth=0")
    page.get_by_role("tab", name="Slide").click()
    page.get_by_label("First sentence").fill(PAYLOADS[1])
    page.get_by_label("Second sentence").fill(PAYLOADS[8])
    page.locator("#show-path").click()
    clean(page, "hit(", "#stage")


def see_training(page: Page) -> None:
    """What is trained on, and what it gives back."""
    page.get_by_role("tab", name="Train").click()
    page.locator("#train-settings > button").click()
    page.get_by_role("combobox", name="Start from").click()
    expect(page.get_by_role("option", name="onerror")).to_be_visible()
    page.get_by_role("option", name="Nothing").click()
    for name, value in {"latent": "4", "hidden": "16", "steps": "0", "epochs": "3"}.items():
        page.locator(f"#train-{name} input[type=number]").fill(value)
        page.locator(f"#train-{name} input[type=number]").press("Tab")
    page.locator("#train-start").click()
    clean(page, "hit(", "#train-reconstructions")
    expect(page.locator("#train-note .done")).to_be_visible(timeout=SLOW)


def see_comparison(page: Page) -> None:
    """Figures, samples and reconstructions beside the name of a model."""
    page.get_by_role("tab", name="Compare").click()
    page.locator("#compare-families").get_by_role("checkbox").first.wait_for()
    for box in page.locator("#compare-families").get_by_role("checkbox").all():
        box.uncheck()
    for box in page.locator("#compare-models").get_by_role("checkbox").all():
        box.check()
    page.locator("#compare-start").click()
    expect(page.locator("#compare-result table.figures")).to_be_visible(timeout=SLOW)
    clean(page, SHORT, "#compare-result")
    clean(page, "hit(", "#compare-result")
