"""The Corpus tab: choose, upload or paste a text, see how it was read, and go on to train on it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from vae import corpus
from vae.corpus import Corpus, CorpusError
from vae.ui import charts, corpus_view
from vae.ui.prose import heading, lead, prose
from vae.ui.session import ASSETS, Session, stamp

if TYPE_CHECKING:
    from vae.ui.shell import Page

CORPORA = ASSETS / "corpora"
OURS = {  # file: what its card says
    "everyday-english.tsv": "Everyday English\n20,000 short sentences about daily life",
    "restaurant-opinions.csv": "Restaurant opinions\nShort reviews, each with its sentiment",
    "weather-two-languages.csv": "Weather in two languages\nReports in English and in German",
    "hundred.txt": "A hundred sentences\nFor a quick start from a ready model",
}
LAYOUTS = {"Notice it by itself": "auto", "A sentence a line": "lines", "Running text": "running"}
NO_LABELS = "No labels"
MAX_PASTED = 300_000  # characters
LEAD = "Choose the sentences that a model shall learn."
LENGTHS = "Length in words"
FREQUENT = "Most frequent words"
EMPTY_FIGURES = (
    "<h2>Your text will stand here</h2><p>How it was read, what it is made of and what was left out, before anything "
    "is trained on it.</p>"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text before it is read."""

    name: str
    data: bytes
    shared: bool = False  # the same for all visitors


def ours(name: object) -> Text:
    """One of the texts that come with the page. Raises CorpusError when there is none of that name."""
    if not isinstance(name, str) or name not in OURS:
        raise CorpusError("This is none of our texts. Choose one from the list.")
    return Text(name, (CORPORA / name).read_bytes(), shared=True)


def uploaded(path: object) -> Text:
    """A file that Gradio has received."""
    if not isinstance(path, str):
        raise CorpusError("No file has arrived. Upload one: txt, csv, tsv, json or jsonl.")
    try:
        return Text(Path(path).name, Path(path).read_bytes())
    except OSError as error:
        raise CorpusError("The file is no longer here. Upload it again.") from error


def pasted(text: object, name: object = "pasted.txt") -> Text:
    """What was typed or pasted."""
    if not isinstance(text, str) or not isinstance(name, str):
        raise CorpusError("The text and its name must be plain text.")
    if not text.strip():
        raise CorpusError("There is nothing to read yet. Paste some sentences first, one a line.")
    if len(text) > MAX_PASTED:
        raise CorpusError(f"This is longer than {MAX_PASTED:,} characters. Upload it as a file instead.")
    return Text(name, text.encode("utf-8", "replace"))


SOURCES = {"ours": ours, "uploaded": uploaded, "pasted": pasted}
read_once = lru_cache(maxsize=8)(corpus.read)  # ours only: a class that opens the same text has it read once


def understand(
    session: Session, text: Text, layout: object = "auto", column: object = "", labels: object = ""
) -> Corpus:
    """Read a text and keep it as the visitor's. When it cannot be, theirs is the one before.

    Args:
        layout: of plain text: auto, lines or running.
        column, labels: of a table: the columns of the sentences and of the labels; "" chooses, "" takes none.
    Raises:
        CorpusError: it cannot be read.
        RefusedError: it cannot be stored.
    """
    if layout not in corpus.LAYOUTS:
        raise CorpusError("The layout must be auto, lines or running.")
    if not isinstance(column, str) or not isinstance(labels, str):
        raise CorpusError("A column is named by its heading.")
    known = (read_once if text.shared else corpus.read)(
        text.data, text.name, layout=str(layout), column=column or None, label_column=labels or None,
        max_bytes=megabytes(session), max_sentences=session.limits.sentences,
    )  # fmt: skip
    session.take_text(known)
    return known


def megabytes(session: Session) -> int:
    """Bytes that a text may have here."""
    return session.limits.corpus_mb * 1_000_000


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
        chosen, told = understand(session, text).report.column, stamp()
    except ValueError as error:
        note = charts.note_value("error", str(error))
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
        understand(session, text, layout, column or "", labels or "")
    except ValueError as error:
        return charts.note_value("error", str(error)), gr.skip()
    return None, stamp()


def show(session: Session) -> tuple[Any, ...]:
    """The visitor's text on the page, or the empty state: figures, first, anywhere, lengths, words, account, next."""
    text = session.corpus
    if text is None:
        missing = f"<h2>Your text is lost</h2><p>{escape(session.lost)}</p>" if session.lost else EMPTY_FIGURES
        return missing, None, None, None, None, "", gr.update(interactive=False)
    known = corpus.statistics(text)
    return (
        corpus_view.figures(text, known),
        corpus_view.first(text),
        corpus_view.anywhere(text, random.randrange(2**31)),
        corpus_view.counts(known.lengths),
        corpus_view.counts(known.frequent[: corpus_view.FREQUENT]),
        corpus_view.account(text.report),
        gr.update(interactive=True),
    )


def others(session: Session) -> list[dict[str, Any]] | None:
    """Other sentences from anywhere in the text."""
    text = session.corpus
    return corpus_view.anywhere(text, random.randrange(2**31)) if text else None


def read_corpus(
    session: Session,
    file: str | None = None,
    text: str = "",
    name: str = "pasted.txt",
    layout: str = "auto",
    column: str = "",
    labels: str = "",
) -> dict[str, Any]:
    """Read a text to train on: an uploaded file, pasted text, or one of the page's own by its name.

    Args:
        file: the text as a file: txt, csv, tsv, json or jsonl; null when `text` or `name` says what to read.
        text: the text itself.
        name: of the text; without file and text, one of everyday-english.tsv, restaurant-opinions.csv,
            weather-two-languages.csv, hundred.txt.
        layout: of plain text: auto, lines or running.
        column: of a table: the column of the sentences; "" finds it.
        labels: of a table: the column of the labels; "" for none.
    Returns:
        What was read and kept, what was dropped by reason, and the statistics.
    """
    given = uploaded(file) if file else ours(name) if not text and name in OURS else pasted(text, name)
    columns = corpus.columns(given.data, given.name, max_bytes=megabytes(session))
    known = understand(session, given, layout, column, labels)
    report, found = known.report, corpus.statistics(known)
    return {
        "name": known.name, "kind": report.kind, "layout": report.layout, "encoding": report.encoding,
        "columns": list(columns), "column": report.column, "labels": report.label_column,
        "read": report.read, "kept": report.kept, "dropped": dict(report.dropped),
        "sentences": found.sentences, "words": found.words, "vocabulary": found.vocabulary,
        "lengths": dict(found.lengths), "frequent": dict(found.frequent), "first": list(known.sentences[:5]),
    }  # fmt: skip


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and wire it: called inside `with tab`."""
    with gr.Row(elem_classes=["lead-row"]):
        lead(LEAD)
        onward = gr.Button(
            "Train on it", variant="primary", interactive=False, elem_id="corpus-next", scale=0, min_width=160
        )
    source = gr.State("")
    with gr.Row(elem_classes=["halves"]):
        with gr.Column(elem_id="corpus-sources", min_width=300, scale=2):
            cards = [(card, name) for name, card in OURS.items() if (CORPORA / name).is_file()]
            own = gr.Radio(cards, label="One of ours", elem_classes=["cards"], elem_id="corpus-ours")
            with gr.Column(elem_id="corpus-drop"):
                heading("Or a file of yours")
                file = gr.File(label="A text file", show_label=False, elem_id="corpus-file", height=128)
                most = f"at most {page.visitors.limits.corpus_mb} MB"
                prose(f"<p class='hint'>txt, csv, tsv, json or jsonl, {most}</p>")
            typed = gr.Textbox(
                label="Or some sentences", placeholder="One a line, or running text", lines=4, max_lines=8,
                # The browser cuts in silence, and counts some characters twice: what it cuts must still be too long.
                max_length=2 * MAX_PASTED + 1, elem_classes=["serif"], elem_id="corpus-text",
            )  # fmt: skip
            with gr.Row(elem_classes=["row", "actions"]):
                take = gr.Button("Read these sentences", elem_id="corpus-read", scale=0, min_width=200)
        with gr.Column(elem_id="corpus-report", min_width=300, scale=3):
            note = charts.note(elem_id="corpus-note")
            with gr.Row(elem_id="corpus-ways"):
                layout = gr.Radio(
                    list(LAYOUTS.items()), value="auto", label="How it is laid out", visible=False,
                    elem_classes=["choices"], elem_id="corpus-layout",
                )  # fmt: skip
                column = gr.Dropdown(
                    [], label="Sentences are in", visible=False, elem_id="corpus-column", min_width=140
                )
                labels = gr.Dropdown([], label="Labels are in", visible=False, elem_id="corpus-labels", min_width=140)
            figures = prose(EMPTY_FIGURES, elem_id="corpus-figures")
            with gr.Column(elem_classes=["part"]):
                heading("How it begins")
                first = charts.lines(empty="Its first sentences.", elem_id="corpus-first")
            with gr.Column(elem_classes=["part"]):
                with gr.Row(elem_classes=["titled"]):
                    heading("From anywhere in it")
                    other = gr.Button(
                        "Others", elem_classes=["quiet"], elem_id="corpus-others", size="sm", scale=0, min_width=80
                    )
                somewhere = charts.lines(empty="Sentences drawn at random.", elem_id="corpus-anywhere")
            with gr.Row(elem_classes=["halves"]):
                with gr.Column(min_width=200):
                    lengths = charts.bars(
                        empty="How long its sentences are.", caption=LENGTHS, elem_id="corpus-lengths"
                    )
                with gr.Column(min_width=200):
                    words = charts.bars(empty="Its most frequent words.", caption=FREQUENT, elem_id="corpus-words")
            account = prose(elem_id="corpus-account")

    chosen = [source, layout, column, labels, note, page.corpus_changed]
    page.on(own.input, choose_ours, [own], [file, *chosen])
    page.on(file.upload, choose_file, [file], [own, *chosen])
    page.on(take.click, choose_pasted, [typed], [own, file, *chosen])
    ways = [source, own, file, typed, layout, column, labels]
    page.on([layout.input, column.input, labels.input], again, ways, [note, page.corpus_changed])
    page.on(page.corpus_changed.change, show, [], [figures, first, somewhere, lengths, words, account, onward])
    page.on(other.click, others, [], [somewhere])
    page.on(onward.click, to_training, [], [page.tabs])
    words_of_it = [gr.Textbox(default, visible=False) for default in ("", "pasted.txt", "auto", "", "")]
    given = [gr.File(visible=False, type="filepath"), *words_of_it]
    page.file_api(read_corpus, given, [gr.JSON(visible=False)])


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
