"""What visitors do in the Train tab."""

from __future__ import annotations

from playwright.sync_api import Page, expect

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
SMALL = {"latent": "4", "hidden": "16", "steps": "0"}
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
