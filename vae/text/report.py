"""How a text was read, why so, and what became of all that was read: kept, or dropped for one of seven reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from vae.messages.message import Message

# Why something that was read was not kept. These values stand in files.
EMPTY = "empty"
NO_TEXT = "no text in the column"
TOO_MANY_CELLS = "more cells than columns"
TOO_LONG = "too long"
UNREADABLE = "no letter or digit"
CHAT_NOTE = "a note of the chat"
REPEATED = "repeated"
REASONS = (EMPTY, NO_TEXT, TOO_MANY_CELLS, TOO_LONG, UNREADABLE, CHAT_NOTE, REPEATED)
_REASON_WORDS = {
    EMPTY: Message("text.reason_empty"),
    NO_TEXT: Message("text.reason_no_text"),
    TOO_MANY_CELLS: Message("text.reason_too_many_cells"),
    TOO_LONG: Message("text.reason_too_long"),
    UNREADABLE: Message("text.reason_unreadable"),
    CHAT_NOTE: Message("text.reason_chat_note"),
    REPEATED: Message("text.reason_repeated"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that a text may be taken for, a column or an encoding, with lines as they are read then."""

    name: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """How a text was read, and what became of it: read == kept + the sum of dropped.

    Args:
        kind: txt, book, csv, tsv, jsonl, json, html, markdown, subtitles, treebank, chat or ipynb.
        layout: lines, running (read counts sentences) or table (read counts records, and what they were split into).
        dropped: (reason, count), in the order of REASONS, none of them 0.
        split: how cells were split: none, lines or sentences.
        cells_split: cells that held more than one sentence, and became so many.
        separator: what stands between the cells of a table, if anything does.
        format_why: chosen, name (its extension) or looks.
        column_why: chosen, only, format, name or words.
        candidates: the columns that look like a text, the likeliest first.
        unpacked: what was taken out of a document or an archive; None: the file is the text.
        part: which text of a file that holds several.  parts: all of them; () of any other file.
        encodings: those that are plausible, the one that was taken first, each with a line; just that where there is no
            doubt.
        broken: bytes that its encoding does not have, which were left out.
        controls: control characters that were left out.
    """

    kind: str
    layout: str
    encoding: str = "utf-8"
    read: int = 0
    kept: int = 0
    dropped: tuple[tuple[str, int], ...] = ()
    column: str | None = None
    label_column: str | None = None
    split: str = "none"
    cells_split: int = 0
    separator: str = ""
    format_why: str = "looks"
    column_why: str = ""
    candidates: tuple[Candidate, ...] = ()
    unpacked: Message | None = None
    encodings: tuple[Candidate, ...] = ()
    broken: int = 0
    controls: int = 0
    part: str = ""
    parts: tuple[str, ...] = ()

    @classmethod
    def from_plain(cls, raw: dict[str, Any]) -> Report:
        """The report that `dataclasses.asdict` made a dictionary of. Raises TypeError, ValueError: it is no such."""
        found = cls(**raw)
        dropped = tuple((reason, count) for reason, count in found.dropped)
        note = raw.get("unpacked")
        found = replace(
            found, dropped=dropped, candidates=_candidates(found.candidates), encodings=_candidates(found.encodings),
            unpacked=Message.from_json(note) if note else None, parts=tuple(found.parts),
        )  # fmt: skip
        "".join(found.texts()).encode()  # all are text, and text that can be written
        return found

    def texts(self) -> Iterator[str]:
        """All texts in it."""
        yield str(self.unpacked or "")
        yield from (self.kind, self.layout, self.encoding, self.column or "", self.label_column or "", self.split)
        yield from (self.part, *self.parts)
        yield from (self.separator, self.format_why, self.column_why, *(reason for reason, _ in self.dropped))
        for candidate in (*self.candidates, *self.encodings):
            yield from (candidate.name, *candidate.examples)


def _candidates(raw: Any) -> tuple[Candidate, ...]:
    return tuple(Candidate(one["name"], tuple(one["examples"])) for one in raw)


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
