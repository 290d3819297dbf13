"""The line of stages of a text: bytes -> text -> records -> the chosen column -> sentences -> clean ones.

Each stage takes what the one before it gives, looks at a sample of it, and hands on an iterator; so a text is read
the same way whether it is in memory or larger than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from vae.messages.message import Message
from vae.text.cleaning import READABLE, SAMPLE_SIZE, CorpusError, clean
from vae.text.columns import choose, examples
from vae.text.file_encoding import Text
from vae.text.formats.registry import open_format
from vae.text.markup import shows_markup, without_markup
from vae.text.options import ReadingOptions
from vae.text.records import Prose, Record, Table
from vae.text.report import EMPTY, TOO_LONG, UNREADABLE, Candidate, Report
from vae.text.sentence_splitting import is_cased, is_running, sentences
from vae.text.splitting import split_records, way_to_split


def read_records(text: Text, name: str, options: ReadingOptions) -> tuple[Report, Iterator[Record]]:
    """How a text is read, without counts yet, and its sentences, clean or with the reason why they are dropped.

    Raises:
        CorpusError: it cannot be read so.
    """
    found, why = open_format(text, name, options.format, sniff=options.layout == "auto")
    if isinstance(found, Prose):
        report, records = _from_prose(found, options)
    else:
        report, records = _from_table(found, options)
    encodings = tuple(
        Candidate(one.encoding, (one.example,) if one.example else ()) for one in (text.guess, *text.guess.others)
    )
    report = replace(
        report, encoding=text.encoding, format_why=why, encodings=encodings, broken=text.dropped.broken,
        controls=text.dropped.controls,
    )  # fmt: skip
    return report, clean_records(records, options.max_characters)


def _from_prose(prose: Prose, options: ReadingOptions) -> tuple[Report, Iterator[Record]]:
    """Lines to sentences: a line each, or joined where they were wrapped, and split."""
    if options.column is not None or options.label_column is not None:
        raise CorpusError(Message("text.plain_text_column"))
    lines = prose.lines()
    sample = _head(lines)
    head = "\n".join(sample)
    layout = options.layout
    if layout == "auto":
        layout = prose.layout or ("running" if is_running(head) else "lines")
    found: Iterator[str] = chain(sample, lines)
    if prose.kind == "txt" and shows_markup(sample):
        found = map(without_markup, found)
    if layout == "running":
        found = sentences(found, is_cased(head[:SAMPLE_SIZE]))
    return Report(prose.kind, layout), (Record("", sentence) for sentence in found)


def _head(lines: Iterator[str]) -> list[str]:
    """The first lines, as many as tell the habits of a text."""
    head: list[str] = []
    size = 0
    for line in lines:
        head.append(line)
        size += len(line) + 1
        if size >= 4 * SAMPLE_SIZE:
            break
    return head


def _from_table(table: Table, options: ReadingOptions) -> tuple[Report, Iterator[Record]]:
    """The cells of one column, split where they hold more than one sentence."""
    index, why, candidates = choose(table)
    if options.column is not None:
        index, why = table.index_of(options.column), "chosen"
        if table.columns[index] not in [one.name for one in candidates]:
            candidates = (*candidates, Candidate(table.columns[index], examples(table.samples[index])))
    label = None if options.label_column is None else table.index_of(options.label_column)
    records = table.read(index, label)
    cells = list(table.samples[index])
    if shows_markup(cells):
        cells = list(map(without_markup, cells))
        records = (record._replace(text=without_markup(record.text)) for record in records)
    way = way_to_split(cells) if options.split == "auto" else options.split
    longest = options.max_characters if options.split == "auto" else None
    report = Report(
        table.kind, "table",
        column=table.columns[index] if table.columns else None,
        label_column=None if label is None else table.columns[label],
        column_why=why, candidates=candidates, separator=table.separator, split=way,
    )  # fmt: skip
    return report, split_records(records, way, cells, longest)


def clean_records(records: Iterable[Record], max_characters: int) -> Iterator[Record]:
    """Each record with its clean sentence, or with the reason why it is dropped."""
    for reason, text, label, pieces in records:
        sentence = clean(text)
        if not (reason or sentence):
            reason = EMPTY
        elif len(sentence) > max_characters:
            reason = TOO_LONG
        elif not (reason or READABLE.search(sentence)):
            reason = UNREADABLE
        yield Record(reason, sentence, label, pieces)


def open_table(text: Text, name: str, options: ReadingOptions) -> Table | None:
    """The table that a text holds, with its columns and their first texts; None for lines without columns."""
    found, _ = open_format(text, name, options.format, sniff=options.layout == "auto")
    return found if isinstance(found, Table) else None
