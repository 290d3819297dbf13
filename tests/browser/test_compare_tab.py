"""The Compare tab in a real browser: three families trained on one of our texts, side by side; and one model alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from vae.config.families import FAMILIES

Arrive = Callable[..., Page]
SLOW = 300_000  # ms: three trainings on a busy machine
STEPS = "8"  # of each training

# What follows a comparison is told its number only after its first two news, as where the page or network was busy.
LATE_NUMBER = """() => {
  const { fetch } = window;
  const news = {}, awaited = {};
  let opened;
  const open = new Promise(resolve => { opened = resolve; });
  const follows = ({ fn_index }) => {
    const { components, dependencies } = window.gradio_config;
    const form = components.find(one => one.props.elem_id === "compare-form").id;
    return dependencies.find(one => one.id === fn_index).outputs.includes(form);
  };
  window.fetch = async (...asked) => {
    const address = String(asked[0].url ?? asked[0]);
    const late = address.includes("/queue/join") && follows(JSON.parse(asked[1].body));
    if (late) await open;
    const answer = await fetch(...asked);
    if (late) {
      const { event_id: event } = await answer.clone().json();
      if ((news[event] ?? 0) < 2) await new Promise(release => { awaited[event] = release; });
    }
    if (!address.includes("/queue/data")) return answer;
    opened();
    const [copy, theirs] = answer.body.tee();
    const reader = copy.pipeThrough(new TextDecoderStream()).getReader();
    (async () => {
      for (let text = "", done, value; { done, value } = await reader.read(), !done;) {
        const all = (text + value).split("\\n\\n");
        text = all.pop();
        for (const { msg, event_id: event } of all.map(one => JSON.parse(one.replace("data:", "")))) {
          if (msg !== "process_generating") continue;
          news[event] = (news[event] ?? 0) + 1;
          if (news[event] === 2) awaited[event]?.();
        }
      }
    })();
    return new Response(theirs, answer);
  };
}"""


def bring(page: Page) -> None:
    """Take our smallest text."""
    page.get_by_role("tab", name="Corpus").click()
    page.locator("#corpus-ours label").last.click()
    expect(page.locator("#corpus-figures h2")).to_have_text("hundred.txt")
    page.get_by_role("tab", name="Compare").click()


def fill_steps(page: Page) -> None:
    field = page.locator("#compare-length input")
    field.fill(STEPS)
    field.press("Tab")
    expect(page.locator("#compare-plan")).to_contain_text(f"{STEPS} steps each")


def table(page: Page, result: str = "#compare-result") -> str:
    """What stands at a glance, as soon as it is there."""
    expect(page.locator(f"{result} table.brief")).to_be_visible(timeout=SLOW)
    return page.locator(f"{result} table.brief").inner_text()


def height(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollHeight"))


def saved(page: Page, kind: str, folder: Path) -> str:
    """The file of all figures."""
    with page.expect_download() as download:
        page.locator(".summary-head").get_by_role("button", name=f"as {kind}").click()
    assert download.value.suggested_filename == f"all-figures.{kind}"
    download.value.save_as(folder / kind)
    return (folder / kind).read_text("utf-8-sig")


def test_three_families_are_trained_measured_and_found_again_after_a_reload(
    arrive_small: Arrive, tmp_path: Path
) -> None:
    page = arrive_small(permissions=["clipboard-read", "clipboard-write"])
    bring(page)
    fill_steps(page)
    expect(page.locator("#compare-plan")).to_contain_text("Your text has 100 sentences, too few to tell")
    page.locator("#compare-start").dblclick()
    expect(page.locator("#compare-steps li")).to_have_count(4)
    expect(page.locator("#compare-stop")).to_be_visible()
    expect(page.locator("#compare-start")).to_be_disabled()
    page.reload()  # in the middle of it
    page.get_by_role("tab", name="Compare").click()

    shown = table(page)
    result = page.locator("#compare-result")
    assert all(kind.title in shown.replace("\u00ad", "") for kind in FAMILIES.values())
    expect(page.locator(".announcer")).to_have_text("It has ended.")
    expect(page.locator("#compare-note [role=alert]")).to_have_count(0)
    expect(page.locator(".model-line")).to_contain_text("bundled")  # nobody's model was changed
    assert height(page) < 1600
    page.set_viewport_size({"width": 390, "height": 844})
    assert height(page) < 2400
    page.set_viewport_size({"width": 1280, "height": 900})

    samples = result.locator("details", has_text="What it says at random")
    expect(samples).to_have_js_property("open", False)
    result.get_by_role("link", name="Samples").click()
    expect(samples).to_have_js_property("open", True)
    expect(samples.locator("summary").first).to_be_focused()
    expect(samples).to_contain_text("cannot judge itself")
    columns = samples.locator(".beside section")
    expect(columns).to_have_count(3)
    tops = columns.evaluate_all("all => all.map(one => Math.round(one.getBoundingClientRect().top))")
    assert len(set(tops)) == 1  # side by side
    expect(columns.nth(1).locator(".sentence")).to_have_count(6)
    page.keyboard.press("Enter")
    expect(samples).to_have_js_property("open", False)
    result.get_by_role("button", name="Open all").click()
    expect(result.locator("details.part[open]")).to_have_count(8)
    said = result.inner_text()
    assert "Nothing can be told: only 5 sentences were held out" in said
    assert all(kind.limitation in said for kind in FAMILIES.values())
    expect(result.locator(".best, .meter")).to_have_count(0)  # nothing is told of so few sentences
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("tab", name="Sample").click()
    page.get_by_role("tab", name="Compare").click()
    expect(result.locator("details.part[open]")).to_have_count(8)

    rows = list(csv.DictReader(saved(page, "csv", tmp_path).splitlines()))
    records = json.loads(saved(page, "json", tmp_path))
    assert [row["Figure"] for row in rows] == [record["Figure"] for record in records]
    steps = next(record for record in records if record["Figure"] == "Steps")
    assert all(steps[kind.title] >= 1 for kind in FAMILIES.values())
    page.locator(".summary-head").get_by_role("button", name="Copy").click()
    expect(page.locator(".summary-head")).to_contain_text("Copied")
    copied = str(page.evaluate("navigator.clipboard.readText()")).splitlines()
    assert copied[0].split("\t") == list(rows[0])
    assert len(copied) == len(rows) + 1

    page.reload()
    page.get_by_role("tab", name="Compare").click()
    assert table(page) == shown

    page.locator(".model-line").click()
    page.locator("#model-list").get_by_label("language model").check()
    expect(page.locator(".model-line")).to_contain_text("language model")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Slide").click()
    expect(page.locator("#stage")).to_contain_text(FAMILIES["lm"].limitation)
    expect(page.locator("#stage")).to_contain_text("choose another model")
    expect(page.locator("#show-path")).to_be_disabled()
    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#samples .sentences li").first).to_be_visible()  # of 8 steps not all need differ
    page.get_by_text("More", exact=True).click()
    expect(page.locator("#sample-near input")).to_be_disabled()
    expect(page.locator("#sample-near")).to_contain_text("no places to choose")

    page.locator(".model-line").click()
    page.locator("#model-list").get_by_label("bundled").check()
    expect(page.locator(".model-line")).to_contain_text("bundled")
    page.get_by_role("tab", name="Slide").click()
    expect(page.locator(".path .step").first).to_be_visible()
    expect(page.locator("#show-path")).to_be_enabled()


def test_stopped_comparison_ends_and_another_can_begin(arrive_small: Arrive) -> None:
    page = arrive_small()
    bring(page)
    expect(page.locator("#compare-start")).to_be_enabled()
    page.locator("#compare-start").press("Enter")
    expect(page.locator("#compare-stop")).to_be_focused()  # where the hand is stays something to press
    expect(page.locator("#compare-form input").first).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#compare-note")).to_contain_text("Stopped")
    expect(page.locator("#compare-steps li")).to_have_count(0)
    expect(page.locator("#compare-start")).to_be_enabled()
    expect(page.locator("#compare-start")).to_be_focused()
    expect(page.locator("#compare-form input").first).to_be_visible()


def test_news_that_come_together_are_all_shown(arrive_small: Arrive) -> None:
    page = arrive_small()
    bring(page)
    page.locator("#compare-start").click()
    expect(page.locator("#compare-stop")).to_be_visible()
    page.get_by_role("tab", name="Train").click()
    page.locator("#train-start").click()  # it waits in the queue: there is a stream of news all the time
    expect(page.locator("#train-stop")).to_be_visible()
    page.get_by_role("tab", name="Compare").click()
    page.add_init_script(f"({LATE_NUMBER})()")
    page.reload()
    expect(page.locator("#compare-stop")).to_be_visible()
    expect(page.locator("#compare-form input").first).to_be_hidden()  # which only the first of them says
    page.locator("#compare-stop").click()
    expect(page.locator("#compare-note")).to_contain_text("Stopped")
    page.get_by_role("tab", name="Train").click()
    page.locator("#train-stop").click()
    expect(page.locator("#train-stop")).to_be_hidden()


def test_model_is_evaluated_from_its_panel(arrive_small: Arrive) -> None:
    page = arrive_small(viewport={"width": 390, "height": 844})
    bring(page)
    page.locator(".model-line").click()
    page.locator("#model-evaluate").click()
    expect(page.locator("#evaluate")).to_be_in_viewport()
    shown = table(page, "#evaluate-result")
    assert "Perplexity a word" in shown
    page.locator("#evaluate-result").get_by_role("link", name="Latent space").click()
    dimensions = page.locator("#evaluate-result .dimensions i")
    expect(dimensions.nth(1)).to_be_visible()
    page.locator("#evaluate-result summary", has_text="The numbers").click()
    expect(page.locator("#evaluate-result .numbers tbody tr")).to_have_count(dimensions.count())
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_a_text_nothing_begins_and_two_models_of_one_name_are_told_apart(
    arrive_small: Arrive, tmp_path: Path
) -> None:
    page = arrive_small()
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#compare-plan")).to_contain_text("Choose one in Corpus")
    expect(page.locator("#compare-start")).to_be_disabled()
    expect(page.locator("#compare-result")).to_contain_text("will appear here")
    page.locator("#compare-families").get_by_label(FAMILIES["lm"].title).uncheck()
    expect(page.locator("#compare-start")).to_be_disabled()
    page.locator(".model-line").click()
    with page.expect_download() as download:
        page.locator("#model-download").click()
    file = tmp_path / "same.safetensors"
    download.value.save_as(file)
    with page.expect_file_chooser() as chooser:
        page.locator("#model-load").click()
    chooser.value.set_files(file)
    expect(page.locator(".model-line")).to_contain_text("loaded from a file")
    page.keyboard.press("Escape")
    bring(page)
    for kind in FAMILIES.values():
        page.locator("#compare-families").get_by_label(kind.title).uncheck()
    for origin in ("bundled", "loaded from a file"):
        page.locator("#compare-models").get_by_label(origin).check()
    expect(page.locator("#compare-plan")).to_contain_text("Measures 2 models")
    page.locator("#compare-start").click()
    shown = table(page)
    assert "Toy 1" in shown
    assert "Toy 2" in shown
    expect(page.locator("#compare-result .best")).to_have_count(0)  # a model is no better than itself
