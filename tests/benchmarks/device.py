"""Dragging with the model on the device, in Chromium: frames, how far the sentence is behind, requests, long tasks.

    python tests/benchmarks/device.py

Prints JSON. `behind`: frames since the pointer was where a sentence belongs that has just come, at the median, at 95 of
100 and at most; `long_tasks_ms`: all tasks of the main thread over 50 ms while the pointer moves.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from playwright.sync_api import Page, sync_playwright
from support.server import CHROMIUM_ARGUMENTS, chromium, running_app

SECONDS = 4.0
WATCH = """() => {
  const seen = window.seen = { frame: 0, times: [], behind: [], tasks: [], input: 0 };
  const tick = now => { seen.frame++; seen.times.push(now); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  new PerformanceObserver(list => seen.tasks.push(...list.getEntries().map(e => Math.round(e.duration))))
    .observe({ type: "longtask" });
  document.querySelector("#stage .scrub").addEventListener("input", () => { seen.input = seen.frame; }, true);
}"""
HOOK = """() => {
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message.call === "decode" && window.seen) {
      const from = window.seen.input;
      this.addEventListener("message", () => window.seen.behind.push(window.seen.frame - from), { once: true });
    }
    return post.call(this, message, ...rest);
  };
}"""


def drag(page: Page) -> dict[str, object]:
    """Drag there and back for some seconds."""
    box = page.locator("#stage .scrub").bounding_box()
    assert box is not None
    y, width = box["y"] + box["height"] / 2, box["width"] - 28
    page.mouse.move(box["x"] + 14, y)
    page.mouse.down()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.evaluate(WATCH)
    begin = time.monotonic()
    while (share := (time.monotonic() - begin) / SECONDS) < 1:
        page.mouse.move(box["x"] + 14 + width * (1 - abs(1 - 2 * share)), y)
    seen = page.evaluate("window.seen")
    page.mouse.up()
    behind, times = sorted(seen["behind"]), seen["times"]
    gaps = sorted(b - a for a, b in pairwise(times))
    return {
        "frames_a_second": round(1000 * (len(times) - 1) / (times[-1] - times[0]), 1),
        "frame_ms_p95": round(gaps[int(0.95 * len(gaps))], 1),
        "decoded": len(behind),
        "behind": [statistics.median(behind), behind[int(0.95 * len(behind))], behind[-1]],
        "requests": len(requests),
        "long_tasks_ms": seen["tasks"],
    }


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(f"({HOOK})()")
        begin = time.monotonic()
        page.goto(url)
        page.locator(".path .step").first.wait_for()
        first_path = time.monotonic() - begin
        page.locator(".scrub.walked").wait_for()
        ready = time.monotonic() - begin
        told = {"first_path_s": round(first_path, 2), "ready_s": round(ready, 2), **drag(page)}
        browser.close()
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
