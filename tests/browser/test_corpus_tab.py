"""The Corpus tab in a real browser: our texts, uploads, pasted text, and what is said of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.documents import rows_of, xlsx, zipped
from support.visits import FORGIVEN, visits

from vae.serving.limits import Limits

Arrive = Callable[..., Page]
SENTENCES = [
    f"The {who} {does} the {what}."
    for who in ("cat", "dog", "girl")
    for does in ("sees", "likes")
    for what in ("sun", "sea")
]
PAYLOADS = [
    "<script>window.ran = 1</script> is a sentence.",
    "<img src=x onerror='window.ran = 1'> is another.",
    "<svg onload='window.ran = 1'> is a third.",
    "${window.ran = 1} and {{window.ran = 1}} make a fourth.",
    "![image](http://198.51.100.7/pixel.png) is the fifth.",
]
MALFORMED = [
    ("empty.txt", b"", "empty"),
    ("one.txt", b"Only one sentence.\n", "At least 2"),
    ("picture.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01" * 20, "text"),
    ("broken.csv", b'text,label\n"never closed,good\nmore,bad\n', "quot"),
    ("broken.json", b'[{"text": "a sentence"}, {"text": ', "JSON"),
    ("broken.jsonl", b'{"text": "one"}\n{"text": \n{"text": "two"}\n', "JSON"),
]


# All of our texts are chosen in one moment, and what the server is asked is watched.
ALL_CHOSEN = """() => {
  const { fetch } = window;
  window.fetch = (...asked) => {
    if (String(asked[0].url ?? asked[0]).includes("/queue/join")) window.lastAsked = performance.now();
    return fetch(...asked);
  };
  for (const one of document.querySelectorAll("#corpus-ours input")) one.click();
}"""


def open_corpus(page: Page) -> Page:
    page.get_by_role("tab", name="Corpus").click()
    page.locator("#corpus-figures h2").wait_for()
    return page


@pytest.fixture
def page(visit: Page) -> Page:
    return open_corpus(visit)


def upload(page: Page, name: str, data: bytes) -> None:
    """Give it a file, in place of the one before."""
    clear = page.locator("#corpus-file button[aria-label='Clear']")
    if clear.is_visible():
        clear.click()
    page.locator("#corpus-file input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )


def name_shown(page: Page, name: str) -> None:
    expect(page.locator("#corpus-figures h2")).to_have_text(name)


def test_one_of_our_texts_is_shown_and_leads_to_training(page: Page) -> None:
    page.locator("#corpus-ours label").filter(has_text="A hundred sentences").click()
    name_shown(page, "hundred.txt")
    expect(page.locator("#corpus-figures")).to_contain_text("100 sentences")
    expect(page.locator("#corpus-first li")).to_have_count(4)
    expect(page.locator("#corpus-anywhere li")).to_have_count(4)
    expect(page.locator("#corpus-lengths tbody tr").first).to_be_visible()
    page.locator("#corpus-next").click()
    expect(page.get_by_role("tab", name="Train")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#train-plan")).to_contain_text("hundred.txt")
    expect(page.locator("#train-start")).to_be_enabled()


def test_counts_on_the_page_add_up_to_the_lines_of_the_file(page: Page) -> None:
    lines = [*SENTENCES, "", SENTENCES[0], SENTENCES[1], "x" * 500, "--- !!!", ""]
    upload(page, "counted.txt", "\n".join([*lines, "end of it"]).encode("utf-8-sig"))
    name_shown(page, "counted.txt")
    numbers = [int(re.sub(r"\D", "", cell)) for cell in page.locator("#corpus-account td").all_inner_texts()]
    read, *dropped, kept = numbers
    assert read == len(lines) + 1
    assert sorted(dropped) == [1, 1, 2, 2]
    assert kept == len(SENTENCES) + 1 == read - sum(dropped)
    expect(page.locator("#corpus-figures")).to_contain_text("UTF-8")


def test_table_offers_its_columns_and_labels(page: Page) -> None:
    rows = "".join(f'"{sentence}",{"good" if i % 2 else "bad"},short {i}\n' for i, sentence in enumerate(SENTENCES))
    upload(page, "opinions.csv", f"review,sentiment,note\n{rows}".encode())
    name_shown(page, "opinions.csv")
    expect(page.locator("#corpus-first li").first).to_contain_text(SENTENCES[0])
    page.get_by_role("combobox", name="Labels are in").click()
    page.get_by_role("option", name="sentiment").click()
    expect(page.locator("#corpus-first .badge").first).to_have_text("bad")
    page.get_by_role("combobox", name="Column").click()
    page.get_by_role("option", name="note").click()
    expect(page.locator("#corpus-first li").first).to_contain_text("short 0")
    expect(page.locator("#corpus-candidates .selected")).to_contain_text("short 1")
    page.locator("#corpus-candidates label").filter(has_text="review").click()
    expect(page.locator("#corpus-first li").first).to_contain_text(SENTENCES[0])


def test_archive_and_workbook_offer_their_parts(page: Page) -> None:
    tables = ("".join(f'{line},"{who} {i}."\n' for i, line in enumerate(SENTENCES)) for who in ("Paul", "Anna"))
    members = dict(zip(("a/ours.csv", "theirs.csv"), map("text,said\n{}".format, tables), strict=True))
    upload(page, "two.zip", zipped(members))  # it cannot be told which of them is meant
    expect(page.locator("#corpus-note [role=alert]")).to_contain_text("holds 2 texts")
    part = page.get_by_role("combobox", name="Text of this file")
    part.click()
    page.get_by_role("option", name="theirs.csv").click()
    name_shown(page, "two.zip")
    expect(page.locator("#corpus-note [role=alert]")).to_have_count(0)
    page.get_by_role("combobox", name="Column").click()
    page.get_by_role("option", name="said").click()
    expect(page.locator("#corpus-first li").first).to_contain_text("Anna 0.")
    part.click()
    page.get_by_role("option", name="a/ours.csv").click()
    expect(page.locator("#corpus-first li").first).to_contain_text(SENTENCES[0])
    upload(page, "book.xlsx", xlsx({"One": rows_of(SENTENCES), "Two": rows_of(["Hello.", "Goodbye."])}))
    name_shown(page, "book.xlsx")
    expect(part).to_have_value("One")
    part.click()
    page.get_by_role("option", name="Two").click()
    expect(page.locator("#corpus-first li").first).to_contain_text("Hello.")
    upload(page, "plain.txt", "\n".join(SENTENCES).encode())
    name_shown(page, "plain.txt")
    expect(part).to_be_hidden()


def test_malformed_upload_says_what_is_wrong_and_keeps_the_text_before(page: Page) -> None:
    alert = page.locator("#corpus-note [role=alert]")
    for number, (name, data, said) in enumerate(MALFORMED):
        upload(page, f"good {number}.txt", "\n".join(SENTENCES).encode())
        name_shown(page, f"good {number}.txt")
        expect(alert).to_have_count(0)  # what was said of the file before is gone
        upload(page, name, data)
        expect(alert).to_contain_text(re.compile(said, re.IGNORECASE))
        name_shown(page, f"good {number}.txt")


def test_pasted_text_is_read_and_a_refused_or_too_long_one_stays_where_it_was_typed(page: Page) -> None:
    box = page.locator("#corpus-text textarea")
    box.fill("Only one line.")
    page.locator("#corpus-read").click()
    expect(page.locator("#corpus-note [role=alert]")).to_contain_text("At least 2")
    expect(box).to_have_value("Only one line.")
    box.fill("\n".join(SENTENCES))
    page.locator("#corpus-read").click()
    name_shown(page, "pasted.txt")
    expect(page.locator("#corpus-note [role=alert]")).to_have_count(0)
    expect(page.locator("#corpus-figures")).to_contain_text(f"{len(SENTENCES)} sentences")
    box.evaluate(  # as a paste does, not letter by letter
        "(box) => { box.value = 'A sentence. '.repeat(30_000); box.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    page.locator("#corpus-read").click()
    expect(page.locator("#corpus-note [role=alert]")).to_contain_text("Upload it as a file instead")


def test_hostile_text_is_shown_as_text(page: Page) -> None:
    header = "text,<img src=x onerror='window.ran = 1'>"
    rows = "".join(f'"{payload}","<b>{i}</b>"\n' for i, payload in enumerate(PAYLOADS))
    upload(page, "hostile.csv", f"{header}\n{rows}".encode())
    name_shown(page, "hostile.csv")
    page.get_by_role("combobox", name="Labels are in").click()
    page.get_by_role("option").last.click()
    expect(page.locator("#corpus-first .badge").first).to_have_text("<b>0</b>")
    expect(page.locator("#corpus-figures")).to_contain_text("onerror")
    for i, payload in enumerate(PAYLOADS[:4]):
        expect(page.locator("#corpus-first li").nth(i)).to_contain_text(payload)
    assert page.evaluate("window.ran") is None


def test_reload_keeps_the_text_and_another_visitor_who_has_none_cannot_go_on(arrive: Arrive) -> None:
    page = arrive()
    open_corpus(page)
    upload(page, "mine.txt", "\n".join(SENTENCES).encode())
    name_shown(page, "mine.txt")
    other = arrive()
    open_corpus(other)
    expect(other.locator("#corpus-figures")).to_contain_text("Your text appears here")
    expect(other.locator("#corpus-next")).to_be_disabled()
    assert "mine.txt" not in other.content()
    page.reload()
    open_corpus(page)
    name_shown(page, "mine.txt")


def test_narrow_page_does_not_scroll_sideways(page: Page) -> None:
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#corpus-ours label").filter(has_text="A hundred sentences").click()
    name_shown(page, "hundred.txt")
    for tab, shown in (("Corpus", "#corpus-figures"), ("Train", "#train-plan")):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(shown)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size(size)


def test_text_chosen_while_another_is_read_is_the_one_that_is_shown(page: Page) -> None:
    page.evaluate(ALL_CHOSEN)
    page.wait_for_function("performance.now() - window.lastAsked > 1000")  # it comes to an end
    name_shown(page, page.locator("#corpus-ours input:checked").input_value())
    page.evaluate(ALL_CHOSEN)
    upload(page, "mine.txt", "\n".join(SENTENCES).encode())
    name_shown(page, "mine.txt")
    page.wait_for_function("performance.now() - window.lastAsked > 1000")
    name_shown(page, "mine.txt")


def test_file_for_which_there_is_no_room_can_be_sent_again(browser: Browser, server: str, server_folder: Path) -> None:
    refused = "|/upload.*: Failed to load resource.*507"
    progress = "|/upload_progress.*: Failed to load resource.*404|/index-.*: Response$"  # asked for of what never began
    forgiven = re.compile(FORGIVEN.pattern + refused + progress)
    (other := server_folder / "data" / "uploads" / "other").mkdir(parents=True)
    with visits(browser, server, forgiven) as arrive:
        page = arrive()
        open_corpus(page)
        with (other / "text.txt").open("wb") as file:
            file.truncate(Limits().uploads_mb * 2**20)  # a hole, which takes nothing of the disk
        try:
            upload(page, "mine.txt", "\n".join(SENTENCES).encode())
            expect(page.get_by_test_id("toast-body")).to_contain_text("no room for more files now")
        finally:
            (other / "text.txt").unlink()
        box = page.locator("#corpus-file")
        expect(box.get_by_test_id("upload-text")).to_be_hidden()  # or the two lay over each other
        expect(box.locator(".error")).to_be_visible()
        upload(page, "mine.txt", "\n".join(SENTENCES).encode())
        name_shown(page, "mine.txt")
