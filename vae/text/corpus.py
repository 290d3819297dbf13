"""A text that somebody brings, from the bytes of a file to distinct clean sentences.

Nothing is dropped in silence: what was read equals what was kept and what was dropped, by reason.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain

import numpy as np

from vae.text.cleaning import READABLE, CorpusError, clean
from vae.text.file_encoding import Text, look
from vae.text.formats.registry import open_table
from vae.text.formats.table import Row
from vae.text.hashing import digests
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

# Why something that was read was not kept, in the words that the person sees.
EMPTY = "empty"
NO_TEXT = "no text in the column"
SLIPPED = "more cells than columns"
TOO_LONG = "too long"
UNREADABLE = "no letter or digit"
REPEATED = "repeated"
REASONS = (EMPTY, NO_TEXT, SLIPPED, TOO_LONG, UNREADABLE, REPEATED)

Record = tuple[str, str, str]  # why there is no text (else ""), the text, its label


@dataclass(frozen=True, slots=True)
class Report:
    """How a text was read, and what became of it: read == kept + the sum of dropped."""

    kind: str  # txt, csv, tsv, jsonl or json
    layout: str  # lines, running (read counts sentences) or table (read counts records)
    encoding: str
    read: int
    kept: int
    dropped: tuple[tuple[str, int], ...]  # (reason, count), in the order of REASONS, none of them 0
    column: str | None = None
    label_column: str | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """Distinct clean sentences in the order of their file, two at least; with a label each, or none."""

    name: str
    sentences: tuple[str, ...]
    labels: tuple[str, ...] | None
    report: Report

    def __post_init__(self) -> None:
        if len(self.sentences) < 2:
            raise CorpusError(too_few(self.report))
        if len(set(self.sentences)) != len(self.sentences):
            raise CorpusError("The sentences of a corpus must be distinct.")
        if self.labels is not None and len(self.labels) != len(self.sentences):
            raise CorpusError("A corpus needs as many labels as sentences.")
        report = self.report
        if report.kept != len(self.sentences) or report.read != report.kept + sum(n for _, n in report.dropped):
            raise CorpusError("The counts of a corpus must add up.")

    def split(self) -> tuple[list[str], list[str]]:
        """(train, validation), both in the order of their 64-bit BLAKE2b: which are held out hangs on nothing else.

        Validation is the first 5 % of the sentences, at least 1 and at most 2,500.
        """
        ordered = [self.sentences[i] for i in np.argsort(digests(self.sentences, 8), kind="stable")]
        held = held_out(len(ordered))
        return ordered[held:], ordered[:held]

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
            texts += [
                report.column or "",
                report.label_column or "",
                *(reason for reason, _ in report.dropped),
            ]
            "".join(chain(texts, corpus.sentences, labels or ())).encode()  # all are text, and text that can be written
            return corpus
        except CorpusError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise CorpusError("This is no corpus file, or it is damaged.") from None


def held_out(total: int) -> int:
    """How many of `total` sentences are kept for validation."""
    return min(max(round(total * 0.05), 1), 2500)


def too_few(report: Report) -> str:
    """What to tell somebody whose text has fewer than two sentences."""
    if not report.read:
        what = "table has no records" if report.layout == "table" else "text is empty"
        return f"The {what}. Bring at least 2 sentences."
    unit = {"running": "sentence", "table": "record"}.get(report.layout, "line")
    counted = f"{report.read:,} {unit}{'s' * (report.read != 1)} read, {report.kept:,} kept"
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in report.dropped)
    message = f"At least 2 different sentences are needed: {counted}{f' ({dropped})' if dropped else ''}."
    too_long = dict(report.dropped).get(TOO_LONG, 0)
    if report.layout == "lines" and too_long:
        message += " If this is running text, choose that layout."
    elif report.layout == "table" and report.read:
        message += " Is it the right column?"
    return message


def read_corpus(
    data: bytes,
    name: str = "pasted.txt",
    *,
    layout: str = "auto",
    column: str | None = None,
    label_column: str | None = None,
    max_characters: int = MAX_CHARACTERS,
    max_bytes: int = MAX_BYTES,
    max_sentences: int = MAX_SENTENCES,
) -> Corpus:
    """The corpus in a file's bytes: plain text, CSV, TSV, JSON or JSON lines.

    Args:
        name: the file's name; its ending tells the format unless the content says otherwise.
        layout: of plain text: "lines" (a sentence each), "running" (to be split into sentences) or "auto";
            a layout other than "auto" also keeps a text from being taken for JSON or a table by its looks.
        column: of a table; None takes the one with the longest text.
        label_column: of a table; None reads no labels.
        max_characters: longer sentences are dropped.
    Raises:
        CorpusError: the text cannot be used; its message says why, and what to do.
        ValueError: layout or max_characters is out of range.
    """
    if not 1 <= max_characters <= 10_000:
        raise ValueError(f"max_characters must be between 1 and 10,000, not {max_characters}")
    report, found = records(_text(data, max_bytes), name, layout=layout, column=column, label_column=label_column)
    return _collect(title(name), sift(found, max_characters), report, max_sentences)


def title(name: str) -> str:
    """What a text is called by that came in a file of this name."""
    return clean(re.split(r"[\\/]", name)[-1])[-120:].strip() or "pasted.txt"


def records(
    text: Text, name: str, *, layout: str = "auto", column: str | None = None, label_column: str | None = None
) -> tuple[Report, Iterator[Record]]:
    """How a text is read, without counts yet, and what is in it, still to be cleaned. Arguments: `read_corpus`."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}, not {layout!r}")
    table = open_table(text, title(name), sniff=layout == "auto")
    if table is None:
        if column is not None or label_column is not None:
            raise CorpusError("This is plain text, which has no columns. Choose none.")
        if layout == "auto":
            layout = "running" if is_running(text.head) else "lines"
        found = text.lines() if layout == "lines" else sentences(text.lines(), text.head)
        return Report("txt", layout, text.encoding, 0, 0, ()), (("", sentence, "") for sentence in found)
    index, rows = table.choose(column)
    named = table.columns[index] if table.columns else None
    label = None if label_column is None else table.find(label_column)
    label_named = None if label is None else table.columns[label]
    report = Report(table.kind, "table", text.encoding, 0, 0, (), named, label_named)
    return report, _labelled(rows, index, label)


def sift(records: Iterable[Record], max_characters: int = MAX_CHARACTERS) -> Iterator[Record]:
    """Of each record why it is dropped (else ""), its clean sentence and its label."""
    for why, text, label in records:
        sentence = clean(text)
        if not (why or sentence):
            why = EMPTY
        elif len(sentence) > max_characters:
            why = TOO_LONG
        elif not (why or READABLE.search(sentence)):
            why = UNREADABLE
        yield why, sentence, label


def counted(dropped: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The counts of a `Report`, in the order of REASONS, none of them 0."""
    return tuple((reason, dropped[reason]) for reason in REASONS if dropped.get(reason))


def _labelled(rows: Iterable[Row], text: int, label: int | None) -> Iterator[Record]:
    """Of each row the text and its clean label; or why there is no text."""
    for row in rows:
        if row is None:
            yield SLIPPED, "", ""
        elif (cell := row[text]) is None:
            yield NO_TEXT, "", ""
        else:
            yield "", cell, "" if label is None else clean(row[label] or "")[:MAX_LABEL].strip()


def _text(data: bytes, max_bytes: int) -> Text:
    if len(data) > max_bytes:
        raise CorpusError(
            f"The file has {len(data) / 1e6:,.1f} MB; at most {max_bytes / 1e6:,.1f} MB can be read. "
            "Bring a part of it."
        )
    return look(lambda: io.BytesIO(data))


def _collect(name: str, sifted: Iterable[Record], report: Report, max_sentences: int) -> Corpus:
    """Counts what is dropped and why, and builds the corpus; `report` lacks the counts."""
    kept: dict[str, str] = {}
    dropped: Counter[str] = Counter()
    read = 0
    for why, sentence, label in sifted:
        read += 1
        if read > MAX_RECORDS:
            raise CorpusError(f"There are more than {MAX_RECORDS:,} lines or records. Bring a part of them.")
        if why:
            dropped[why] += 1
        elif sentence in kept:
            dropped[REPEATED] += 1
        else:
            kept[sentence] = label
            if len(kept) > max_sentences:
                raise CorpusError(f"There are more than {max_sentences:,} sentences. Bring a part of them.")
    labels = None if report.label_column is None else tuple(kept.values())
    return Corpus(name, tuple(kept), labels, replace(report, read=read, kept=len(kept), dropped=counted(dropped)))


def columns(data: bytes, name: str, *, max_bytes: int = MAX_BYTES) -> tuple[str, ...]:
    """The names of a table's columns; () for plain text and for JSON of bare strings.

    Raises:
        CorpusError: as `read_corpus`.
    """
    table = open_table(_text(data, max_bytes), name)
    return table.columns if table else ()


def lines(data: bytes) -> list[str]:
    """Every line of a plain text in order, decoded and cleaned as `read_corpus` does: none dropped, cut or merged.

    Raises:
        CorpusError: the bytes are no text.
    """
    return [clean(line) for line in look(lambda: io.BytesIO(data)).lines()]


def statistics(corpus: Corpus) -> Statistics:
    """Lengths, most frequent words and vocabulary of a corpus."""
    return summarize(corpus.sentences)
