"""Take the README's screenshots: every tab, wide and narrow, light and dark, in the middle of a real training.

Run `python tests/screenshots.py [FOLDER]`; it starts the app itself and takes about two minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from serving import CHROMIUM_ARGUMENTS, ROOT, chromium, running_app

TABS = ("Corpus", "Train", "Sample", "Slide")
WIDTHS = (1280, 390)
THEMES = ("light", "dark")
POINTS = 40  # on the chart, before its picture is taken


def begin_training(page: Page) -> None:
    """Take the bundled text to the Train tab, start, and wait for a chart worth a picture."""
    page.get_by_role("tab", name="Corpus").click()
    page.locator("#corpus-ours label").first.click()
    page.locator("#corpus-next:enabled").click()
    page.locator("#train-start:enabled").click()
    page.wait_for_function(
        "n => Number(document.querySelector('#train-chart canvas')?.dataset.points ?? 0) > n",
        arg=POINTS,
        timeout=60_000,
    )


def take(page: Page, tab: str, path: Path) -> None:
    page.get_by_role("tab", name=tab).click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # fonts, canvases and the fade of the tab have settled
    page.screenshot(path=path, full_page=True)


def visit(browser: Browser, url: str, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    page.locator("#stage .step").first.wait_for(timeout=60_000)
    return page


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, running_app(Path(scratch)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        first = visit(browser, url, viewport={"width": 1280, "height": 900})
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
