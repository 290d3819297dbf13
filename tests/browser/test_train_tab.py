"""The Train tab in a real browser: start, watch, reload, pause, stop, and two visitors at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from support.gestures import drag, quiet
from support.train_page import (
    SENTENCES,
    SLOW,
    bring,
    finish,
    learn,
    points,
    reload,
    share,
    wait_for_points,
    wait_for_share,
)

from vae.config.families import FAMILIES
from vae.config.presets import PRESETS

Arrive = Callable[..., Page]


def test_start_waits_for_a_text_and_for_settings_in_their_range_and_begins_one_run(arrive: Arrive) -> None:
    page = arrive()
    page.get_by_role("tab", name="Train").click()
    start, alert = page.locator("#train-start"), page.locator("#train-answer [role=alert]")
    expect(page.locator("#train-plan")).to_contain_text("Choose one in Corpus")
    expect(start).to_be_disabled()
    expect(page.locator("#train-run")).to_contain_text("The chart begins with the first steps")

    bring(page)
    page.locator("#train-settings > button").click()
    expect(page.locator("#train-autoencoder input[type=number]")).to_have_value("0.1")
    rate, epochs = (page.locator(f"#train-{name} input[type=number]") for name in ("learning_rate", "epochs"))
    preset = page.locator("#train-preset input:checked").input_value()
    expect(rate).to_have_value(str(PRESETS[preset].config.learning_rate))
    for field, value, told in (
        (rate, "50", "Learning rate is 50: choose a number from 0.000001 to 10."), (epochs, "-3", "Epochs is -3"),
    ):  # fmt: skip
        before = field.input_value()
        field.fill(value)
        field.press("Tab")
        start.click()
        expect(alert).to_contain_text(told)
        for tab in ("Corpus", "Train"):  # which shows the run anew, and takes nothing away that was not about it
            page.get_by_role("tab", name=tab).click()
        quiet(page)
        expect(alert).to_contain_text(told)
        expect(field).to_have_value(value)
        expect(start).to_be_enabled()
        field.fill(before)
        field.press("Tab")

    start.dblclick()
    expect(page.locator("#train-stop")).to_be_enabled()
    expect(alert).to_have_count(0)
    page.locator("#train-stop").click()
    expect(start).to_be_enabled(timeout=SLOW)  # a second run would keep it disabled


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
    page.wait_for_function("document.querySelector('.path .step[aria-current] .number')?.textContent === '1'")
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
    for name, value in {"hidden": "16", "steps": "0", "epochs": "2"}.items():
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
