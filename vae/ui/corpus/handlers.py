"""What the Corpus tab answers: a text is chosen, read again in another way, shown."""

from __future__ import annotations

import random
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from vae.messages.message import Message
from vae.serving.visitors.corpus_sources import SOURCES, max_bytes, read_and_keep
from vae.serving.visitors.session import Session
from vae.text import corpus
from vae.text.corpus import CorpusError
from vae.ui.components import drawn
from vae.ui.components.answers import unchanged
from vae.ui.corpus import view
from vae.ui.signals import stamp

NO_LABELS = "No labels"
EMPTY_FIGURES = (
    "<h2>Your text appears here</h2><p>You will see how it was read, what it is made of and what was left out, before "
    "anything is trained on it.</p>"
)


class ChoiceView(NamedTuple):
    """What a newly chosen text changes: where it came from, what there is to choose about it, and a message."""

    ours: Any
    file: Any
    source: Any
    layout: Any
    column: Any
    labels: Any
    note: Any
    corpus_changed: Any  # the signal


class CorpusView(NamedTuple):
    """What shows a text."""

    figures: Any
    first: Any
    anywhere: Any
    lengths: Any
    words: Any
    account: Any
    go_on: Any  # the button to train on it


def _choose(session: Session, source: str, value: object) -> ChoiceView:
    """Read a new text, and offer what there is to choose about it: its columns, or its layout."""
    columns: tuple[str, ...] = ()
    chosen, note, changed = None, None, gr.skip()
    try:
        text = SOURCES[source](value)
        columns = corpus.columns(text.data, text.name, max_bytes=max_bytes(session))
        chosen, changed = read_and_keep(session, text).report.column, stamp()
    except ValueError as error:
        note = drawn.note_value("error", str(error))
    label_choices = [(NO_LABELS, ""), *((name, name) for name in columns)]
    return unchanged(
        ChoiceView,
        source=source,
        layout=gr.update(value="auto", visible=source != "ours" and not columns),
        column=gr.update(choices=list(columns), value=chosen, visible=len(columns) > 1),
        labels=gr.update(choices=label_choices, value="", visible=len(columns) > 1),
        note=note,
        corpus_changed=changed,
    )


def choose_ours(session: Session, name: object) -> ChoiceView:
    """One of ours was chosen: an uploaded file steps back."""
    return _choose(session, "ours", name)._replace(file=None)


def choose_file(session: Session, path: object) -> ChoiceView:
    """A file has arrived: none of ours is chosen any more."""
    return _choose(session, "uploaded", path)._replace(ours=None)


def choose_pasted(session: Session, text: object) -> ChoiceView:
    """The pasted text is to be read: it stays where it is, the other choices step back."""
    return _choose(session, "pasted", text)._replace(ours=None, file=None)


def read_again(session: Session, source: str, *values: object) -> tuple[Any, Any]:
    """Read the same text in another way: (note, corpus_changed).

    Args:
        source: where the text came from: ours, uploaded or pasted.
        values: the three sources' values in that order, then layout, column and labels.
    """
    *sources, layout, column, labels = values
    try:
        if source not in SOURCES:
            raise CorpusError(Message("ui.corpus.no_source"))
        text = SOURCES[source](dict(zip(SOURCES, sources, strict=True))[source])
        read_and_keep(session, text, layout, column or "", labels or "")
    except ValueError as error:
        return drawn.note_value("error", str(error)), gr.skip()
    return None, stamp()


def show(session: Session) -> CorpusView:
    """The visitor's text on the page, or the empty state."""
    text = session.corpus
    if text is None:
        lost = f"<h2>Your text is lost</h2><p>{escape(str(session.text_problem))}</p>"
        figures = lost if session.text_problem else EMPTY_FIGURES
        return CorpusView(figures, None, None, None, None, "", gr.update(interactive=False))
    statistics = corpus.statistics(text)
    return CorpusView(
        figures=view.figures(text, statistics),
        first=view.first(text),
        anywhere=view.anywhere(text, random.randrange(2**31)),
        lengths=view.counts(statistics.lengths),
        words=view.counts(statistics.frequent[: view.FREQUENT]),
        account=view.account(text.report),
        go_on=gr.update(interactive=True),
    )


def show_others(session: Session) -> list[dict[str, Any]] | None:
    """Other sentences from anywhere in the text."""
    text = session.corpus
    return view.anywhere(text, random.randrange(2**31)) if text else None


def to_training(session: Session) -> Any:
    """Open the Train tab."""
    return gr.Tabs(selected="train")
