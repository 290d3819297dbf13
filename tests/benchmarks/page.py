"""How soon the page is there, what it weighs, and how soon an event of a training is on its chart.

Run `python tests/benchmarks/page.py [--json]`; it takes some four minutes and needs Chromium. The page stands
beside the smallest that Gradio can serve, one button, started in the same way and in turns with it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

from playwright.sync_api import Browser, Page, sync_playwright
from support.server import CHROMIUM_ARGUMENTS, ROOT, answers, chromium, free_port, running_app

EMPTY = """
import os
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr

with gr.Blocks(analytics_enabled=False) as demo:
    button = gr.Button("Press", elem_id="press")
    answer = gr.Textbox(elem_id="answer")
    button.click(lambda: "Pressed", None, answer)
demo.launch(ssr_mode=False)
"""
# The app with events four times as frequent, so that 500 points do not take two minutes. Its workers import this, too.
BRISK = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import app
import vae.training.progress
vae.training.progress._EVENT_SECONDS = 0.05

if __name__ == "__main__":
    app.main()
"""
# Presses what is to be pressed as soon as that can be, and notes when the server's answer stands there.
PRESS = """([presses, answer]) => {
  const left = [...presses];
  const look = () => {
    const next = left.length && document.querySelector(left[0]);
    if (next && !next.disabled && !next.closest("[inert]")) left.shift(), next.click();
    const found = document.querySelector(answer);
    if (found && (found.value ?? found.textContent)) window.answered = Date.now();
    else requestAnimationFrame(look);
  };
  look();
}"""
# What each kind is: what to press on it, and where the answer then stands.
PRESSES = {
    "empty": (["#press"], "#answer textarea, #answer input"),
    "ours": (["#tabs button[role=tab]", "#corpus-read"], "#corpus-note .note"),
}
SENTENCES = [
    f"{who} {does} {what}."
    for who in ("The cat", "A dog", "My sister", "Our teacher", "The old man", "A small bird", "The girl")
    for does in ("sees", "likes", "wants", "finds", "paints", "hides")
    for what in ("the red ball", "a green apple", "some fresh bread", "the quiet river", "a letter", "the blue door")
]


@contextmanager
def started(program: Path, folder: Path) -> Iterator[tuple[str, float]]:
    """A server's address, and when it was started; it ends with the block."""
    port = free_port()
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "VAE_DATA": str(folder / "data")}
    begun = time.time()
    process = subprocess.Popen(
        [sys.executable, str(program)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}", begun
    finally:
        process.terminate()
        process.wait(30)


def first_page(browser: Browser, kind: str, program: Path, folder: Path) -> dict[str, float]:
    """Seconds from the start until the port answers, until a click does, and what the first load took."""
    with started(program, folder) as (url, begun):
        while not answers(url):
            time.sleep(0.01)
        answered = time.time()
        page = browser.new_context().new_page()
        loads = weigh(page)
        page.goto(url, wait_until="commit")
        page.evaluate(PRESS, PRESSES[kind])
        page.wait_for_function("window.answered", timeout=60_000)
        found = {
            "answers_s": answered - begun,
            "interactive_s": page.evaluate("window.answered") / 1000 - begun,
        }
        if kind == "ours":
            page.get_by_role("tab", name="Slide").click()
            page.locator(".path .step").first.wait_for(timeout=60_000)
            found["first_path_s"] = time.time() - begun
        found |= {"requests": len(loads), "bytes": sum(loads.values())}
        page.context.close()
    return found


def weigh(page: Page) -> dict[str, int]:
    """Every load of the page from now on with its bytes on the wire, headers and compression counted."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    loads: dict[str, int] = {}
    session.on("Network.loadingFinished", lambda event: loads.update({event["requestId"]: event["encodedDataLength"]}))
    return loads


def importing(statement: str) -> float:
    """Seconds that a fresh interpreter takes for an import, its own start not counted."""
    program = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def own_weight() -> tuple[int, int]:
    """Bytes of our own style and script, which stand in the page's head: as they are, and compressed."""
    from gradio.brotli_middleware import Compressor, Mode  # as the server does it

    from vae.ui import launch

    text = launch.options()["head"].encode()
    press = Compressor(quality=4, mode=Mode.text)
    return len(text), len(press.process(text) + press.finish())


class Appended:
    """When each event came to the end of a file, by its step, as the file system tells it."""

    def __init__(self, path: Path) -> None:
        self.at: dict[int, float] = {}
        self._path = path
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        read = 0
        while not self._end.wait(0.004):
            known = self._path.stat()
            if known.st_size <= read:
                continue
            with self._path.open("rb") as file:
                file.seek(read)
                lines = file.read(known.st_size - read)
            read += len(lines)
            last = json.loads(lines.splitlines()[-1])  # which that time belongs to
            if last["event"] == "progress":
                self.at[last["step"]] = known.st_mtime_ns / 1e6


def event_to_chart(browser: Browser, points: int) -> dict[str, Any]:
    """Milliseconds from an event's place in the run's folder to its point on the chart.

    Of 100 events, from `points` on the chart on. Past 500 it drops every second one: larger it does not become.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        program = folder / "brisk.py"
        program.write_text(BRISK)
        with running_app(folder, program=program) as url:
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.goto(url)
            page.locator(".path .step").first.wait_for(timeout=60_000)
            begin_training(page)
            canvas = "document.querySelector('#train-chart canvas')"
            page.wait_for_function(f"{canvas}?.dataset.drawn", timeout=60_000)
            (events,) = (folder / "data").rglob("events.jsonl")
            appended = Appended(events)
            page.wait_for_function(f"{canvas}.dataset.told >= {points}", timeout=180_000)
            page.evaluate(f"""() => {{
                window.drawn = [];
                const canvas = {canvas};
                new MutationObserver(() => window.drawn.push([Number(canvas.dataset.drawn), Date.now()]))
                  .observe(canvas, {{ attributes: true, attributeFilter: ["data-drawn"] }});
            }}""")
            page.wait_for_function("window.drawn.length >= 100", timeout=180_000)
            drawn = page.evaluate("window.drawn")
            appended.stop()
            page.context.close()
    late = sorted(at - appended.at[step] for step, at in drawn if step in appended.at)
    return {"median_ms": median(late), "p95_ms": late[int(0.95 * len(late))], "events": len(late), "points": points}


def begin_training(page: Page) -> None:
    """A training of a small model on a small text that goes on for as long as anybody looks."""
    page.get_by_role("tab", name="Corpus").click()
    page.locator("#corpus-text textarea").fill("\n".join(SENTENCES))
    page.locator("#corpus-read").click()
    page.locator("#corpus-next:enabled").click()
    page.locator("#train-settings > button").click()
    for name, value in {"latent": 4, "hidden": 16, "steps": 0, "epochs": 1000}.items():
        field = page.locator(f"#train-{name} input[type=number]")
        field.fill(str(value))
        field.press("Tab")
    page.locator("#train-plan").get_by_text("for 1000 epochs").wait_for()
    page.locator("#train-start:enabled").click()


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(median(run[name] for run in runs), 3) for name in runs[0]}


def in_turns(kinds: list[str], repeats: int, work: Callable[[str], Any]) -> dict[str, list[Any]]:
    """What `work` gives for each kind, each as often, one after the other."""
    found: dict[str, list[Any]] = {kind: [] for kind in kinds}
    for turn in range(repeats):
        for kind in kinds if turn % 2 else reversed(kinds):
            found[kind].append(work(kind))
    return found


def measure(repeats: int, points: int) -> dict[str, Any]:
    imports = {"gradio": "import gradio", "page": "import vae.ui.build", "package": "import vae"}
    seconds = in_turns(list(imports), repeats, lambda kind: importing(imports[kind]))
    weight, compressed = own_weight()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        (folder / "empty.py").write_text(EMPTY)
        programs = {"empty": folder / "empty.py", "ours": ROOT / "app.py"}
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        pages = in_turns(list(programs), repeats, lambda kind: first_page(browser, kind, programs[kind], folder))
        events = event_to_chart(browser, points) if points else None
        browser.close()
    ours, empty = medians(pages["ours"]), medians(pages["empty"])
    return {
        "interactive_ratio": round(ours["interactive_s"] / empty["interactive_s"], 3),
        "ours": ours,
        "empty": empty,
        "import_s": {kind: round(median(values), 3) for kind, values in seconds.items()},
        "own_bytes": weight,
        "own_bytes_compressed": compressed,
        "event_to_chart": events,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--repeats", type=int, default=3, help="starts of each server (3)")
    parser.add_argument(
        "--points", type=int, default=400, help="points on the chart when the 100 events are timed, 0: none (400)"
    )
    options = parser.parse_args()
    found = measure(options.repeats, options.points)
    if options.json:
        print(json.dumps(found))
        return
    rows = {
        "the port answers, s": "answers_s",
        "a click is answered, s": "interactive_s",
        "the first path is shown, s": "first_path_s",
        "requests of the first load": "requests",
        "bytes of the first load": "bytes",
    }
    print(f"{'':32}{'the page':>12}{'one button':>12}")
    for name, key in rows.items():
        beside = f"{found['empty'][key]:>12,}" if key in found["empty"] else ""
        print(f"{name:32}{found['ours'][key]:>12,}{beside}")
    print(f"{'import, s':32}{found['import_s']['page']:>12}{found['import_s']['gradio']:>12}")
    print(f"a click is answered after {found['interactive_ratio']} times as long as with one button")
    print(f"our style and script: {found['own_bytes']:,} bytes, {found['own_bytes_compressed']:,} compressed")
    if late := found["event_to_chart"]:
        print(
            f"event to chart, from {late['points']} points on: {late['median_ms']:.0f} ms, p95 {late['p95_ms']:.0f} ms"
        )


if __name__ == "__main__":
    main()
