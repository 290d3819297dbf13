"""Take the README's screenshots: every tab, wide and narrow, light and dark, amid a training, with a comparison done.

Run `python tests/screenshots.py [FOLDER]`; it starts the app itself and takes about five minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from support.server import CHROMIUM_ARGUMENTS, ROOT, chromium, running_app

TABS = ("Corpus", "Train", "Sample", "Slide", "Compare")
WIDTHS = (1280, 390)
THEMES = ("light", "dark")
POINTS = 40  # on the chart, before its picture is taken
STEPS = "600"  # of each of the models compared


def read_text(page: Page) -> None:
    """Choose the first of our texts."""
    page.get_by_role("tab", name="Corpus").click()
    page.locator("#corpus-ours label").first.click()
    page.locator("#corpus-next:enabled").wait_for()


def begin_training(page: Page) -> None:
    """Take the text to the Train tab, start, and wait for a chart worth a picture."""
    page.get_by_role("tab", name="Train").click()
    page.locator("#train-start:enabled").click()
    page.wait_for_function(
        "n => Number(document.querySelector('#train-chart canvas')?.dataset.points ?? 0) > n",
        arg=POINTS,
        timeout=60_000,
    )


def compare(page: Page) -> None:
    """Train the three families for a short time each, and wait for their table."""
    page.get_by_role("tab", name="Compare").click()
    field = page.locator("#compare-length input")
    field.fill(STEPS)
    field.press("Tab")
    page.locator("#compare-start").click()
    page.locator("#compare-result table.figures").wait_for(timeout=600_000)


def take(page: Page, tab: str, path: Path) -> None:
    page.get_by_role("tab", name=tab).click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # fonts, canvases and the fade of the tab have settled
    page.screenshot(path=path, full_page=True)


def visit(browser: Browser, url: str, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    page.locator(".path .step").first.wait_for(timeout=60_000)
    return page


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, running_app(Path(scratch)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        first = visit(browser, url, viewport={"width": 1280, "height": 900})
        read_text(first)
        compare(first)
        begin_training(first)
        visitor = first.context.storage_state()
        for width in WIDTHS:
            for theme in THEMES:
                size = {"width": width, "height": 900}
                page = visit(browser, url, viewport=size, color_scheme=theme, storage_state=visitor)
                for tab in TABS:
                    take(page, tab, folder / f"{tab.lower()}-{width}-{theme}.png")
                page.context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "assets" / "screenshots")
