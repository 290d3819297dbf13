"""The Corpus tab: choose, upload or paste a text, see how it was read, and go on to train on it."""

from __future__ import annotations

import gradio as gr

from vae.serving.visitors.corpus_sources import BUNDLED_CORPORA, CORPORA, MAX_PASTED
from vae.text.formats.registry import NAMES
from vae.ui.components import drawn
from vae.ui.components.prose import heading, lead, prose
from vae.ui.corpus import view
from vae.ui.corpus.api import read_corpus
from vae.ui.corpus.handlers import (
    EMPTY_FIGURES,
    ChoiceView,
    CorpusView,
    choose_file,
    choose_ours,
    choose_part,
    choose_pasted,
    read_again,
    read_as_another,
    restore,
    show,
    show_others,
    to_training,
)
from vae.ui.page import Page

LAYOUTS = {view.FOUND_OUT: "auto", "One sentence per line": "lines", "Running text": "running"}
SPLITS = {
    view.FOUND_OUT: "auto", "Keep whole": "none", "One sentence per line": "lines", "Cut into sentences": "sentences",
}  # fmt: skip
LEAD = "A corpus is the text that a model learns from, sentence by sentence. Choose one."
LENGTHS = "Words per sentence"
FREQUENT = "Most frequent words"


def build(page: Page, tab: gr.Tab) -> None:
    """Lay out the tab and wire it: called inside `with tab`."""
    with gr.Row(elem_classes=["lead-row"]):
        lead(LEAD)
        go_on = gr.Button(
            "Train on it", variant="primary", interactive=False, elem_id="corpus-next", scale=0, min_width=160
        )
    source = gr.State("")
    with gr.Row(elem_classes=["halves"]):
        with gr.Column(elem_id="corpus-sources", min_width=300, scale=2):
            cards = [(card, name) for name, card in BUNDLED_CORPORA.items() if (CORPORA / name).is_file()]
            ours = gr.Radio(cards, label="Choose one of ours", elem_classes=["cards"], elem_id="corpus-ours")
            with gr.Column(elem_id="corpus-drop"):
                heading("Or upload a file")
                file = gr.File(label="A text file", show_label=False, elem_id="corpus-file", height=128)
                most = f"at most {page.services.visitors.limits.corpus_mb} MB"
                prose(f"<p class='hint'>Text, a table, JSON, a chat, a book, a document, a zip: {most}</p>")
            pasted = gr.Textbox(
                label="Or paste sentences", placeholder="One per line, or running text", lines=4, max_lines=8,
                # The browser cuts in silence, and counts some characters twice: what it cuts must still be too long.
                max_length=2 * MAX_PASTED + 1, elem_classes=["serif"], elem_id="corpus-text",
            )  # fmt: skip
            with gr.Row(elem_classes=["row", "actions"]):
                read = gr.Button("Read these sentences", elem_id="corpus-read", scale=0, min_width=200)
        with gr.Column(elem_id="corpus-report", min_width=300, scale=3):
            note = drawn.note(elem_id="corpus-note")
            figures = prose(EMPTY_FIGURES, elem_id="corpus-figures")
            part = gr.Dropdown(
                [], label="Text of this file", visible=False, elem_id="corpus-part",
                info="It holds several: choose the one to learn from.",
            )  # fmt: skip
            candidates = gr.Radio(
                [], label="Sentences are in", visible=False, elem_classes=["cards"], elem_id="corpus-candidates"
            )
            with gr.Row(elem_id="corpus-ways"):
                column = gr.Dropdown([], label="Column", visible=False, elem_id="corpus-column", min_width=140)
                labels = gr.Dropdown(
                    [], label="Labels are in", visible=False, elem_id="corpus-labels", min_width=140,
                    info="Labels are shown beside the sentences. A model learns from the sentences alone.",
                )  # fmt: skip
            with gr.Accordion(
                "Read it in another way", open=False, visible=False, elem_classes=["fold"], elem_id="corpus-fold"
            ) as ways:
                layout = gr.Radio(
                    list(LAYOUTS.items()), value="auto", label="Layout", visible=False,
                    elem_classes=["choices"], elem_id="corpus-layout",
                )  # fmt: skip
                split = gr.Radio(
                    list(SPLITS.items()), value="auto", label="Cells with more than a sentence", visible=False,
                    elem_classes=["choices"], elem_id="corpus-split",
                )  # fmt: skip
                with gr.Row():
                    formats = [(view.FOUND_OUT, ""), *((name, name) for name in NAMES)]
                    format_ = gr.Dropdown(formats, value="", label="Format", elem_id="corpus-format", min_width=140)
                    encodings = view.encodings(())
                    encoding = gr.Dropdown(
                        encodings, value="", label="Encoding", elem_id="corpus-encoding", min_width=140
                    )
            with gr.Column(elem_classes=["part"]):
                heading("How it begins")
                first = drawn.lines(empty="Its first sentences appear here.", elem_id="corpus-first")
            with gr.Column(elem_classes=["part"]):
                with gr.Row(elem_classes=["titled"]):
                    heading("Sentences drawn at random")
                    others = gr.Button(
                        "Show others", elem_classes=["quiet"], elem_id="corpus-others", size="sm", scale=0, min_width=80
                    )
                anywhere = drawn.lines(empty="Some of its sentences appear here.", elem_id="corpus-anywhere")
            with gr.Row(elem_classes=["halves"]):
                with gr.Column(min_width=200):
                    lengths = drawn.bars(
                        empty="The lengths of its sentences appear here.", caption=LENGTHS, elem_id="corpus-lengths"
                    )
                with gr.Column(min_width=200):
                    words = drawn.bars(
                        empty="Its most frequent words appear here.", caption=FREQUENT, elem_id="corpus-words"
                    )
            account = prose(elem_id="corpus-account")
            below = gr.Button("Train on it", variant="primary", elem_id="corpus-next-below", scale=0, min_width=160)

    chosen = ChoiceView(
        ours, file, source, part, candidates, column, labels, ways, layout, split, format_, encoding, note,
        page.corpus_changed,
    )  # fmt: skip
    at_once = {"trigger_mode": "multiple"}  # however many are on their way: the server keeps what was asked for last
    for event in (
        page.on(ours.input, choose_ours, [ours], chosen, **at_once),
        page.on(file.upload, choose_file, [file], chosen, **at_once),
        page.on(read.click, choose_pasted, [pasted], chosen, **at_once),
    ):
        event.then(None, js="() => space.bring('#corpus-report')", api_visibility="private", show_progress="hidden")
    sources, options = [source, ours, file, pasted], [labels, layout, split, format_, encoding]
    again = [column.input, labels.input, layout.input, split.input]
    page.on(part.input, choose_part, [*sources, part], chosen, **at_once)
    page.on(again, read_again, [*sources, part, column, *options], chosen, **at_once)
    page.on(candidates.input, read_again, [*sources, part, candidates, *options], chosen, **at_once)
    page.on([format_.input, encoding.input], read_as_another, [*sources, part, column, *options], chosen, **at_once)
    shown = CorpusView(figures, first, anywhere, lengths, words, account, go_on)
    page.on(page.corpus_changed.change, show, [], shown).then(
        None, js="() => space.told()", api_visibility="private", show_progress="hidden"
    )
    page.on(page.corpus_changed.change, restore, [source], chosen)
    tab.select(None, js="() => space.pasted()", api_visibility="private")
    page.on(others.click, show_others, [], [anywhere])
    page.on([go_on.click, below.click], to_training, [], [page.tabs])
    texts = [gr.Textbox(default, visible=False) for default in ("", "pasted.txt", "auto", "", "", "auto", "", "", "")]
    page.file_api(read_corpus, [gr.File(visible=False, type="filepath"), *texts], [gr.JSON(visible=False)])
