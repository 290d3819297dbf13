"""The endpoint of a text: /read_corpus."""

from __future__ import annotations

from typing import Any

from vae.serving.visitors.corpus_sources import (
    BUNDLED_CORPORA,
    bundled_corpus,
    max_bytes,
    pasted_corpus,
    read_and_keep,
    uploaded_corpus,
)
from vae.serving.visitors.session import Session
from vae.text import corpus


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
        file: the text as a file: txt, csv, tsv, json, jsonl, docx, odt, xlsx, ods, epub, pdf or parquet, also in a
            zip, gz, bz2 or xz; null when `text` or `name` says what to read.
        text: the text itself.
        name: of the text; without file and text, one of everyday-english.tsv, restaurant-opinions.csv,
            weather-two-languages.csv, hundred.txt.
        layout: of plain text: auto, lines or running.
        column: of a table: the column of the sentences; "" finds it.
        labels: of a table: the column of the labels; "" for none.
    Returns:
        What was read and kept, what was dropped by reason, and the statistics.
    """
    given = (
        uploaded_corpus(file)
        if file
        else bundled_corpus(name)
        if not text and name in BUNDLED_CORPORA
        else pasted_corpus(text, name)
    )
    columns = corpus.columns(given.data, given.name, max_bytes=max_bytes(session))
    known = read_and_keep(session, given, layout, column, labels)
    report, found = known.report, corpus.statistics(known)
    return {
        "name": known.name, "kind": report.kind, "layout": report.layout, "encoding": report.encoding,
        "unpacked": str(report.unpacked or ""),
        "columns": list(columns), "column": report.column, "labels": report.label_column,
        "read": report.read, "kept": report.kept, "dropped": dict(report.dropped),
        "sentences": found.sentences, "words": found.words, "vocabulary": found.vocabulary,
        "lengths": dict(found.lengths), "frequent": dict(found.frequent), "first": list(known.sentences[:5]),
    }  # fmt: skip
