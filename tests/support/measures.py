"""The page measured: where things are, what moves, how clear and how large what can be pressed is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

TABS = ("Corpus", "Train", "Sample", "Slide", "Compare")
# Adds up what moved without having been pressed (Cumulative Layout Shift); to be there before the page is.
WATCH_SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
_MEASURES = Path(__file__).with_suffix(".js").read_text("utf-8")


def measure(page: Page, name: str, *arguments: Any) -> Any:
    """The answer of a function of measures.js."""
    return page.evaluate(f"given => {_MEASURES.strip()}.{name}(...given)", list(arguments))


def shifts(page: Page) -> float:
    """How much has moved since the page began to load; see WATCH_SHIFTS."""
    return float(page.evaluate("window.shifted"))


def open_tab(page: Page, name: str) -> None:
    """Open a tab, and wait until it has stopped fading in."""
    page.get_by_role("tab", name=name, exact=True).click()
    page.wait_for_function(
        "() => document.getAnimations().every(a => a.playState !== 'running' || a.effect.getTiming().iterations > 9)"
    )
