"""What the Corpus tab answers: a text is chosen, read again in another way, shown."""

from __future__ import annotations

import random
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from vae.messages.message import Message
from vae.serving.visitors.corpus_sources import (
    BUNDLED_CORPORA,
    SOURCES,
    max_bytes,
    read_and_keep,
    read_source,
    reading_options,
)
from vae.serving.visitors.session import OvertakenError, Session
from vae.text import corpus
from vae.text.containers.packed import SeveralTextsError
from vae.text.corpus import CorpusError
from vae.ui.components import drawn
from vae.ui.components.answers import unchanged
from vae.ui.corpus import view
from vae.ui.signals import stamp

NO_LABELS = "No labels"
FILE_OPTIONS = ("part", "format", "encoding")  # from which it follows what columns there are
EMPTY_FIGURES = (
    "<h2>Your text appears here</h2><p>You will see how it was read, what it is made of and what was left out, before "
    "anything is trained on it.</p>"
)


class ChoiceView(NamedTuple):
    """What a newly read text changes: where it came from, what there is to choose about it, and a message."""

    ours: Any
    file: Any
    source: Any
    part: Any  # the texts of an archive, the sheets of a workbook
    candidates: Any  # columns that look like a text, with their first lines
    column: Any  # all columns
    labels: Any
    ways: Any  # the fold of the choices below
    layout: Any
    split: Any
    format: Any
    encoding: Any
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


def _read(session: Session, source: str, value: object, others: Sequence[str] = (), **options: Any) -> ChoiceView:
    """What `_choices` answers, unless another text was asked for meanwhile, whose answer is the one to be shown.

    Args:
        others: the choices that step back for this one.
    """
    try:
        return _choices(session, source, value, **options)._replace(**dict.fromkeys(others))
    except OvertakenError:
        return unchanged(ChoiceView)


def _choices(
    session: Session, source: str, value: object, new: bool, keep: bool = True, **options: object
) -> ChoiceView:
    """Read a text, and offer what there is to choose about it: its columns, and the ways to read it.

    Args:
        new: whether it was chosen just now: whatever was chosen about the one before is then found out again.
        keep: as the visitor's; else it is theirs already.
    Raises:
        OvertakenError: another was asked for meanwhile.
    """
    auto: dict[str, Any] = {"value": "auto"} if new else {}
    found_out: dict[str, Any] = {"value": ""} if new else {}
    ways = gr.update(visible=source != "ours")
    parts: tuple[str, ...] = ()
    try:
        if source not in SOURCES:
            raise CorpusError(Message("ui.corpus.no_source"))
        text = SOURCES[source](value)
        report = (read_and_keep if keep else read_source)(session, text, **options).report
        given = {name: value for name, value in reading_options(options).items() if name in FILE_OPTIONS}
        columns = corpus.columns(text.data, text.name, max_bytes=max_bytes(session), **given)
    except OvertakenError:
        raise
    except ValueError as error:
        said = str(error)
        if isinstance(error, SeveralTextsError):
            said, parts = str(view.several(error.parts)), error.parts
        if new and session.text:
            said = str(Message("ui.corpus.text_kept", problem=said, name=session.text.name))
        answer = unchanged(ChoiceView, note=drawn.note_value("error", said))
        if not new:
            return answer
        if not options.get("part"):  # with one chosen, another may be
            answer = answer._replace(part=_parts_choice(parts))
        no_column = gr.update(choices=[], value=None, visible=False)  # it cannot be read so, but perhaps otherwise
        return answer._replace(
            source=source, candidates=no_column, column=no_column, labels=no_column, ways=ways,
            layout=gr.update(visible=True, **auto), split=gr.update(visible=False, **auto),
            format=gr.update(**found_out), encoding=gr.update(**found_out),
        )  # fmt: skip
    cards = view.cards(report)
    several = len(columns) > 1
    label_choices = [(NO_LABELS, ""), *((name, name) for name in columns)]
    return unchanged(
        ChoiceView,
        source=source,
        part=_parts_choice(report.parts, report.part),
        candidates=gr.update(choices=cards, value=report.column, visible=len(cards) > 1),
        column=gr.update(choices=list(columns), value=report.column, visible=several),
        labels=gr.update(choices=label_choices, value=report.label_column or "", visible=several),
        ways=ways,
        layout=gr.update(visible=report.layout != "table", **auto),
        split=gr.update(visible=report.layout == "table", **auto),
        format=gr.update(**found_out),
        encoding=gr.update(choices=view.encodings(report.encodings), **found_out),
        note=None,
        corpus_changed=stamp(),
    )


def _parts_choice(parts: tuple[str, ...], chosen: str | None = None) -> Any:
    """The texts of a file to choose from, where there are several."""
    return gr.update(choices=view.parts(parts), value=chosen or None, visible=len(parts) > 1)


def choose_ours(session: Session, name: object) -> ChoiceView:
    """One of ours was chosen: an uploaded file steps back."""
    return _read(session, "ours", name, others=["file"], new=True)


def choose_file(session: Session, path: object) -> ChoiceView:
    """A file has arrived: none of ours is chosen any more."""
    return _read(session, "uploaded", path, others=["ours"], new=True)


def choose_pasted(session: Session, text: object) -> ChoiceView:
    """The pasted text is to be read: it stays where it is, the other choices step back."""
    return _read(session, "pasted", text, others=["ours", "file"], new=True)


def read_again(session: Session, source: str, *values: object) -> ChoiceView:
    """Read the same text in another way.

    Args:
        source: where the text came from: ours, uploaded or pasted.
        values: the three sources' values in that order, then part, column, labels, layout, split, format and encoding.
    """
    *sources, part, column, labels, layout, split, format_, encoding = values
    value = dict(zip(SOURCES, sources, strict=True)).get(source)
    return _read(
        session, source, value, new=False, part=part or "", column=column or "", label_column=labels or "",
        layout=layout or "", split=split or "", format=format_ or "", encoding=encoding or "",
    )  # fmt: skip


def read_as_another(session: Session, source: str, *values: object) -> ChoiceView:
    """Read the same text as another format or encoding, whose columns may be others. Arguments: `read_again`."""
    *sources, part, _, _, layout, split, format_, encoding = values
    return read_again(session, source, *sources, part, "", "", layout, split, format_, encoding)


def choose_part(session: Session, source: str, *values: object) -> ChoiceView:
    """Read another text of the same file, of which nothing else is chosen yet.

    Args:
        source: where the file came from, if a text of it has been read.
        values: the three sources' values, then the part.
    """
    *sources, part = values
    return _read(session, source, dict(zip(SOURCES, sources, strict=True)).get(source), new=True, part=part or "")


def restore(session: Session, source: str) -> ChoiceView:
    """On a page that has just been loaded: which of ours the visitor's text is, and how it was read."""
    text = session.corpus
    if source or text is None or text.name not in BUNDLED_CORPORA:
        return unchanged(ChoiceView)
    report = text.report
    column = report.column if report.column_why == "chosen" else ""
    options = {"column": column or "", "label_column": report.label_column or ""}
    read = _read(session, "ours", text.name, new=False, keep=False, **options)
    return read._replace(ours=text.name, corpus_changed=gr.skip())


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
