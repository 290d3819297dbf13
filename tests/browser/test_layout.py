"""What is needed is within sight, nothing jumps or is cut off, and every edge and target can be seen and hit.

`python tests/benchmarks/layout.py` prints the same figures at more sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from playwright.sync_api import Browser, Page, expect
from support.measures import TABS, WATCH_SHIFTS, measure, open_tab, shifts
from support.train_page import bring, learn
from support.visits import PATIENCE

Arrive = Callable[..., Page]
MOST_SHIFT = 0.05
LEAST_CONTRAST, LEAST_TARGET = 3.0, 24.0


def arrive_watched(browser: Browser, url: str, width: int, height: int) -> Page:
    """A new page, on which it is noted what moves."""
    page = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce").new_page()
    page.set_default_timeout(PATIENCE)
    page.add_init_script(WATCH_SHIFTS)
    page.goto(url)
    page.locator(".path .step").first.wait_for()
    return page


def within(page: Page, selectors: list[str], bottom: int) -> None:
    """All of these begin above this line of the page."""
    places = measure(page, "places", selectors)
    assert all(place is not None and place < bottom for place in places.values()), places


def clear_and_large(page: Page) -> None:
    """Of all that can be pressed on the open tab: edges at 3:1, 24 px at least, in both themes."""
    page.mouse.move(0, 0)
    themes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html.dark")).to_have_count(int(theme == "dark"))
        assert [edge for edge in measure(page, "edges") if edge[1] < LEAST_CONTRAST] == []
        assert [mark for mark in measure(page, "marks") if mark[1] < LEAST_CONTRAST] == []
    assert [target for target in measure(page, "targets") if target[1] < LEAST_TARGET] == []


def test_desktop_has_all_within_sight(browser: Browser, server: str) -> None:
    page = arrive_watched(browser, server, 1280, 800)
    within(page, ["#stage", ".scrub", "#slide-first", "#slide-second", "#show-path"], 660)
    assert shifts(page) < MOST_SHIFT
    for tab in ("Compare", "Corpus", "Sample", "Slide"):
        open_tab(page, tab)
        clear_and_large(page)
    bring(page)
    clear_and_large(page)
    within(page, ["#train-start", "#train-preset"], 400)
    learn(page, 1000)
    expect(page.locator("#train-stop")).to_be_enabled(timeout=5 * PATIENCE)
    within(page, ["#train-pause", "#train-stop", "#train-progress", "#train-chart", "#train-says"], 480)
    expect(page.locator("#train-preset")).to_be_hidden()  # folded away
    clear_and_large(page)
    page.locator("#train-stop").click()
    expect(page.locator("#train-next")).to_be_visible(timeout=5 * PATIENCE)
    assert page.evaluate("document.activeElement !== document.body")  # although what was pressed is gone
    expect(page.locator("#train-pause")).to_be_hidden()
    page.locator("#train-next").click()
    expect(page.get_by_role("tab", name="Slide")).to_have_attribute("aria-selected", "true")
    page.context.close()


def test_phone_begins_with_the_stage_and_cuts_nothing_off(browser: Browser, server: str) -> None:
    page = arrive_watched(browser, server, 390, 844)
    within(page, ["#stage", ".scrub", "#slide-first"], 620)
    assert shifts(page) < MOST_SHIFT
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 640})
        expect(page.locator("#tabs [role=tablist] [role=tab]:visible")).to_have_text(list(TABS))
        for tab in TABS:
            open_tab(page, tab)
            assert measure(page, "width") <= width, tab
    open_tab(page, "Corpus")
    page.locator("#corpus-ours label").first.click()
    page.wait_for_function("document.querySelector('#corpus-report').getBoundingClientRect().top < innerHeight / 2")
    open_tab(page, "Train")
    within(page, ["#train-start"], 440)
    page.context.close()


def test_keyboard_is_never_nowhere(arrive: Arrive) -> None:
    page = arrive()
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Slide")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Sample")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    open_tab(page, "Slide")
    for name in ("Another pair", "Undo", "Swap", "Show the path"):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_function("document.activeElement !== document.body")
    page.locator("#path-kind input:checked").focus()
    page.keyboard.press("ArrowDown")  # a group is one stop, with arrows inside
    expect(page.get_by_label("Straight line")).to_be_checked()
    expect(page.get_by_label("Straight line")).to_be_focused()
    page.get_by_role("button", name="Help", exact=True).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading").first).to_be_focused()  # it begins at its beginning
    page.mouse.click(8, 8)  # beside it
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("button", name="Help", exact=True)).to_be_focused()
