"""How far apart two sequences are."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def edit_distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Elements to insert, remove or replace to get from a to b.

    Source: Levenshtein 1966, by Wagner & Fischer 1974.
    """
    row = list(range(len(b) + 1))
    for i, element in enumerate(a, 1):
        before, row = row, [i]
        for j, other in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (element != other)))
    return row[-1]
