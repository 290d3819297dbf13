"""The model line and its panel: which model, where from, download, load, switch; and the frame of the page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from support.hub import TOKEN, Hub
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


def test_panel_tells_what_the_model_is(visit: Page) -> None:
    page = visit
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


def test_malformed_models_and_pages_are_refused_in_place(visit: Page, tmp_path: Path) -> None:
    page = visit
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
    page.keyboard.press("Escape")
    expect(page.locator("#model-panel")).to_be_hidden()


def bring(page: Page, file: Path) -> None:
    """Download the model in use, and load it as one's own."""
    open_panel(page)
    with page.expect_download() as download:
        page.locator("#model-download").click()
    download.value.save_as(file)
    give(page, file)
    expect(page.locator(".model-line")).to_contain_text("loaded from a file")


def test_own_model_goes_to_the_hub_after_a_look_and_a_reload_keeps_all_but_the_token(
    arrive: Arrive, hub: Hub, tmp_path: Path, server_folder: Path
) -> None:
    page = arrive(color_scheme="dark", viewport={"width": 390, "height": 844})
    open_panel(page)
    expect(page.locator("#publish")).to_be_hidden()  # everybody has the bundled model
    page.keyboard.press("Escape")
    bring(page, tmp_path / "mine.safetensors")
    page.get_by_role("button", name="Publish on the Hugging Face Hub").click()
    look, said = page.locator("#publish-look"), page.locator("#publish-message")
    page.get_by_label("Repository").fill("ada")
    look.click()
    expect(said.get_by_role("alert")).to_contain_text("write OWNER/NAME")
    page.get_by_label("Repository").fill("ada/little-house")
    page.get_by_label("Licence of the text").fill("cc-by-4.0")
    look.click()
    expect(said).to_contain_text("Nothing was sent yet")
    shown = page.get_by_label("Its card").input_value()
    token, send = page.get_by_label("Your token"), page.locator("#publish-send")
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    send.click()
    expect(said.get_by_role("alert")).to_contain_text("Paste a token")
    assert hub.files == {}

    hub.allowed = False
    token.fill(TOKEN)
    send.click()
    expect(said.get_by_role("alert")).to_contain_text("Check that your token is still valid")
    expect(token).to_have_value("")
    hub.allowed = True
    token.fill(TOKEN)
    token.press("Enter")
    expect(said).to_contain_text(f"Sent to {hub.url}")
    expect(token).to_be_hidden()
    assert hub.files == {"README.md": shown.encode(), "model.safetensors": (tmp_path / "mine.safetensors").read_bytes()}
    assert hub.made["visibility"] == "private"
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
    assert TOKEN not in kept
    files = [path for path in server_folder.rglob("*") if path.is_file()]
    assert any(path.name == "server.log" for path in files)
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []

    page.reload()
    expect(page.locator(".model-line")).to_contain_text("loaded from a file")
    open_panel(page)
    page.locator("#model-list").get_by_label("bundled").check()
    expect(page.locator("#publish")).to_be_hidden()


def test_a_download_that_fails_downloads_nothing_else(arrive: Arrive, tmp_path: Path, server_folder: Path) -> None:
    page = arrive()
    bring(page, tmp_path / "mine.safetensors")
    kept = (server_folder / "data" / "models").glob("*.safetensors")
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


def test_theme_changes_and_is_remembered(visit: Page) -> None:
    page = visit
    page.emulate_media(color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(paper) != light
    page.reload()
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate(paper) == light


def test_help_explains_the_words(visit: Page) -> None:
    page = visit
    page.get_by_role("button", name="Help", exact=True).click()
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
