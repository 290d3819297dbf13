"""What the model on the device costs somebody's first visit: bytes, the first click, the first path.

    python tests/benchmarks/first_visit.py [--visits 10]

One server; visits by turns, with a browser that lets the model come and with one that asks to save data, to which
none comes. It prints JSON with medians of each kind, in milliseconds from the start of the navigation: until the
first path stands on the page; until the page begins to load what its device needs; and, in a visit of its own, until
the server has answered clicks that are made as soon as they can be. Also the bytes on the wire until the first path,
and in how many visits anything of the device was asked for before that path stood there.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

from benchmarks.page import PRESS, PRESSES
from playwright.sync_api import Browser, Page, sync_playwright
from support.server import CHROMIUM_ARGUMENTS, chromium, running_app
from support.visits import SAVING

# Notes when the first path is there.
WATCH = """(() => {
  const look = () => {
    if (document.querySelector(".path .step")) window.path = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
LOADED = """() => performance.getEntriesByType("resource").filter(entry => entry.name.includes("/device/"))
  .map(entry => entry.startTime)"""
BYTES = """path => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(entry => entry.startTime <= path).reduce((sum, entry) => sum + entry.transferSize, 0)"""


def opened(browser: Browser, url: str, saving: bool) -> Page:
    """The page in a browser that knows nothing of it."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(WATCH)
    if saving:
        page.add_init_script(SAVING)
    page.goto(url, wait_until="commit")
    return page


def visit(browser: Browser, url: str, saving: bool) -> dict[str, float]:
    """Two visits: one that waits for the path, and one that clicks."""
    page = opened(browser, url, saving)
    page.wait_for_function("window.path", timeout=60_000)
    path = page.evaluate("window.path")
    found = {"path_ms": path, "bytes": page.evaluate(BYTES, path)}
    if not saving:
        page.locator(".scrub.walked").wait_for(timeout=60_000)
        begun = min(page.evaluate(LOADED))
        found |= {"device_ms": begun, "early": begun < path}
    page.context.close()
    page = opened(browser, url, saving)
    page.evaluate(PRESS, PRESSES["ours"])
    page.wait_for_function("window.answered", timeout=60_000)
    found["click_ms"] = page.evaluate("window.answered - performance.timeOrigin")
    page.context.close()
    return found


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=10, help="of each kind")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        visit(browser, url, False)  # the server's own first time
        visits: dict[bool, list[dict[str, float]]] = {False: [], True: []}
        for turn in range(arguments.visits):
            for saving in (turn % 2 == 0, turn % 2 != 0):
                visits[saving].append(visit(browser, url, saving))
        browser.close()
    names = {False: "device", True: "saving data"}
    print(json.dumps({
        names[saving]: {
            name: sum(v[name] for v in found) if name == "early" else round(median(v[name] for v in found))
            for name in found[0]
        }
        for saving, found in visits.items()
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
