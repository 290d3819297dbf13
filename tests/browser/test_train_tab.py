"""The Train tab in a real browser: start, watch, reload, pause, stop, and two visitors at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect
from support.gestures import drag

from vae.config.families import FAMILIES
from vae.config.presets import PRESETS

Arrive = Callable[..., Page]
SENTENCES = [  # 1,920: enough that a thousand epochs last longer than any test
    f"{who} {does} {what}{when}."
    for who in (
        "The cat", "A dog", "My sister", "Our teacher", "The old man", "A small bird", "The girl", "Your friend",
        "The king", "An old horse",
    )
    for does in ("sees", "likes", "wants", "finds", "paints", "hides")
    for what in (
        "the red ball", "a green apple", "some fresh bread", "the quiet river", "a letter", "the blue door",
        "her house", "two little stones",
    )
    for when in ("", " now", " at night", " every day")
]  # fmt: skip
SMALL = {"latent": "4", "hidden": "16", "minutes": "0"}
SLOW = 300_000  # ms: a busy machine with two cores


def bring(page: Page, name: str = "mine.txt") -> None:
    """Upload a text and go on to the Train tab."""
    page.get_by_role("tab", name="Corpus").click()
    page.locator("#corpus-file input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": "\n".join(SENTENCES).encode()}
    )
    expect(page.locator("#corpus-figures h2")).to_have_text(name)
    page.locator("#corpus-next").click()
    expect(page.locator("#train-plan")).to_contain_text(name)


def learn(page: Page, epochs: int, **settings: str) -> None:
    """Start a training of a small model, from scratch."""
    page.locator("#train-settings > button").click()
    page.get_by_role("combobox", name="Start from").click()
    page.get_by_role("option", name="Nothing").click()
    for name, value in {**SMALL, "epochs": str(epochs), **settings}.items():
        field = page.locator(f"#train-{name} input[type=number]")
        field.fill(value)
        field.press("Tab")
    expect(page.locator("#train-plan")).to_contain_text(f"for {epochs} epochs")
    page.locator("#train-start").click()


def points(page: Page) -> int:
    return int(page.locator("#train-chart canvas").get_attribute("data-points") or 0)


def wait_for_points(page: Page, more_than: int) -> None:
    page.wait_for_function(
        "n => Number(document.querySelector('#train-chart canvas')?.dataset.points ?? 0) > n",
        arg=more_than,
        timeout=SLOW,
    )


def share(page: Page) -> float:
    return float(page.locator("#train-progress progress").get_attribute("value") or 0)


def wait_for_share(page: Page, more_than: float) -> None:
    """Wait until the bar has passed a point: on a slow machine it stands still for many a step."""
    page.wait_for_function(
        "share => (document.querySelector('#train-progress progress')?.value ?? 0) > share",
        arg=more_than,
        timeout=SLOW,
    )


def reload(page: Page) -> None:
    """Reload in the middle of a run."""
    page.reload()
    page.get_by_role("tab", name="Train").click()


def finish(page: Page) -> None:
    """Stop the training and wait for its model."""
    page.locator("#train-stop").click()
    expect(page.locator("#train-note .done")).to_be_visible(timeout=SLOW)


def test_without_a_text_the_tab_says_where_to_get_one(arrive: Arrive) -> None:
    page = arrive()
    page.get_by_role("tab", name="Train").click()
    expect(page.locator("#train-plan")).to_contain_text("Choose one in Corpus")
    expect(page.locator("#train-start")).to_be_disabled()
    expect(page.locator("#train-run")).to_contain_text("The chart begins with the first steps")


def save(page: Page, button: str, folder: Path) -> Path:
    """Press a button that downloads a file, and keep that."""
    with page.expect_download() as download:
        page.locator(button).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_text_of_ones_own_becomes_a_model_that_samples_slides_and_comes_back_from_a_file(
    arrive: Arrive, tmp_path: Path
) -> None:
    page = arrive()
    bring(page, "my-own.txt")
    learn(page, 1000, hidden="64", learning_rate="0.01", autoencoder="0.7")  # which learns fast
    wait_for_points(page, 1)
    begun = share(page)
    expect(page.locator("#train-reconstructions li")).to_have_count(3, timeout=SLOW)
    expect(page.locator("#train-samples li")).to_have_count(3)
    expect(page.locator("#train-samples .fingerprint")).to_have_count(3)
    wait_for_points(page, 3)
    wait_for_share(page, begun)
    expect(page.locator("#train-progress")).to_contain_text(re.compile(r"Step \d.* left · .* tokens a second"))
    drawn = points(page)

    reload(page)
    wait_for_points(page, drawn - 1)  # what was drawn before is there again
    wait_for_points(page, points(page))  # and it goes on
    page.wait_for_function("document.querySelector('#train-chart canvas').dataset.step > 400", timeout=SLOW)
    expect(page.locator("#train-start")).to_be_disabled()

    finish(page)
    expect(page.locator(".model-line")).to_contain_text("My own")
    expect(page.locator(".model-line")).to_contain_text("trained here")
    expect(page.locator("#train-start")).to_be_enabled()

    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#samples .sentences li")).to_have_count(8)
    page.get_by_role("tab", name="Slide").click()
    page.get_by_label("First sentence").fill(SENTENCES[0])
    page.get_by_label("Second sentence").fill(SENTENCES[-1])
    page.get_by_role("button", name="Show the path").click()
    page.wait_for_function("document.querySelector('#stage .step[aria-current] .number').textContent === '1'")
    seen = drag(page, 50)
    assert seen.requests == []
    assert len(set(seen.sentences)) > 1
    assert len(set(seen.fingerprints)) >= 40

    page.locator(".model-line").click()
    page.locator("#model-list").get_by_label("bundled").check()
    expect(page.locator(".model-line")).to_contain_text("bundled")
    page.get_by_role("tab", name="Train").click()
    expect(page.locator("#train-note")).to_contain_text("Another model is in use now")
    file = save(page, "#train-download", tmp_path)  # that of the run, not the one in use
    assert file.name == "my-own.safetensors"
    with page.expect_file_chooser() as chooser:
        page.locator("#model-load").click()
    chooser.value.set_files(file)
    expect(page.locator(".model-line")).to_contain_text("My own")
    expect(page.locator(".model-line")).to_contain_text("loaded from a file")
    expect(page.locator("#train-note")).to_contain_text("Another model is in use now")
    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#samples .sentences li")).to_have_count(8)


def test_language_model_learns_and_says_what_it_lacks(arrive: Arrive) -> None:
    page = arrive()
    bring(page, "my-own.txt")
    page.locator("#train-family").get_by_label(FAMILIES["lm"].title).check()
    expect(page.locator("#train-kind-words")).to_contain_text(FAMILIES["lm"].summary)
    expect(page.locator("#train-plan")).to_contain_text("Language model: learns my-own.txt")
    page.locator("#train-settings > button").click()
    expect(page.locator("#train-hidden")).to_be_visible()
    expect(page.locator("#train-latent")).to_be_hidden()
    for name, value in {"hidden": "16", "minutes": "0", "epochs": "2"}.items():
        field = page.locator(f"#train-{name} input[type=number]")
        field.fill(value)
        field.press("Tab")
    expect(page.locator("#train-plan")).to_contain_text("for 2 epochs")
    page.locator("#train-start").click()
    expect(page.locator("#train-note .done")).to_be_visible(timeout=SLOW)
    expect(page.locator("#train-verdict")).to_contain_text("no latent space")
    expect(page.locator("#train-reconstructions")).to_contain_text(FAMILIES["lm"].limitation)
    expect(page.locator("#train-samples li")).to_have_count(3)
    expect(page.locator("#train-chart .legend")).to_contain_text("Loss")
    expect(page.locator("#train-chart .legend")).not_to_contain_text("KL")
    expect(page.locator(".model-line")).to_contain_text("language model, trained here")


def test_pause_rests_and_resume_goes_on(arrive: Arrive) -> None:
    page = arrive()
    bring(page)
    learn(page, 1000)
    wait_for_points(page, 1)
    page.locator("#train-pause").click()
    expect(page.locator("#train-note")).to_contain_text("Paused at step", timeout=SLOW)
    paused = share(page)
    assert 0 < paused < 1
    reload(page)
    expect(page.locator("#train-note")).to_contain_text("Paused at step")
    drawn = points(page)
    page.locator("#train-resume").click()
    wait_for_points(page, drawn)
    wait_for_share(page, paused)
    finish(page)


def test_double_click_on_start_starts_one_run(arrive: Arrive) -> None:
    page = arrive()
    bring(page)
    page.locator("#train-start").dblclick()
    expect(page.locator("#train-stop")).to_be_enabled()
    expect(page.locator("#train-note [role=alert]")).to_have_count(0)
    page.locator("#train-stop").click()
    expect(page.locator("#train-start")).to_be_enabled(timeout=SLOW)  # a second run would keep it disabled


def test_impossible_value_is_refused_in_place(arrive: Arrive) -> None:
    page = arrive()
    bring(page)
    page.locator("#train-settings > button").click()
    field = page.locator("#train-epochs input[type=number]")
    field.fill("-3")
    field.press("Tab")
    page.locator("#train-start").click()
    expect(page.locator("#train-note [role=alert]")).to_contain_text("epochs")
    expect(field).to_have_value("-3")
    expect(page.locator("#train-start")).to_be_enabled()


def test_learning_rate_and_autoencoder_phase_can_be_set(arrive: Arrive) -> None:
    page = arrive()
    bring(page)
    page.locator("#train-settings > button").click()
    expect(page.locator("#train-autoencoder input[type=number]")).to_have_value("0.1")
    rate = page.locator("#train-learning_rate input[type=number]")
    preset = page.locator("#train-preset input:checked").input_value()
    expect(rate).to_have_value(str(PRESETS[preset].config.learning_rate))
    rate.fill("0.5")
    rate.press("Tab")
    page.locator("#train-start").click()
    expect(page.locator("#train-note [role=alert]")).to_contain_text("learning_rate is 0.5")


@pytest.fixture
def crowd(server: str) -> Any:
    """A function that fills every free place with the trainings of other visitors; they end with the test."""
    client = Client(server, verbose=False)
    tokens: list[str] = []

    def fill() -> None:
        while True:
            token = client.predict(api_name="/start")
            client.predict(token, None, "\n".join(SENTENCES), api_name="/read_corpus")
            settings = {"latent": 4, "hidden": 16, "minutes": 0.0, "epochs": 1000.0}
            run = client.predict(token, "quick", settings, api_name="/train")
            if run["state"] == "waiting":
                client.predict(token, api_name="/stop")
                return
            tokens.append(token)

    yield fill
    for token in tokens:
        client.predict(token, api_name="/stop")


def test_second_visitor_sees_nothing_of_the_first_waits_and_then_starts(
    arrive: Arrive, crowd: Callable[[], None]
) -> None:
    first, second = arrive(), arrive()
    bring(first, "first.txt")
    learn(first, 1000)
    wait_for_points(first, 1)
    crowd()
    bring(second, "second.txt")
    learn(second, 1000)
    expect(second.locator("#train-progress")).to_contain_text("yours is next")
    expect(second.locator("#train-progress")).to_contain_text("begins by itself")
    assert "first.txt" not in second.content()
    assert "second.txt" not in first.content()
    finish(first)
    wait_for_points(second, 1)
    expect(second.locator(".model-line")).not_to_contain_text("First")
    finish(second)
    expect(second.locator(".model-line")).to_contain_text("Second")
    expect(first.locator(".model-line")).to_contain_text("First")
