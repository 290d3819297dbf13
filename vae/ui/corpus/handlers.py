"""What the Corpus tab answers: a text is chosen, read again in another way, shown."""

from __future__ import annotations

import random
from html import escape
from typing import Any

import gradio as gr

from vae.serving.visitors.corpus_sources import SOURCES, megabytes, read_and_keep
from vae.serving.visitors.session import Session
from vae.text import corpus
from vae.text.corpus import CorpusError
from vae.ui.components import drawn
from vae.ui.corpus import view
from vae.ui.signals import stamp

NO_LABELS = "No labels"
EMPTY_FIGURES = (
    "<h2>Your text will stand here</h2><p>How it was read, what it is made of and what was left out, before anything "
    "is trained on it.</p>"
)


def choose(session: Session, source: str, value: object) -> tuple[Any, ...]:
    """Read a new text, and offer what there is to choose about it: its columns, or its layout.

    Returns:
        source, layout, column, labels, note, corpus_changed
    """
    columns: tuple[str, ...] = ()
    chosen, note, told = None, None, gr.skip()
    try:
        text = SOURCES[source](value)
        columns = corpus.columns(text.data, text.name, max_bytes=megabytes(session))
        chosen, told = read_and_keep(session, text).report.column, stamp()
    except ValueError as error:
        note = drawn.note_value("error", str(error))
    return (
        source,
        gr.update(value="auto", visible=source != "ours" and not columns),
        gr.update(choices=list(columns), value=chosen, visible=len(columns) > 1),
        gr.update(choices=[(NO_LABELS, ""), *((name, name) for name in columns)], value="", visible=len(columns) > 1),
        note,
        told,
    )


def again(session: Session, source: str, *values: object) -> tuple[Any, Any]:
    """Read the same text in another way: (note, corpus_changed).

    Args:
        source: where the text came from: ours, uploaded or pasted.
        values: the three sources' values in that order, then layout, column and labels.
    """
    *sources, layout, column, labels = values
    try:
        if source not in SOURCES:
            raise CorpusError("Choose a text first.")
        text = SOURCES[source](dict(zip(SOURCES, sources, strict=True))[source])
        read_and_keep(session, text, layout, column or "", labels or "")
    except ValueError as error:
        return drawn.note_value("error", str(error)), gr.skip()
    return None, stamp()


def show(session: Session) -> tuple[Any, ...]:
    """The visitor's text on the page, or the empty state: figures, first, anywhere, lengths, words, account, next."""
    text = session.corpus
    if text is None:
        missing = f"<h2>Your text is lost</h2><p>{escape(session.lost)}</p>" if session.lost else EMPTY_FIGURES
        return missing, None, None, None, None, "", gr.update(interactive=False)
    known = corpus.statistics(text)
    return (
        view.figures(text, known),
        view.first(text),
        view.anywhere(text, random.randrange(2**31)),
        view.counts(known.lengths),
        view.counts(known.frequent[: view.FREQUENT]),
        view.account(text.report),
        gr.update(interactive=True),
    )


def others(session: Session) -> list[dict[str, Any]] | None:
    """Other sentences from anywhere in the text."""
    text = session.corpus
    return view.anywhere(text, random.randrange(2**31)) if text else None


def choose_ours(session: Session, name: object) -> tuple[Any, ...]:
    """One of ours was chosen: an uploaded file steps back."""
    return None, *choose(session, "ours", name)


def choose_file(session: Session, path: object) -> tuple[Any, ...]:
    """A file has arrived: none of ours is chosen any more."""
    return None, *choose(session, "uploaded", path)


def choose_pasted(session: Session, text: object) -> tuple[Any, ...]:
    """The pasted text is to be read: it stays where it is, the other choices step back."""
    return None, None, *choose(session, "pasted", text)


def to_training(session: Session) -> Any:
    """Open the Train tab."""
    return gr.Tabs(selected="train")
