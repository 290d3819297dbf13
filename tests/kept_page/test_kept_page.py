"""A kept page in a real Chromium, opened from a file with the network off, as a visitor would."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect
from support.engine_page import engine_page
from support.server import ROOT

from vae.kept_page.builder import Keepsake, build
from vae.model import interpolation, readability, text_model
from vae.model.checkpoint import Checkpoint, load
from vae.ui.components.drawn import fingerprint, order
from vae.ui.sample.api import checked_sample

Open = Callable[..., Page]
FIRST, SECOND = "the cat sees the red ball.", "your friend paints a letter."
INJECTED = (
    "<script>document.title = 'hacked'</script><img src=x onerror=\"document.title = 'hacked'\">"
    "<a id=link href=\"javascript:document.title='hacked'\">x</a>"
    "<iframe srcdoc='<script>parent.document.title=1</script>'></iframe><script src='https://example.com/x.js'></script>"
)


@pytest.fixture(scope="module")
def kept(checkpoint: Checkpoint, model_path: Path) -> Keepsake:
    return Keepsake(checkpoint, model_path.read_bytes())


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    with visits_from_files(browser, tmp_path) as opened:
        yield opened


@pytest.fixture
def open_in_firefox(playwright: Playwright, tmp_path: Path) -> Iterator[Open]:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("there is no Firefox here")
    firefox = playwright.firefox.launch(channel="moz-firefox", executable_path=program)
    with firefox, visits_from_files(firefox, tmp_path) as opened:
        yield opened


@contextmanager
def visits_from_files(browser: Browser, folder: Path) -> Iterator[Open]:
    """A function that opens the bytes of a page from a file. No network may be asked, and no error told."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(page: bytes, script: str = "", forgiven: str = "$^", **options: Any) -> Page:
        file = folder / "kept.html"
        file.write_bytes(page)
        contexts.append(browser.new_context(offline=True, **options))
        visit = contexts[-1].new_page()
        if script:
            visit.add_init_script(script)

        def note(text: str) -> None:
            if not re.search(forgiven, text):
                faults.append(text)

        visit.on(
            "request", lambda asked: None if asked.url.startswith(("file:///", "blob:", "data:")) else note(asked.url)
        )
        visit.on("console", lambda said: note(said.text) if said.type in ("error", "warning") else None)
        visit.on("pageerror", lambda error: note(str(error)))
        visit.goto(file.as_uri())
        return visit

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def said(page: Page, selector: str) -> list[str]:
    """The sentences of a list, without what is marked in them."""
    page.locator(selector).first.wait_for()
    return [text.strip() for text in page.locator(selector).all_text_contents()]


def test_a_visit_by_keyboard_says_what_the_model_says_in_python(open_page: Open, kept: Keepsake) -> None:
    page = open_page(build(kept), viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    tm = kept.known.text_model
    assert len(said(page, ".path .step .sentence")) > 1  # a pair of the model's own, to begin with
    expect(page.locator("#stage .fingerprint")).to_have_attribute("aria-label", re.compile("4 numbers"))
    for box, sentence in (("first", FIRST), ("second", SECOND)):
        page.locator(f"#slide-{box} textarea").fill(sentence)
    expect(page.locator("body")).to_have_class(re.compile("pair-changed"))
    page.keyboard.press("Enter")
    expect(page.locator("body")).not_to_have_class(re.compile("pair-changed"))
    page.locator("#path-kind input").first.focus()
    page.keyboard.press("ArrowRight")
    stops = [stop.text for stop in interpolation.find_path(tm, FIRST, SECOND, kind="lerp")]
    expect(page.locator(".path .step")).to_have_count(len(stops))
    assert said(page, ".path .step .sentence") == stops
    page.locator(".scrub").focus()
    page.keyboard.press("Home")
    expect(page.locator("#stage .frame")).to_have_text(stops[0])
    page.keyboard.press("ArrowRight")
    expect(page.locator("#stage .frame")).to_have_text(stops[1])
    page.keyboard.press("End")
    expect(page.locator("#stage .frame")).to_have_text(stops[-1])

    page.locator("#tab-slide").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#room-slide")).to_be_hidden()
    assert len(said(page, "#samples li .sentence")) > 1
    page.locator("#room-sample summary").click()
    page.locator("#sample-new-seed input").uncheck()
    page.locator("#sample-seed input").fill("5")
    page.locator("#sample-count input[type=number]").fill("3")
    page.locator("#sample-variety input[type=number]").fill("0.9")
    page.locator("#sample-start input").fill("my sister")
    page.keyboard.press("Enter")
    drawn = checked_sample(kept.known, 3, 0.9, 1.0, "my sister", False, "text", 5)
    expect(page.locator("#samples li")).to_have_count(3)
    assert said(page, "#samples li .sentence") == [point.text for point in drawn]
    badges = ["new" if kept.known.is_new(point.text) else "seen" for point in drawn]
    assert page.locator("#samples .badge").all_text_contents() == badges
    expect(page.locator("#sample-message")).to_contain_text("sentences that Toy learned from")

    page.locator("#tab-sample").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#again-text textarea").fill(FIRST)
    page.keyboard.press("Enter")
    expect(page.locator("#again")).to_contain_text("exactly yours")
    (found,) = text_model.reconstruct(tm, [FIRST])
    assert page.locator("#again .sentence").last.text_content() == found.text
    page.locator("#again-text textarea").fill(f"zyxw {FIRST}")
    page.keyboard.press("Enter")
    expect(page.locator("#again .hint").first).to_contain_text("can’t read “zyxw”")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "tab=say" in page.evaluate("location.search")
    page.go_back()
    expect(page.locator("#room-sample")).to_be_visible()


def test_dragging_decodes_between_the_stops_and_beside_the_path(open_page: Open, kept: Keepsake) -> None:
    slide(open_page(build(kept), viewport={"width": 1280, "height": 900}, reduced_motion="reduce"), kept)


@pytest.mark.soak
def test_firefox_does_it_as_well(open_in_firefox: Open, kept: Keepsake) -> None:
    try:
        page = open_in_firefox(build(kept), viewport={"width": 390, "height": 844})
    except Error as error:
        if "unknown command" in error.message:
            pytest.skip(f"this Firefox is older than what Playwright drives: {error.message}")
        raise
    slide(page, kept)
    page.locator("#tab-sample").click()
    assert len(said(page, "#samples li .sentence")) > 1


def slide(page: Page, kept: Keepsake) -> None:
    """Another path, slid along by places that it was not found by, and beside it with the mouse and with keys."""
    tm, strange = kept.known.text_model, f"zyxw {SECOND}"
    page.locator(".path .step").first.wait_for()  # the page's own pair is in the boxes by now
    page.locator("#slide-second textarea").fill(strange)
    page.locator("#slide-first textarea").fill(FIRST)
    page.keyboard.press("Enter")
    expect(page.locator("body")).not_to_have_class(re.compile("pair-changed"))
    slider, frame, strip = (page.locator(f"#stage {part}") for part in (".scrub.walked", ".frame", ".fingerprint"))
    points = interpolation.interpolate(tm, FIRST, strange, steps=8)  # at shares that the path was not found by
    for i, point in enumerate(points[1:-1], 1):
        slider.fill(str(i / 7))
        expect(frame).to_have_text(point.text)
        expect(strip).to_have_attribute("aria-label", re.compile(re.escape(point.text)))
        strip.click()
        numbers = [float(number) for number in page.locator("dialog[open] td").all_text_contents()]
        assert numbers == pytest.approx(fingerprint(point.z, order(kept.known.info.kl)), abs=0.011)
        page.keyboard.press("Escape")
    (unread,) = readability.unread_words(tm, [(strange, points[-1].text)])
    assert "zyxw" in unread.message()
    assert page.locator(".unread").all_text_contents() == [unread.message()]

    box, cells, told = slider.bounding_box(), page.locator(".now .cells"), page.locator("#stage .count")
    assert box is not None
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    on_it = cells.get_attribute("style")
    page.mouse.move(x, y - 120)
    expect(told).to_contain_text("Beside the path")
    assert cells.get_attribute("style") != on_it
    expect(page.locator(".path [aria-current]")).to_have_count(0)
    page.mouse.move(x, y)
    expect(told).not_to_contain_text("Beside the path")
    assert cells.get_attribute("style") == on_it
    page.mouse.up()
    slider.press("Shift+ArrowDown")
    expect(told).to_contain_text("Beside the path")
    slider.press("Escape")
    expect(told).not_to_contain_text("Beside the path")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_is_accessible(open_page: Open, kept: Keepsake, scheme: str) -> None:
    page = open_page(build(kept), color_scheme=scheme, reduced_motion="reduce")
    page.locator(".path .step").first.wait_for()
    page.locator(".model-line").click()
    found = {}
    for tab, ready in (("slide", ".scrub"), ("sample", "#samples li"), ("again", "#again p")):
        page.locator(f"#tab-{tab}").click()
        page.locator(ready).first.wait_for()
        results = Axe().run(page)
        if results.violations_count:
            found[tab] = results.generate_report()
    assert found == {}, "\n".join(found.values())
    with page.expect_download() as download:
        page.locator("#model-download").click()
    assert Path(download.value.path()).read_bytes() == kept.file
    assert download.value.suggested_filename == "toy.safetensors"


def test_page_works_where_no_worker_can_be_had(open_page: Open, kept: Keepsake) -> None:
    page = open_page(build(kept), "delete window.Worker;")
    assert len(said(page, ".path .step .sentence")) > 1
    page.locator("#tab-sample").click()
    assert len(said(page, "#samples li .sentence")) > 1


def test_page_of_a_language_model_samples_and_says_what_it_cannot(open_page: Open) -> None:
    file = ROOT / "tests" / "fixtures" / "models" / "format-3-lm.safetensors"
    page = open_page(build(Keepsake(load(file), file.read_bytes())))
    assert said(page, "#samples li .sentence")
    for tab in ("slide", "again"):
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#room-{tab}")).to_contain_text("has no latent space")
    page.goto(f"{page.url.split('?')[0]}?tab=sample&seed=1&n=999")
    expect(page.locator("#sample-message")).to_contain_text("must lie between 1 and 50")


def test_script_that_was_put_in_does_not_run(open_page: Open, kept: Keepsake) -> None:
    hostile = build(kept).replace(b"</header>", b"</header>" + INJECTED.encode())
    page = open_page(hostile, forgiven="Content Security Policy|ERR_|^https://example.com/x.js$")
    assert len(said(page, ".path .step .sentence")) > 1
    page.locator("#link").click()
    assert page.title() == "Toy"


def test_damaged_model_is_refused_in_words(open_page: Open, kept: Keepsake) -> None:
    changed = bytearray(kept.file)
    changed[-1] ^= 1
    page = open_page(build(Keepsake(kept.known, bytes(changed))))
    for tab in ("slide", "sample", "again"):
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#room-{tab} .note.error")).to_contain_text("damaged")


def test_ten_lines_of_the_engines_readme_decode_a_sentence(browser: Browser, kept: Keepsake) -> None:
    text = (ROOT / "assets" / "engine" / "README.md").read_text("utf-8")
    code = "".join(re.findall(r"```js\n(.*?)```", text, re.DOTALL))
    with engine_page(browser) as engine:
        code = code.replace('"./engine/', '"/engine/').replace('"engine/', '"/engine/')
        code = code.replace("model.safetensors", engine.serve(kept.file))
        code = re.sub(r"import (\{.*?\}) from (.*?);", r"const \1 = await import(\2);", code)
        sentence, again, backend = engine.run(f"async () => {{ {code}\n return [sentence, again, engine.backend]; }}")
    assert sentence
    assert (again, backend) == (sentence, "simd")
