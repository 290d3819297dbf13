"""Sliding between two sentences: by mouse, finger and keys, in the browser alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.gestures import drag
from support.visits import new_context

FRAME, SCRUB, STEPS = "#stage .frame", "#stage .scrub", ".path .step"
Arrive = Callable[..., Page]


@pytest.fixture
def page(visit: Page) -> Page:
    """The visit at the end of its path: that of two new sentences begins at 1."""
    visit.unroute_all()  # what a test that failed has held
    visit.locator(SCRUB).press("End")
    return visit


def test_page_whose_opening_failed_can_still_be_pressed(browser: Browser, server: str) -> None:
    """By hand, not by `arrive`, since its console tells of the failure."""
    with new_context(browser) as context:
        page, refused = context.new_page(), []

        def refuse_first(route: Route) -> None:
            if refused:
                route.continue_()
            else:
                refused.append(route.request.url)
                route.fulfill(status=503, json={"detail": "the queue is full"})

        context.route("**/queue/join*", refuse_first)
        page.goto(server)
        page.get_by_role("tab", name="Slide").wait_for()
        page.wait_for_function("document.querySelector('.gradio-container').inert === false")
        assert refused


def hold(page: Page) -> Callable[[], None]:
    """Keep what the page asks from now on from the server, until the function returned is called."""
    held: list[Route] = []
    page.route("**/queue/join*", lambda route: held.append(route))

    def go_on() -> None:
        for route in held:
            route.continue_()
        held.clear()
        page.unroute("**/queue/join*")

    return go_on


def test_what_is_typed_while_an_example_is_on_its_way_stays(page: Page) -> None:
    type_pair(page, "", "")
    go_on = hold(page)
    page.get_by_role("button", name="Show the path").click()  # of nothing: an example is asked for
    type_pair(page, "I like tea.", "She is here.")
    go_on()
    page.get_by_role("button", name="Show the path").click()
    expect(page.locator(f"{STEPS}[aria-current] .number")).to_have_text("1")  # a path of two new sentences
    expect(page.get_by_label("First sentence")).to_have_value("I like tea.")
    expect(page.get_by_label("Second sentence")).to_have_value("She is here.")


def test_the_path_asked_for_last_is_the_one_shown(page: Page) -> None:
    type_pair(page, "I like tea.", "She is here.")
    go_on = hold(page)
    page.get_by_role("button", name="Show the path").click()
    type_pair(page, "He went home.", "It was late.")
    page.get_by_role("button", name="Show the path").click()  # while the other is on its way
    go_on()
    expect(page.locator(STEPS).first).to_contain_text("went home")


def type_pair(page: Page, first: str, second: str) -> None:
    page.get_by_label("First sentence").fill(first)
    page.get_by_label("Second sentence").fill(second)


def current(page: Page) -> int:
    return int(page.locator(f"{STEPS}[aria-current] .number").inner_text())


def test_page_opens_on_a_path_of_the_bundled_model(arrive: Arrive) -> None:
    page = arrive()
    expect(page.get_by_role("tab", name="Slide")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".model-line")).to_contain_text("bundled")
    said = page.locator(f"{STEPS} .sentence").all_inner_texts()
    assert len(set(said)) == len(said) >= 5
    assert page.locator(FRAME).inner_text().strip()
    assert page.get_by_label("First sentence").input_value()


def test_dragging_changes_the_sentence_and_sends_nothing(page: Page) -> None:
    seen = drag(page, 50)
    assert seen.requests == []
    assert sum(a != b for a, b in pairwise(seen.sentences)) >= 4
    assert len(set(seen.fingerprints)) >= 40  # the fingerprint moves between the frames too
    assert current(page) == page.locator(STEPS).count()


def test_track_shows_where_each_sentence_is_said(page: Page) -> None:
    stretches = page.locator("#stage .stretches i")
    expect(stretches).to_have_count(page.locator(STEPS).count())
    slider = page.locator(SCRUB)
    slider.focus()
    slider.press("Home")
    for number in range(2, page.locator(STEPS).count()):
        slider.press("ArrowRight")
        box = page.locator("#stage .stretches i.here").bounding_box()
        track = page.locator("#stage .stretches").bounding_box()
        assert box is not None
        assert track is not None
        middle = (box["x"] + box["width"] / 2 - track["x"]) / track["width"]
        assert float(slider.input_value()) == pytest.approx(middle, abs=0.03)
        assert current(page) == number


def test_keys_step_through_the_path(page: Page) -> None:
    slider = page.locator(SCRUB)
    slider.focus()
    slider.press("Home")
    assert current(page) == 1
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    assert current(page) == 3
    slider.press("ArrowLeft")
    assert current(page) == 2
    slider.press("End")
    last = page.locator(STEPS).count()
    assert current(page) == last
    expect(slider).to_have_attribute("aria-valuetext", f"{last} of {last}: {page.locator(FRAME).inner_text()}")


def test_a_finger_moves_the_slider(arrive: Arrive) -> None:
    page = arrive(has_touch=True, viewport={"width": 390, "height": 844})
    slider = page.locator(SCRUB)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] - 16, box["y"] + box["height"] / 2)
    expect(page.locator(STEPS).last).to_have_attribute("aria-current", "step")


def test_click_in_the_list_jumps_there(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.locator(STEPS).nth(2).click()
    assert current(page) == 3
    assert page.locator(FRAME).inner_text() == page.locator(STEPS).nth(2).locator(".sentence").inner_text()
    page.emulate_media(reduced_motion="null")


def test_own_sentences_make_a_path_and_show_what_became_of_them(page: Page) -> None:
    type_pair(page, "He is happy.", "She is at home.")
    expect(page.get_by_text("This is still the path between the earlier ones")).to_be_visible()
    expect(page.locator(".end-of-path .fingerprint:visible")).to_have_count(0)  # nothing is of these sentences yet
    page.get_by_role("button", name="Show the path").click()
    expect(page.locator(".end-of-path .badge:visible")).to_have_text(["exactly yours"] * 2)
    expect(page.get_by_text("This is still the path between the earlier ones")).to_be_hidden()
    path = page.locator(f"{STEPS} .sentence").all_inner_texts()
    assert [path[0], path[-1]] == ["He is happy.", "She is at home."]
    expect(page.locator(".announcer")).to_contain_text("from “He is happy.” to “She is at home.”")
    expect(page.get_by_role("button", name="Fingerprint of “He is happy.”").first).to_be_visible()


def test_end_that_cannot_be_said_is_told_with_what_differs(page: Page) -> None:
    type_pair(page, "Zyxw vutsr qponm lkjih gfedc ba zyx wvu tsrq ponm lkj ihgf edc ba.", "She is at home.")
    page.get_by_role("button", name="Show the path").click()
    expect(page.locator(".end-of-path .end .badge").first).to_contain_text("the nearest the model can say")
    expect(page.locator(".end-of-path .end mark").first).to_be_visible()
    expect(page.locator(".end-of-path .end .badge").last).to_have_text("exactly yours")


def test_path_follows_the_kind_that_is_chosen(arrive: Arrive) -> None:
    page = arrive()
    with page.expect_request(lambda asked: '"spherical"' in (asked.post_data or "")):
        page.get_by_label("Arc").check()


def test_swap_turns_the_sentences_round(page: Page) -> None:
    first, second = page.get_by_label("First sentence"), page.get_by_label("Second sentence")
    a, b = first.input_value(), second.input_value()
    page.get_by_role("button", name="Swap", exact=True).click()
    expect(first).to_have_value(b)
    expect(second).to_have_value(a)


def test_two_others_bring_a_path_of_their_own(page: Page) -> None:
    type_pair(page, "x", "y")
    page.get_by_role("button", name="Another pair").click()
    expect(page.get_by_label("First sentence")).not_to_have_value("x")
    expect(page.locator(STEPS).first).to_contain_text(page.get_by_label("First sentence").input_value())


def test_an_empty_sentence_is_told_in_place_and_nothing_is_lost(page: Page) -> None:
    before = page.locator(STEPS).count()
    type_pair(page, "", "This stays.")
    page.get_by_role("button", name="Show the path").click()
    expect(page.locator("#slide-message").get_by_role("alert")).to_contain_text("first sentence is empty")
    expect(page.get_by_label("Second sentence")).to_have_value("This stays.")
    expect(page.locator(STEPS)).to_have_count(before)


def test_markup_in_a_sentence_stays_text(page: Page) -> None:
    payloads = ["<img src=x onerror='window.hit=1'>", "${window.hit=1} {{constructor}} <script>window.hit=1</script>"]
    type_pair(page, *payloads)
    page.get_by_role("button", name="Show the path").click()
    page.wait_for_function("document.querySelector('.path .step[aria-current] .number')?.textContent === '1'")
    assert page.evaluate("window.hit") is None
    assert page.locator("#stage img, #stage script").count() == 0


def test_fingerprint_explains_itself_and_tells_its_numbers(page: Page) -> None:
    page.locator("#stage .now .fingerprint").click()
    sheet = page.get_by_role("dialog", name="The fingerprint of a sentence")
    expect(sheet).to_be_visible()
    sheet.locator("summary").click()
    assert sheet.locator("tbody tr").count() >= 2
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
