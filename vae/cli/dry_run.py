"""What a training would learn from, without one."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

from vae.cli import reading_flags
from vae.cli.terminal import print_json
from vae.messages.message import Message
from vae.text.corpus import MAX_RECORDS
from vae.text.file_encoding import open_text
from vae.text.options import ReadingOptions
from vae.text.reading import read_records
from vae.text.report import REPEATED, Report, dropped_counts, dropped_words
from vae.text.text_file import TextFile

_SHOWN = 10  # sentences


def dry_run(path: Path, options: ReadingOptions, as_json: bool) -> int:
    """Read a text as a training would, and print how, with ten of its sentences. Returns the exit status.

    Raises:
        CorpusError: it cannot be read.
        OSError: there is no such file.
    """
    report, sentences, is_part = _read(TextFile(path, options))
    step = max(1, len(sentences) // _SHOWN)
    shown = sentences[::step][:_SHOWN]
    if as_json:
        print_json({"report": asdict(report), "is_part": is_part, "sentences": shown})
        return 0
    print("\n".join(reading_flags.lines(report)), file=sys.stderr)
    for candidate in report.candidates[1:]:
        print(Message("cli.other_column", column=candidate.name), file=sys.stderr)
        print("\n".join(f"    {line}" for line in candidate.examples), file=sys.stderr)
    counts = [Message("data.summary", read=report.read, kept=report.kept), *dropped_words(report)]
    print("; ".join(map(str, counts)), file=sys.stderr)
    if is_part:
        print(Message("cli.first_part", count=MAX_RECORDS), file=sys.stderr)
    print("\n".join(shown))
    return 0


def _read(file: TextFile) -> tuple[Report, list[str], bool]:
    """The report with its counts, all different sentences, and whether there is more than was looked at."""
    source = file.source()
    text = open_text(source.opener, file.options.encoding)
    report, records = read_records(text, source.name, file.options)
    kept: dict[str, None] = {}
    dropped: Counter[str] = Counter()
    read = split = 0
    for record in islice(records, MAX_RECORDS):
        read += 1
        split += record.pieces > 1
        if reason := record.reason or (REPEATED if record.text in kept else ""):
            dropped[reason] += 1
        else:
            kept[record.text] = None
    counted = replace(report, read=read, kept=len(kept), dropped=dropped_counts(dropped), cells_split=split)
    counted = replace(counted, unpacked=source.unpacked)
    return counted, list(kept), next(records, None) is not None
