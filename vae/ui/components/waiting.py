"""What a handler says while the model that it needs is still being loaded: after a start, or after long disuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Concatenate

from vae.serving.visitors.session import Session
from vae.ui.components.answers import Answer, unchanged
from vae.ui.components.drawn import note_value

LOADING = "The model is being loaded. This takes a few seconds, once."


def patient(
    handler: Callable[Concatenate[Session, ...], Answer],
    answer: type[Answer],
    needed: Callable[Concatenate[Session, ...], bool] = lambda *_: True,
) -> Callable[Concatenate[Session, ...], Iterator[Answer]]:
    """`handler`, which says first that the model is being loaded, where that is so.

    Args:
        handler: gives an `answer`.
        answer: a NamedTuple class with a `message`.
        needed: of the handler's own arguments: whether it will ask for the model at all.
    """

    def handle(session: Session, *inputs: Any) -> Iterator[Answer]:
        if session.models() and not session.ready and needed(session, *inputs):
            yield unchanged(answer, message=note_value("busy", LOADING))
        yield handler(session, *inputs)

    return handle
