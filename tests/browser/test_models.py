"""The model line and its panel: which model, where from, download, load, switch; and the frame of the page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from support.model_panel import give, open_panel

from vae.model.page_file import BEGIN, END

Arrive = Callable[..., Page]
TABS = {  # each with something that stands there once it is ready
    "Corpus": "#corpus-next",
    "Train": "#train-start",
    "Sample": "#samples .sentences li",
    "Slide": ".path .step",
    "Compare": "#compare-start",
}


def test_panel_tells_what_the_model_is(arrive: Arrive) -> None:
    page = arrive()
    expect(page.locator("#model-panel")).to_be_hidden()
    open_panel(page)
    for term in ("Trained on", "Size", "Latent space"):
        expect(page.locator("#model-panel")).to_contain_text(term)
    page.keyboard.press("Escape")
    expect(page.locator("#model-panel")).to_be_hidden()


def test_a_downloaded_model_can_be_loaded_and_left_again(arrive: Arrive, tmp_path: Path) -> None:
    page = arrive()
    open_panel(page)
    with page.expect_download() as download:
        page.locator("#model-download").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".safetensors"
    assert file.stat().st_size > 10_000
    give(page, file)
    expect(page.locator(".model-line")).to_contain_text("loaded from a file")
    expect(page.locator("#model-message")).to_contain_text("loaded and in use")
    with page.expect_download() as download:
        page.locator("#model-page").click()
    kept = tmp_path / download.value.suggested_filename
    download.value.save_as(kept)
    assert kept.suffix == ".html"
    give(page, kept)
    expect(page.locator(".model-line")).to_contain_text("loaded from a page")
    page.locator("#model-list").get_by_label("bundled").check()
    expect(page.locator(".model-line")).to_contain_text("bundled")

    other = arrive()
    open_panel(other)
    expect(other.locator("#model-list label")).to_have_count(0)


def test_malformed_models_and_pages_are_refused_in_place(arrive: Arrive, tmp_path: Path) -> None:
    page = arrive()
    open_panel(page)
    title = page.title()
    script = b"<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"
    damaged = BEGIN + b"%%%%" + script + END
    for name, content, words in (  # no two in a row have the same words
        ("model.safetensors", b"", "not loaded. This file is not a model"),
        ("<img src=x onerror='document.title=1'>.html", b"<!doctype html>" + script, "no page that a model was kept"),
        ("model.safetensors", b"not a model", "This file is not a model"),
        ("page.html", b"<!doctype html>" + script + damaged, "The model in this page is damaged"),
        ("page.html", b"<!doctype html>" + BEGIN + b64encode(script) + END, "This file is not a model"),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        give(page, file)
        expect(page.locator("#model-message").get_by_role("alert")).to_contain_text(words)
    expect(page.locator(".model-line")).to_contain_text("bundled")
    assert page.title() == title


def bring(page: Page, file: Path) -> None:
    """Download the model in use, and load it as one's own."""
    open_panel(page)
    with page.expect_download() as download:
        page.locator("#model-download").click()
    download.value.save_as(file)
    give(page, file)
    expect(page.locator(".model-line")).to_contain_text("loaded from a file")


def test_a_reload_keeps_the_visit(arrive: Arrive, tmp_path: Path) -> None:
    page = arrive()
    bring(page, tmp_path / "mine.safetensors")
    page.reload()
    expect(page.locator(".model-line")).to_contain_text("loaded from a file")


def test_a_download_that_fails_downloads_nothing_else(
    arrive: Arrive, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = arrive()
    bring(page, tmp_path / "mine.safetensors")
    kept = tmp_path_factory.getbasetemp().glob("server*/data/models/*.safetensors")
    max(kept, key=lambda path: path.stat().st_mtime).unlink()
    downloads: list[object] = []
    page.on("download", lambda download: downloads.append(download))
    page.locator("#model-download").click()
    expect(page.locator("#model-message").get_by_role("alert")).to_contain_text("cannot be downloaded")
    page.locator("#model-list").get_by_label("bundled").check()
    expect(page.locator(".model-line")).to_contain_text("bundled")  # by now the other would have come
    assert downloads == []


def test_the_page_works_where_storage_is_refused(arrive: Arrive) -> None:
    page = arrive()
    page.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {configurable: true, get() { throw new Error('refused') }})"
    )
    page.reload()
    page.locator(".path .step").first.wait_for()
    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#samples .sentences li")).to_have_count(8)


def test_theme_changes_and_is_remembered(arrive: Arrive) -> None:
    page = arrive(color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(paper) != light
    page.reload()
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate(paper) == light


def test_help_explains_the_words(arrive: Arrive) -> None:
    page = arrive()
    page.get_by_role("button", name="Help").click()
    sheet = page.get_by_role("dialog", name="What is a VAE?")
    expect(sheet).to_contain_text("KL")
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_be_hidden()


def test_every_tab_is_accessible_in_both_themes_and_sticks_out_at_no_width(arrive: Arrive) -> None:
    page = arrive(color_scheme="light", reduced_motion="reduce")
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    found = {}
    for tab, ready in TABS.items():
        page.get_by_role("tab", name=tab).click()
        page.locator(ready).first.wait_for()
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html.dark")).to_have_count(int(scheme == "dark"))
            results = Axe().run(page)
            if results.violations_count:
                found[tab, scheme] = results.generate_report()
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
    assert found == {}, "\n".join(found.values())
