"""What a hand does on the page, for the tests that do it."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Page, Request


@dataclass
class Drag:
    """What was seen after each move of a drag, and what the page asked of the server meanwhile."""

    sentences: list[str] = field(default_factory=list)
    fingerprints: list[str | None] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def quiet(page: Page) -> None:
    """Wait until the page has asked for nothing for a second: what follows is then its own doing."""
    count = "performance.getEntriesByType('resource').length"
    page.wait_for_function(f"window.before === (window.before = {count})", polling=1000)


def drag(page: Page, moves: int = 50) -> Drag:
    """Drag the slider of the path from its beginning to its end with the mouse."""
    page.locator("#stage .scrub").scroll_into_view_if_needed()
    quiet(page)
    box = page.locator("#stage .scrub").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 4, y)
    page.mouse.down()
    seen = Drag()

    def ask(request: Request) -> None:
        seen.requests.append(request.url)

    page.on("request", ask)
    for move in range(moves):
        page.mouse.move(box["x"] + 4 + (box["width"] - 8) * (move + 1) / moves, y)
        seen.sentences.append(page.locator("#stage .frame").inner_text())
        seen.fingerprints.append(page.locator("#stage .now .cells").get_attribute("style"))
    page.mouse.up()
    page.remove_listener("request", ask)
    return seen
