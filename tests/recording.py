"""Record the README's moving picture: a hand on the slider, from one sentence to another.

Run `python tests/recording.py [FILE]`; it starts the app itself and takes about a minute.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from support.gestures import quiet
from support.server import CHROMIUM_ARGUMENTS, ROOT, chromium, running_app

SIZE = {"width": 960, "height": 592}  # down to what became of the two sentences
FRAMES, EACH, REST = 60, 150, 2000  # pictures of the way there; ms of each, and of the last
COLOURS = 128  # the same in all pictures, so that each one after the first holds only what has changed


def frames(page: Page) -> list[Image.Image]:
    """The page at every place of the slider, from its beginning to its end."""
    slider = page.locator("#stage .scrub")
    slider.scroll_into_view_if_needed()
    quiet(page)
    box = slider.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 4, y)
    page.mouse.down()
    taken = []
    for frame in range(FRAMES):
        page.mouse.move(box["x"] + 4 + (box["width"] - 8) * frame / (FRAMES - 1), y)
        page.wait_for_timeout(120)  # what is decoded under the pointer has arrived
        taken.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    page.mouse.up()
    colours = taken[FRAMES // 2].quantize(COLOURS)
    return [picture.quantize(palette=colours, dither=Image.Dither.NONE) for picture in taken]


def main(path: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch, running_app(Path(scratch)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(url)
        page.locator(".path .step").first.wait_for(timeout=60_000)
        pictures = frames(page)
        times = [EACH] * (FRAMES - 1) + [REST]
        first, *others = pictures
        first.save(path, save_all=True, append_images=others, duration=times, loop=0, optimize=True)
        browser.close()
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "assets" / "screenshots" / "slide.gif")
