"""The page's own style and script: which files, in which order, and how they become one of each.

The files lie with what they draw, and `vae.system.bundle` joins them when the server starts.
"""

from __future__ import annotations

from pathlib import Path

from vae.system.bundle import script, style

ROOT = Path(__file__).parent
# Of two rules as strong as each other the later wins: what is shared comes first.
STYLES = (
    "components/design.css",
    "components/first.css",
    "components/frame.css",
    "components/gradio.css",
    "components/prose.css",
    "components/fingerprint.css",
    "components/sentences.css",
    "components/messages.css",
    "components/numbers.css",
    "components/sheet.css",
    "components/connection.css",
    "header/header.css",
    "header/share.css",
    "corpus/corpus.css",
    "train/train.css",
    "train/chart.css",
    "train/shared_run.css",
    "slide/slide.css",
    "compare/compare.css",
    "compare/figures.css",
    "compare/comparison.css",
    "compare/parts.css",
)
# A module imports from those above it alone. Beside each stands what Gradio calls of it, as `space.<name>`.
SCRIPTS = {
    "components/storage.js": (),
    "components/light.js": (),
    "components/dom.js": (),
    "components/slot.js": ("slot",),
    "components/device.js": ("asking",),
    "components/fingerprint.js": (),
    "components/copy.js": (),
    "components/sentences.js": (),
    "components/results.js": (),
    "components/address.js": ("link",),
    "components/lines.js": ("lines",),
    "components/messages.js": ("note", "verdict", "progress"),
    "components/focus.js": ("focus", "bring"),
    "components/tabs.js": (),
    "components/top.js": (),
    "components/download.js": ("save",),
    "components/connection.js": ("failed",),
    "header/header.js": ("header", "arrived", "reveal", "facts"),
    "header/share.js": ("share", "opened", "leaving", "begin"),
    "corpus/bars.js": ("bars",),
    "corpus/pasted.js": ("pasted",),
    "corpus/told.js": ("told",),
    "train/base.js": ("baseAsked", "baseChosen", "baseSuggested"),
    "train/chart.js": ("lossChart",),
    "train/shared_run.js": ("watching",),
    "sample/sample.js": ("samples", "thrown", "drawn", "drawnHere"),
    "slide/path.js": (),
    "slide/pair.js": ("asked", "swapped", "pathHere", "offered", "replacing", "undo"),
    "slide/slide.js": ("stage",),
    "compare/steps.js": ("steps",),
    "compare/table_tools.js": (),
    "compare/figures.js": (),
    "compare/curves.js": (),
    "compare/parts.js": (),
    "compare/side_by_side.js": (),
    "compare/comparison.js": ("comparison",),
}
# What a page needs before Gradio has been loaded, so that a dark one does not begin white.
FIRST_STYLES = ("components/design.css", "components/first.css")
FIRST_SCRIPTS = {"components/storage.js": (), "components/light.js": ()}


def head() -> str:
    """The page's own style and script, as its head holds them."""
    return f"<style>{style(ROOT, STYLES)}</style><script>{script(ROOT, SCRIPTS)}</script>"


def first_sight() -> str:
    """The HTML that a page begins with: its colours, and whether it is dark."""
    return f"<style>{style(ROOT, FIRST_STYLES)}</style><script>{script(ROOT, FIRST_SCRIPTS)}</script>"
