"""Cells that hold more than one sentence: a sentence each, or a line of verse each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vae.text.cleaning import clean, split_lines
from vae.text.records import Record
from vae.text.sentence_splitting import is_cased, sentences

SPLITS = ("auto", "none", "lines", "sentences")
_LOOKED_AT = 300  # cells
_VERSE_LENGTH = 60  # characters up to which a line may be one of verse
_ENDS = tuple(".!?…。！？")


def way_to_split(cells: Sequence[str]) -> str:
    """ "lines" for verse, "sentences" where at least half of the cells hold several, else "none"."""
    seen = cells[:_LOOKED_AT]
    if not seen:
        return "none"
    lines = [[line.strip() for line in split_lines(cell) if line.strip()] for cell in seen]
    several = [rows for rows in lines if len(rows) > 1]
    if len(several) * 2 > len(seen):
        flat = sorted((line for rows in several for line in rows), key=len)
        ended = sum(line.endswith(_ENDS) for line in flat)
        is_long_enough = 2 * len(flat) >= 5 * len(several)  # two lines are rather a heading and a text
        if is_long_enough and len(flat[len(flat) // 2]) <= _VERSE_LENGTH and ended * 10 < 7 * len(flat):
            return "lines"
    cased = is_cased("\n".join(seen))
    many = sum(len(_pieces(cell, "sentences", cased)) > 1 for cell in seen)
    return "sentences" if many * 2 >= len(seen) and len(seen) > 1 else "none"


def split_records(records: Iterator[Record], way: str, cells: Sequence[str], longest: int | None) -> Iterator[Record]:
    """The records with their cells split.

    Args:
        way: "lines", "sentences" or "none".
        cells: some of them, to tell their habits from.
        longest: characters beyond which a cell is split in sentences even if `way` is "none"; None: never.
    """
    cased = is_cased("\n".join(cells[:_LOOKED_AT]))
    for record in records:
        if record.reason:
            yield record
            continue
        how = way
        if way == "none" and longest is not None and len(record.text) > longest and len(clean(record.text)) > longest:
            how = "sentences"
        pieces = _pieces(record.text, how, cased)
        if len(pieces) <= 1:
            yield record
            continue
        for number, piece in enumerate(pieces):
            yield Record("", piece, record.label, 0 if number else len(pieces))


def _pieces(cell: str, way: str, cased: bool) -> list[str]:
    """What a cell is split into; empty lines of it are nothing."""
    if way == "none":
        return [cell]
    lines = split_lines(cell)
    return [line for line in lines if line.strip()] if way == "lines" else list(sentences(lines, cased))
