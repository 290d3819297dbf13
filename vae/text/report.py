"""How a text was read, and what became of all that was read: kept, or dropped for one of six reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from vae.messages.message import Message

# Why something that was read was not kept. These values stand in files.
EMPTY = "empty"
NO_TEXT = "no text in the column"
TOO_MANY_CELLS = "more cells than columns"
TOO_LONG = "too long"
UNREADABLE = "no letter or digit"
REPEATED = "repeated"
REASONS = (EMPTY, NO_TEXT, TOO_MANY_CELLS, TOO_LONG, UNREADABLE, REPEATED)
_REASON_WORDS = {
    EMPTY: Message("text.reason_empty"),
    NO_TEXT: Message("text.reason_no_text"),
    TOO_MANY_CELLS: Message("text.reason_too_many_cells"),
    TOO_LONG: Message("text.reason_too_long"),
    UNREADABLE: Message("text.reason_unreadable"),
    REPEATED: Message("text.reason_repeated"),
}


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
    unpacked: Message | None = None  # what was taken out of the file; None: the file is the text


def dropped_counts(dropped: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The counts of a `Report`, in the order of REASONS, none of them 0."""
    return tuple((reason, dropped[reason]) for reason in REASONS if dropped.get(reason))


def too_few_sentences(report: Report) -> Message:
    """What to tell somebody whose text has fewer than two sentences."""
    if not report.read:
        return Message("text.table_empty") if report.layout == "table" else Message("text.empty")
    counts = {"count": report.read, "kept": report.kept}
    if report.layout == "table":
        found = Message("text.found_records", **counts)
    elif report.layout == "running":
        found = Message("text.found_sentences", **counts)
    else:
        found = Message("text.found_lines", **counts)
    if report.dropped:
        listed = reduce(lambda before, after: Message("text.list", before=before, after=after), dropped_words(report))
        found = Message("text.found_and_dropped", found=found, dropped=listed)
    if report.layout == "lines" and dict(report.dropped).get(TOO_LONG, 0):
        return Message("text.too_few_lines", found=found)
    if report.layout == "table":
        return Message("text.too_few_records", found=found)
    return Message("text.too_few", found=found)


def dropped_words(report: Report) -> list[Message]:
    """How many were dropped for each reason, in words."""
    return [
        Message("text.dropped", count=count, reason=_REASON_WORDS.get(reason, reason))
        for reason, count in report.dropped
    ]
