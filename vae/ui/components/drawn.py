"""What the page draws, as components: sentences with their fingerprint, the path, the loss chart, bars, messages.

Each is a `gr.HTML` without markup of its own: a script beside it draws its value with text nodes, so that no
text is ever code. Each has its words: a chart a table, a fingerprint its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr


def drawn(kind: str, value: Any = None, **options: Any) -> gr.HTML:
    """A component that the function `kind` of a script draws (vae/ui/assets.py); it gets the value and `options`."""
    elem_id = options.pop("elem_id", None)
    elem_classes = ["drawn", f"drawn-{kind}", *options.pop("elem_classes", [])]
    return gr.HTML(
        value=value,
        html_template="<div></div>",
        js_on_load=f"space.{kind}({{element, props, watch}})",
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=elem_classes,
        **options,
    )


def slot(name: str) -> gr.HTML:
    """A place for what another part of the page draws, as `fill(name, ...)` of components/slot.js."""
    return drawn("slot", name=name, elem_classes=[f"slot-{name}"])


def order(kl: Sequence[float]) -> list[int]:
    """The dimensions by their KL, the busiest first: the order of a fingerprint's cells."""
    return sorted(range(len(kl)), key=lambda d: -kl[d])


def fingerprint(z: Sequence[float], by: Sequence[int] | None = None) -> list[float]:
    """A code as the page draws it: its values in the order `by` (from `order`), two decimals."""
    dims = range(len(z)) if by is None or len(by) != len(z) else by
    return [round(float(z[d]), 2) for d in dims]


def line(
    text: str,
    z: Sequence[float] | None = None,
    by: Sequence[int] | None = None,
    *,
    badge: str = "",
    over: str = "",
    marked: bool = False,
    copy: bool = False,
) -> dict[str, Any]:
    """One sentence for `lines`: its code `z`, a word about it, a smaller sentence above, a mark, a copy button."""
    cells = None if z is None else fingerprint(z, by)
    return {"text": text, "z": cells, "badge": badge, "over": over, "marked": marked, "copy": copy}


def lines(empty: str = "", **options: Any) -> gr.HTML:
    """Sentences, large, each with its fingerprint. Value: a list of `line(...)`, None, or why there are none."""
    return drawn("lines", empty=empty, **options)


def note_value(kind: str, text: str) -> dict[str, str]:
    """A message for `note`; kind: "error", "done", "busy" or "note"."""
    return {"kind": kind, "text": text}


def note(**options: Any) -> gr.HTML:
    """A message in place. Value: `note_value(...)`, or None to hide it."""
    return drawn("note", **options)


def verdict(**options: Any) -> gr.HTML:
    """What one sentence says of a latent space. Value: {"level", "text"}, or None."""
    return drawn("verdict", **options)


def progress(**options: Any) -> gr.HTML:
    """A bar. Value: {"share": 0 to 1, or None when unknown, "text"}, or None to hide it."""
    return drawn("progress", **options)


def bars(empty: str = "", caption: str = "", **options: Any) -> gr.HTML:
    """Horizontal bars, and the same as a table. Value: a list of {"label", "count"}, or None."""
    return drawn("bars", empty=empty, caption=caption, **options)


def loss_chart(empty: str = "The chart begins with the first steps of a training.", **options: Any) -> gr.HTML:
    """Reconstruction, KL and beta against the step, on a canvas that is only added to.

    Value: {"reset": bool, "points": [{"step", "nll", "kl", "valid": bool}], "steps": int, "series": {key: name}};
    points of the training have "beta", "nll_trend" and "kl_trend", too, and "series" says which of nll, kl and beta
    are drawn. A point sent twice is drawn once.
    """
    return drawn("lossChart", empty=empty, **options)
