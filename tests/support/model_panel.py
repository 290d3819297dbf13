"""What visitors do in the panel behind the model line."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect


def open_panel(page: Page) -> None:
    page.locator(".model-line").click()
    expect(page.locator("#model-panel")).to_be_visible()


def give(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#model-load").click()
    chooser.value.set_files(file)
