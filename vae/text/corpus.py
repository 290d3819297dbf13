"""A text that somebody brings, from the bytes of a file to distinct clean sentences.

Nothing is dropped in silence: what was read equals what was kept and what was dropped, by reason.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain

import numpy as np

from vae.messages.message import Message, UserError
from vae.text.cleaning import READABLE, CorpusError, clean
from vae.text.file_encoding import Text, open_text
from vae.text.formats.registry import open_table
from vae.text.formats.table import Row
from vae.text.hashing import digests
from vae.text.report import (
    EMPTY,
    NO_TEXT,
    REPEATED,
    TOO_LONG,
    TOO_MANY_CELLS,
    UNREADABLE,
    Report,
    dropped_counts,
    too_few_sentences,
)
from vae.text.sentence_splitting import is_running, sentences
from vae.text.statistics import Statistics, summarize

__all__ = [
    "Corpus",
    "CorpusError",
    "Report",
    "Statistics",
    "columns",
    "lines",
    "read_corpus",
    "statistics",
]

MAX_BYTES = 20_000_000
MAX_SENTENCES = 500_000
MAX_RECORDS = 1_000_000  # read, whatever becomes of them
MAX_CHARACTERS = 400  # of a sentence, unless told otherwise
MAX_LABEL = 80  # characters of a label
LAYOUTS = ("auto", "lines", "running")

Record = tuple[str, str, str]  # why there is no text (else ""), the text, its label


@dataclass(frozen=True, slots=True)
class Corpus:
    """Distinct clean sentences in the order of their file, two at least; with a label each, or none."""

    name: str
    sentences: tuple[str, ...]
    labels: tuple[str, ...] | None
    report: Report

    def __post_init__(self) -> None:
        if len(self.sentences) < 2:
            raise CorpusError(too_few_sentences(self.report))
        if len(set(self.sentences)) != len(self.sentences):
            raise CorpusError(Message("text.sentences_not_distinct"))
        if self.labels is not None and len(self.labels) != len(self.sentences):
            raise CorpusError(Message("text.labels_missing"))
        report = self.report
        if report.kept != len(self.sentences) or report.read != report.kept + sum(n for _, n in report.dropped):
            raise CorpusError(Message("text.counts_differ"))

    def split(self) -> tuple[list[str], list[str]]:
        """(train, validation), both in the order of their 64-bit BLAKE2b: which are held out hangs on nothing else.

        Validation is the first 5 % of the sentences, at least 1 and at most 2,500.
        """
        ordered = [self.sentences[i] for i in np.argsort(digests(self.sentences, 8), kind="stable")]
        size = validation_size(len(ordered))
        return ordered[size:], ordered[:size]

    def to_json(self) -> bytes:
        """The whole corpus as UTF-8 JSON, for a file; `from_json` gives an equal one back."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Corpus:
        """The corpus that `to_json` wrote.

        Raises:
            CorpusError: the bytes are no such thing.
        """
        try:
            raw = json.loads(data)
            report = Report(**raw.pop("report"))
            report = replace(report, dropped=tuple((reason, count) for reason, count in report.dropped))
            labels = None if raw["labels"] is None else tuple(raw["labels"])
            corpus = cls(raw["name"], tuple(raw["sentences"]), labels, report)
            texts = [corpus.name, report.kind, report.layout, report.encoding]
            texts += [report.column or "", report.label_column or "", *(reason for reason, _ in report.dropped)]
            "".join(chain(texts, corpus.sentences, labels or ())).encode()  # all are text, and text that can be written
            return corpus
        except CorpusError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise CorpusError(Message("text.corpus_file_damaged")) from None


def validation_size(total: int) -> int:
    """How many of `total` sentences are held out for validation."""
    return min(max(round(total * 0.05), 1), 2500)


def read_corpus(
    data: bytes,
    name: str = "pasted.txt",
    *,
    encoding: str | None = None,
    layout: str = "auto",
    column: str | None = None,
    label_column: str | None = None,
    max_characters: int = MAX_CHARACTERS,
    max_bytes: int = MAX_BYTES,
    max_sentences: int = MAX_SENTENCES,
) -> Corpus:
    """The corpus in a file's bytes: plain text, CSV, TSV, JSON or JSON lines.

    Args:
        name: the file's name; its extension tells the format unless the content says otherwise.
        encoding: chosen by hand, one of `encoding_choices`; None detects it.
        layout: of plain text: "lines" (a sentence each), "running" (to be split into sentences) or "auto";
            a layout other than "auto" also keeps a text from being taken for JSON or a table by its looks.
        column: of a table; None takes the one with the longest text.
        label_column: of a table; None reads no labels.
        max_characters: longer sentences are dropped.
    Raises:
        CorpusError: the text cannot be used; its message says why, and what to do.
        UserError: layout or max_characters is out of range.
    """
    if not 1 <= max_characters <= 10_000:
        raise UserError(Message("text.max_characters", value=max_characters))
    text = _open_bytes(data, max_bytes, encoding)
    report, records = read_records(text, name, layout=layout, column=column, label_column=label_column)
    return _collect(title(name), clean_records(records, max_characters), report, max_sentences)


def title(name: str) -> str:
    """What a text is called that came in a file of this name."""
    return clean(re.split(r"[\\/]", name)[-1])[-120:].strip() or "pasted.txt"


def read_records(
    text: Text, name: str, *, layout: str = "auto", column: str | None = None, label_column: str | None = None
) -> tuple[Report, Iterator[Record]]:
    """How a text is read, without counts yet, and what is in it, still to be cleaned. Arguments: `read_corpus`."""
    if layout not in LAYOUTS:
        raise UserError(Message("text.layout", layouts=", ".join(LAYOUTS), value=repr(layout)))
    table = open_table(text, title(name), sniff=layout == "auto")
    if table is None:
        if column is not None or label_column is not None:
            raise CorpusError(Message("text.plain_text_column"))
        if layout == "auto":
            layout = "running" if is_running(text.head) else "lines"
        found = text.lines() if layout == "lines" else sentences(text.lines(), text.head)
        return Report("txt", layout, text.encoding, 0, 0, ()), (("", sentence, "") for sentence in found)
    index, rows = table.select(column)
    name_of_text = table.columns[index] if table.columns else None
    label_index = None if label_column is None else table.index_of(label_column)
    name_of_label = None if label_index is None else table.columns[label_index]
    report = Report(table.kind, "table", text.encoding, 0, 0, (), name_of_text, name_of_label)
    return report, _table_records(rows, index, label_index)


def clean_records(records: Iterable[Record], max_characters: int = MAX_CHARACTERS) -> Iterator[Record]:
    """Of each record why it is dropped (else ""), its clean sentence and its label."""
    for reason, text, label in records:
        sentence = clean(text)
        if not (reason or sentence):
            reason = EMPTY
        elif len(sentence) > max_characters:
            reason = TOO_LONG
        elif not (reason or READABLE.search(sentence)):
            reason = UNREADABLE
        yield reason, sentence, label


def _table_records(rows: Iterable[Row], text: int, label: int | None) -> Iterator[Record]:
    """Of each row the text and its clean label, by the indices of their columns; or why there is no text."""
    for row in rows:
        if row is None:
            yield TOO_MANY_CELLS, "", ""
        elif (cell := row[text]) is None:
            yield NO_TEXT, "", ""
        else:
            yield "", cell, "" if label is None else clean(row[label] or "")[:MAX_LABEL].strip()


def _open_bytes(data: bytes, max_bytes: int, encoding: str | None) -> Text:
    if len(data) > max_bytes:
        raise CorpusError(Message("text.too_large", size=len(data) / 1e6, most=max_bytes / 1e6))
    return open_text(lambda: io.BytesIO(data), encoding)


def _collect(name: str, records: Iterable[Record], report: Report, max_sentences: int) -> Corpus:
    """Counts what is dropped and why, and builds the corpus; `report` lacks the counts."""
    kept: dict[str, str] = {}
    dropped: Counter[str] = Counter()
    read = 0
    for reason, sentence, label in records:
        read += 1
        if read > MAX_RECORDS:
            raise CorpusError(Message("text.too_many_records", most=MAX_RECORDS))
        if reason:
            dropped[reason] += 1
        elif sentence in kept:
            dropped[REPEATED] += 1
        else:
            kept[sentence] = label
            if len(kept) > max_sentences:
                raise CorpusError(Message("text.too_many_sentences", most=max_sentences))
    labels = None if report.label_column is None else tuple(kept.values())
    report = replace(report, read=read, kept=len(kept), dropped=dropped_counts(dropped))
    return Corpus(name, tuple(kept), labels, report)


def columns(data: bytes, name: str, *, encoding: str | None = None, max_bytes: int = MAX_BYTES) -> tuple[str, ...]:
    """The names of a table's columns; () for plain text and for JSON of bare strings.

    Raises:
        CorpusError: as `read_corpus`.
    """
    table = open_table(_open_bytes(data, max_bytes, encoding), name)
    return table.columns if table else ()


def lines(data: bytes, *, encoding: str | None = None) -> list[str]:
    """Every line of a plain text in order, decoded and cleaned as `read_corpus` does: none dropped, cut or merged.

    Raises:
        CorpusError: the bytes are no text.
    """
    return [clean(line) for line in open_text(lambda: io.BytesIO(data), encoding).lines()]


def statistics(corpus: Corpus) -> Statistics:
    """Lengths, most frequent words and vocabulary of a corpus."""
    return summarize(corpus.sentences)
