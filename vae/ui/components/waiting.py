"""What a handler says while the model that it needs is still being loaded: after a start, or after long disuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Concatenate

import gradio as gr

from vae.serving.visitors.session import Session
from vae.ui.components.drawn import note_value

LOADING = "The model is being loaded. This takes a few seconds, once."


def patient(
    handler: Callable[Concatenate[Session, ...], tuple[Any, ...]],
    outputs: int,
    note: int,
    needed: Callable[Concatenate[Session, ...], bool] = lambda *_: True,
) -> Callable[Concatenate[Session, ...], Iterator[tuple[Any, ...]]]:
    """`handler`, which says first that the model is being loaded, where that is so.

    Args:
        handler: gives as many values as `outputs`, one of them, number `note`, the message in its place.
        needed: of the handler's own arguments: whether it will ask for the model at all.
    """

    def handle(session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:
        if session.models() and not session.ready and needed(session, *given):
            yield tuple(note_value("busy", LOADING) if place == note else gr.skip() for place in range(outputs))
        yield handler(session, *given)

    return handle
