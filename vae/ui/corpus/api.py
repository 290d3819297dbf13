"""The endpoint of a text: /read_corpus."""

from __future__ import annotations

from typing import Any

from vae.serving.visitors.corpus_sources import (
    BUNDLED_CORPORA,
    bundled_corpus,
    max_bytes,
    pasted_corpus,
    read_and_keep,
    reading_options,
    uploaded_corpus,
)
from vae.serving.visitors.session import Session
from vae.text import corpus
from vae.text.telling import told


def read_corpus(
    session: Session,
    file: str | None = None,
    text: str = "",
    name: str = "pasted.txt",
    layout: str = "auto",
    column: str = "",
    labels: str = "",
    split: str = "auto",
    format: str = "",
    encoding: str = "",
    part: str = "",
) -> dict[str, Any]:
    """Read a text to train on: an uploaded file, pasted text, or one of the page's own by its name.

    Args:
        file: the text as a file: plain, a table, JSON, a chat, a document, an archive; null when `text` or `name`
            says what to read.
        text: the text itself.
        name: of the text; without file and text, one of everyday-english.tsv, restaurant-opinions.csv,
            weather-two-languages.csv, hundred.txt.
        layout: of plain text: auto, lines or running.
        column: of a table: the column of the sentences; "" finds it.
        labels: of a table: the column of the labels; "" for none.
        split: of a table's cells: auto, none, lines or sentences.
        format: of the file, such as csv; "" finds it.
        encoding: of the file, such as cp1252; "" finds it.
        part: of an archive or a workbook: the member or the sheet; "" finds it.
    Returns:
        What was read and kept, what was dropped by reason, the statistics, what the text was taken for (told), which
        of the file's texts it is where there are several (parts), and the columns that may hold it, with their first
        lines (candidates).
    """
    given = (
        uploaded_corpus(file)
        if file
        else bundled_corpus(name)
        if not text and name in BUNDLED_CORPORA
        else pasted_corpus(text, name)
    )
    file_is: dict[str, object] = {"format": format, "encoding": encoding, "part": part}
    options = {"layout": layout, "column": column, "label_column": labels, "split": split}
    known = read_and_keep(session, given, **options, **file_is)
    columns = corpus.columns(given.data, given.name, max_bytes=max_bytes(session), **reading_options(file_is))
    report, found = known.report, corpus.statistics(known)
    return {
        "name": known.name, "kind": report.kind, "layout": report.layout, "encoding": report.encoding,
        "part": report.part, "parts": list(report.parts),
        "columns": list(columns), "column": report.column, "labels": report.label_column,
        "read": report.read, "kept": report.kept, "dropped": dict(report.dropped),
        "sentences": found.sentences, "words": found.words, "vocabulary": found.vocabulary,
        "split": report.split, "cells_split": report.cells_split,
        "told": [str(line) for line in told(report).values()],
        "candidates": {one.name: list(one.examples) for one in report.candidates},
        "lengths": dict(found.lengths), "frequent": dict(found.frequent), "first": list(known.sentences[:5]),
    }  # fmt: skip
