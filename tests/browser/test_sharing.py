"""Sharing in a real browser: a training is watched by its link, read-only; its model is copied; and leaving."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from support.model_panel import give, open_panel
from support.train_page import SLOW, bring, finish, learn, points, wait_for_points

Arrive = Callable[..., Page]
CODE = re.compile(r"^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$")


def code_of(page: Page, where: str) -> str:
    """The code that stands somewhere."""
    shown = page.locator(f"{where} output")
    expect(shown).to_have_text(CODE)
    return shown.inner_text()


def fine(page: Page) -> None:
    """No rule of accessibility is broken, and nothing sticks out."""
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    size = page.viewport_size
    assert size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_shared_training_is_watched_by_its_link_read_only_until_it_is_withdrawn(arrive: Arrive) -> None:
    teacher = arrive(reduced_motion="reduce")
    bring(teacher, "lesson.txt")
    learn(teacher, 1000)
    wait_for_points(teacher, 1)
    teacher.locator("#train-share").click()
    code = code_of(teacher, "#train-code")
    fine(teacher)

    student = arrive(f"?share={code}", reduced_motion="reduce", viewport={"width": 390, "height": 844})
    expect(student.locator("#train-shared")).to_contain_text("You are watching a shared training")
    wait_for_points(student, 1)
    wait_for_points(student, points(student))  # live
    for control in ("#train-start", "#train-pause", "#train-stop", "#train-preset", "#train-share"):
        expect(student.locator(control)).to_be_hidden()
    fine(student)
    student.reload()
    wait_for_points(student, 1)

    student.locator("#shared-back").click()
    expect(student.locator("#train-start")).to_be_visible()
    expect(student.locator("#train-run")).to_contain_text("The chart begins with the first steps")
    assert "share" not in student.url

    open_panel(student)
    student.get_by_label("Have a code?").fill("0000-0000-0000")
    student.locator("#code-open").click()
    expect(student.locator("#model-message").get_by_role("alert")).to_contain_text("opens nothing")
    student.get_by_label("Have a code?").fill(code.lower())
    student.keyboard.press("Enter")
    wait_for_points(student, 1)
    assert f"?share={code}" in student.url
    wait_for_points(student, points(student))  # live again, not only what there was

    teacher.get_by_role("button", name="Stop sharing").click()
    expect(student.locator("#train-note").get_by_role("alert")).to_contain_text("not shared with you any more")
    teacher.locator("#train-share").click()
    again = code_of(teacher, "#train-code")
    assert again != code
    open_panel(student)
    student.get_by_label("Have a code?").fill(again)
    student.keyboard.press("Enter")
    expect(student.locator("#train-note").get_by_role("alert")).to_have_count(0)
    finish(teacher)
    student.locator("#shared-copy").click(timeout=SLOW)
    expect(student.locator(".model-line")).to_contain_text("Lesson (shared with you)")
    expect(teacher.locator(".model-line")).to_contain_text("Lesson (trained here)")


def test_shared_model_is_copied_by_its_link_and_all_is_forgotten_when_one_leaves(
    arrive: Arrive, model_path: Path
) -> None:
    teacher = arrive()
    open_panel(teacher)
    expect(teacher.locator("#model-share")).to_be_hidden()  # the bundled one is everybody's
    give(teacher, model_path)
    teacher.locator("#model-share").click()
    code = code_of(teacher, "#model-code")

    student = arrive(f"?share={code}", reduced_motion="reduce")
    expect(student.locator(".model-line")).to_contain_text("Toy (shared with you)")
    expect(student.locator("#model-message")).to_contain_text("was shared with you")
    assert "share" not in student.url
    fine(student)

    teacher.locator("#leave-ask").click()
    expect(teacher.locator("#leave-not")).to_be_focused()
    teacher.locator("#leave-not").click()
    teacher.locator("#leave-ask").click()
    teacher.locator("#leave-really").click()
    expect(teacher.locator(".model-line")).to_contain_text("bundled")
    open_panel(teacher)
    expect(teacher.locator("#model-list label")).to_have_count(0)
    student.reload()
    expect(student.locator(".model-line")).to_contain_text("Toy (shared with you)")
    student.get_by_role("tab", name="Sample").click()
    expect(student.locator("#samples .sentences li")).to_have_count(8)
