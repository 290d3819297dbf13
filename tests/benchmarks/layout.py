"""Where things stand on the page, what moves while it loads, how clear edges are, how large what is pressed.

Run `python tests/benchmarks/layout.py [URL]`; it prints JSON, takes about two minutes and needs Chromium. URL: of an
app that runs already; by default one is started. tests/browser/test_layout.py holds the page to its limits.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

from playwright.sync_api import Browser, sync_playwright
from support.measures import TABS, WATCH_SHIFTS, measure, open_tab, shifts
from support.server import CHROMIUM_ARGUMENTS, chromium, running_app

SIZES = ((1280, 800), (390, 844), (360, 740), (320, 640))
PLACES = {
    "Corpus": ["#corpus-report"],
    "Train": ["#train-start", "#train-pause", "#train-stop", "#train-progress", "#train-chart", "#train-says"],
    "Sample": ["#sample-go", "#samples"],
    "Slide": ["#stage", ".scrub", "#slide-first", "#show-path"],
    "Compare": ["#compare-start"],
}


def look(browser: Browser, url: str, width: int, height: int, theme: str) -> dict[str, Any]:
    """The page at one size and in one theme, as a new visitor finds it and amid a training."""
    options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
    page = browser.new_context(**options).new_page()
    page.add_init_script(WATCH_SHIFTS)
    page.goto(url)
    page.locator(".path .step").first.wait_for(timeout=120_000)
    page.wait_for_timeout(500)
    found: dict[str, Any] = {"shift": round(shifts(page), 3)}
    found["tabs_seen"] = page.locator("#tabs [role=tablist] [role=tab]:visible").count()
    edges: list[Any] = []
    targets: list[Any] = []
    places: dict[str, Any] = {}
    heights: dict[str, int] = {}

    def note(tab: str, state: str = "") -> None:
        edges.extend(measure(page, "edges"))
        targets.extend(measure(page, "targets"))
        places[f"{tab}{state}"] = measure(page, "places", PLACES[tab])
        heights[f"{tab}{state}"] = measure(page, "height")

    for tab in TABS:
        open_tab(page, tab)
        if tab == "Sample":
            page.locator("#samples li").first.wait_for(timeout=60_000)
        note(tab)
        if tab == "Slide":
            found["least_mark"] = min((value for _, value in measure(page, "marks")), default=None)
    open_tab(page, "Corpus")
    page.locator("#corpus-ours label").first.click()
    page.locator("#corpus-next:enabled").wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    report = page.locator("#corpus-report").bounding_box()
    found["report_in_window"] = report is not None and report["y"] < height / 2
    open_tab(page, "Train")
    page.locator("#train-start:enabled").click()
    page.locator("#train-stop:enabled").wait_for(timeout=240_000)
    note("Train", " amid a training")
    page.locator("#train-stop").click()
    page.locator("#train-start:enabled").wait_for(timeout=240_000)
    page.context.close()
    small = sorted({tuple(item) for item in targets if item[1] < 24}, key=lambda item: item[1])
    pale = sorted({tuple(item) for item in edges if item[1] < 3}, key=lambda item: item[1])
    return found | {"places": places, "heights": heights, "targets_under_24": small, "edges_under_3": pale}


def main(url: str | None = None) -> None:
    with contextlib.ExitStack() as stack:
        if url is None:
            url = stack.enter_context(running_app(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium(), args=CHROMIUM_ARGUMENTS
        )
        sizes = [(size, theme) for size in SIZES for theme in ("light", "dark") if theme == "light" or size == SIZES[0]]
        print(json.dumps({f"{w}x{h} {theme}": look(browser, url, w, h, theme) for (w, h), theme in sizes}, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:2])
