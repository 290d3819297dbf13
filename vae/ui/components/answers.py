"""What handlers answer, by name: a NamedTuple holds the components of an event, or a value for each of them."""

from __future__ import annotations

from typing import Any, TypeVar

import gradio as gr

Answer = TypeVar("Answer", bound="tuple[Any, ...]")


def unchanged(answer: type[Answer], **values: Any) -> Answer:
    """An answer that changes nothing but `values`, by name.

    Args:
        answer: a NamedTuple class.
    """
    kind: Any = answer
    nothing: Answer = kind(**{name: values.get(name, gr.skip()) for name in kind._fields})
    return nothing
