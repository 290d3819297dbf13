"""Words of the page itself, in its own style."""

from __future__ import annotations

from typing import Any

import gradio as gr


def prose(html: str = "", **options: Any) -> gr.HTML:
    """A passage of HTML. Whatever a visitor wrote must be escaped in it."""
    classes = ["drawn", "passage", *options.pop("elem_classes", [])]
    return gr.HTML(html, apply_default_css=False, elem_classes=classes, **options)


def lead(text: str) -> gr.HTML:
    """The one sentence that says what a tab is for: its heading."""
    return gr.HTML(f"<h2>{text}</h2>", apply_default_css=False, elem_classes=["lead"])


def heading(text: str) -> gr.HTML:
    """A small heading over a part of a tab."""
    return prose(f"<h3>{text}</h3>")
