"""A text that somebody brings, from the bytes of a file to distinct clean sentences.

Nothing is dropped in silence: what was read equals what was kept and what was dropped, by reason.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from vae.messages.message import Message
from vae.text.cleaning import CorpusError, clean
from vae.text.containers.packed import Unpacked
from vae.text.containers.registry import unpack
from vae.text.file_encoding import Text, open_text
from vae.text.formats.registry import format_named
from vae.text.hashing import digests
from vae.text.options import LAYOUTS, MAX_CHARACTERS, ReadingOptions
from vae.text.reading import open_table, read_records
from vae.text.records import Record
from vae.text.report import REPEATED, Report, dropped_counts, too_few_sentences
from vae.text.statistics import Statistics, summarize

__all__ = [
    "LAYOUTS",
    "MAX_CHARACTERS",
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
        plain = asdict(self)
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), default=Message.to_json).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Corpus:
        """The corpus that `to_json` wrote.

        Raises:
            CorpusError: the bytes are no such thing.
        """
        try:
            raw = json.loads(data)
            report = Report.from_plain(raw.pop("report"))
            labels = None if raw["labels"] is None else tuple(raw["labels"])
            corpus = cls(raw["name"], tuple(raw["sentences"]), labels, report)
            # All are text, and text that can be written.
            "".join(chain((corpus.name,), corpus.sentences, labels or ())).encode()
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
    format: str | None = None,  # as everybody calls it
    part: str | None = None,
    column: str | None = None,
    label_column: str | None = None,
    layout: str = "auto",
    split: str = "auto",
    max_characters: int = MAX_CHARACTERS,
    max_bytes: int = MAX_BYTES,
    max_sentences: int = MAX_SENTENCES,
) -> Corpus:
    """The corpus in a file's bytes: a text, table, JSON, chat, book, ..., also in a document or an archive.

    Its report says what was taken for what, why, and what else was possible; each of the options takes another.

    Args:
        name: the file's name; its extension tells the format unless the content says otherwise.
        encoding: its name; None finds it out, as with all that follow.
        format: such as "csv", or an extension of its files.
        part: of an archive or a workbook: the member or the sheet.
        column: of a table: where the sentences are.
        label_column: of a table; None reads no labels.
        layout: of plain text: "lines", a sentence each, or "running".
        split: of cells: "none", "lines" or "sentences".
        max_characters: longer sentences are dropped.
        max_bytes, max_sentences: a larger text is refused.
    Returns:
        The corpus: its `sentences`, its `labels` or None, its `report`; `split()` gives the sentences to learn from and
        those to measure with.
    Raises:
        CorpusError (a ValueError): the text cannot be used; its message says why, and what to do.
        UserError (a ValueError): an option is out of range.

    >>> corpus = read_corpus(Path("text.txt").read_bytes(), "text.txt")
    >>> corpus.report.kept, corpus.report.dropped, corpus.sentences[0]
    (100, (), 'The lamp is lit and the sea is calm.')
    """
    options = ReadingOptions(encoding, format, part, column, label_column, layout, split, max_characters)
    text, found = _open_bytes(data, name, options, max_bytes)
    report, records = read_records(text, title(found.name), options)
    report = replace(report, unpacked=found.note, part=found.part, parts=found.parts)
    return _collect(title(name), records, report, max_sentences)


def title(name: str) -> str:
    """What a text is called that came in a file of this name."""
    return clean(re.split(r"[\\/]", name)[-1])[-120:].strip() or "pasted.txt"


def _open_bytes(data: bytes, name: str, options: ReadingOptions, max_bytes: int) -> tuple[Text, Unpacked]:
    """The text in a file, and how it was taken out of it, if it was."""
    if len(data) > max_bytes:
        raise CorpusError(Message("text.too_large", size=len(data) / 1e6, most=max_bytes / 1e6))
    found = unpack(data, name, part=options.part, encoding=options.encoding, max_bytes=max_bytes)
    return open_text(lambda: io.BytesIO(found.data), options.encoding), found


def _collect(name: str, records: Iterable[Record], report: Report, max_sentences: int) -> Corpus:
    """Counts what is dropped and why, and builds the corpus; `report` lacks the counts."""
    kept: dict[str, str] = {}
    dropped: Counter[str] = Counter()
    read = cells_split = 0
    for reason, sentence, label, pieces in records:
        read += 1
        cells_split += pieces > 1
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
    counts = dropped_counts(dropped)
    report = replace(report, read=read, kept=len(kept), dropped=counts, cells_split=cells_split)
    return Corpus(name, tuple(kept), labels, report)


def columns(
    data: bytes,
    name: str,
    *,
    encoding: str | None = None,
    format: str | None = None,
    part: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> tuple[str, ...]:
    """The names of a table's columns; () for lines without columns and for JSON of bare strings.

    Raises:
        CorpusError: as `read_corpus`.
    """
    options = ReadingOptions(encoding, format, part)
    text, found = _open_bytes(data, name, options, max_bytes)
    table = open_table(text, title(found.name), options)
    return table.columns if table else ()


def lines(data: bytes, name: str = "lines.txt", **options: Any) -> list[str]:
    """The sentences of a file in order, repeated ones included; of a plain text every line: none dropped, cut, merged.

    Args:
        name: the file's name; what its extension says of the format is believed.
        options: as in `options.ReadingOptions`.
    Raises:
        CorpusError: the bytes are no text.
    """
    chosen = ReadingOptions(**options)
    text, found = _open_bytes(data, name, chosen, max(MAX_BYTES, len(data)))
    inner = title(found.name)
    if format_named(inner) in ("txt", "") and chosen.layout == "auto":
        chosen = replace(chosen, layout="lines")
    if chosen.layout == "lines" and chosen.format in (None, "txt"):
        return [clean(line) for line in text.lines()]
    return [record.text for record in read_records(text, inner, chosen)[1] if not record.reason]


def statistics(corpus: Corpus) -> Statistics:
    """Lengths, most frequent words and vocabulary of a corpus."""
    return summarize(corpus.sentences)
