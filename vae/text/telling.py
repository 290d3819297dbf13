"""A report in words: what was taken for what, and why, a line each."""

from __future__ import annotations

from vae.messages.message import Message
from vae.text.encodings.known import find_encoding
from vae.text.report import Candidate, Report

_WHY_FORMAT = {
    "chosen": Message("text.why_chosen"),
    "name": Message("text.why_file_name"),
    "looks": Message("text.why_looks"),
}
_WHY_COLUMN = {
    "chosen": Message("text.why_chosen"),
    "only": Message("text.why_only_column"),
    "format": Message("text.why_of_format"),
    "name": Message("text.why_column_name"),
    "words": Message("text.why_words"),
}
_LAYOUTS = {
    "lines": Message("text.told_lines"),
    "running": Message("text.told_running"),
    "table": Message("text.told_table"),
}


def told(report: Report) -> dict[str, Message]:
    """What a text was taken for, by the name of the option that takes it for something else."""
    lines: dict[str, Message] = {}
    if report.unpacked:
        has_others = report.unpacked.key == "text.unpacked_one_of"
        lines["part" if has_others else "unpacked"] = Message("text.told_unpacked", unpacked=report.unpacked)
    lines["encoding"] = told_encoding(report)
    format_ = {"format": report.kind, "why": _WHY_FORMAT.get(report.format_why, "")}
    if report.separator:
        lines["format"] = Message("text.told_table_format", separator=shown(report.separator), **format_)
    else:
        lines["format"] = Message("text.told_format", **format_)
    if report.column:
        why = _WHY_COLUMN.get(report.column_why, "")
        lines["column"] = Message("text.told_column", column=report.column, why=why)
    lines["layout"] = _LAYOUTS.get(report.layout, Message("text", text=report.layout))
    if report.layout == "table":
        lines["split"] = told_split(report)
    return lines


def told_encoding(report: Report) -> Message:
    """The encoding, with a line as it reads where others are plausible, and what was left out as no text of it."""
    taken = report.encodings[0] if report.encodings else Candidate(report.encoding, ())
    try:
        name: Message | str = find_encoding(taken.name).name
    except ValueError:  # of a version that knew another
        name = taken.name
    line = Message("text.told_encoding", encoding=name)
    if len(report.encodings) > 1 and taken.examples:
        line = Message("text.told_encoding_example", encoding=name, example=taken.examples[0])
    if report.broken or report.controls:
        line = Message("text.told_left_out", told=line, count=report.broken + report.controls)
    return line


def told_split(report: Report) -> Message:
    """How the cells of a table were split, with their count where it is known."""
    if report.cells_split:
        key = "text.told_split_lines" if report.split == "lines" else "text.told_split_sentences"
        return Message(key, count=report.cells_split)
    if report.split == "none" or report.read:
        return Message("text.told_whole")
    return Message("text.told_will_split_lines" if report.split == "lines" else "text.told_will_split")


def shown(separator: str) -> Message | str:
    """A separator as it can be read."""
    return Message("text.tab") if separator == "\t" else f"“{separator}”"
