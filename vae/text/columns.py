"""Which column of a table is the text: by its name, its variety, its words and its depth.

Of equals it is the first, unless that holds the titles of another's texts.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from statistics import median
from string import punctuation

from vae.text.cleaning import clean
from vae.text.column_names import weight
from vae.text.records import Table
from vae.text.report import Candidate
from vae.text.sentence_splitting import UNSPACED

EXAMPLES, EXAMPLE_LENGTH = 3, 120  # lines shown of a column, and characters of each
_MOST_CANDIDATES = 6
_LOOKED_AT, _CELL_LENGTH = 300, 400  # cells of a column, characters of a cell
_TIE = 0.75  # what comes as near to the best as this is as good
_NAMED = 1.5  # the weight of a name beyond which it says that this is the text
_TITLE = 80  # characters: what is longer is no title
_LONGER = 3  # times as long as its title is a text at least
_FAR = 0.1  # what comes no nearer than this is no candidate
_ENOUGH_DIFFERENT = 300  # cells that differ, of which no label has so many
_NOT_TEXT = re.compile(
    r"\w{2,12}://\S+|www\.\S+|\S+@\S+\.\w+|[\[{].*[\]}]|.{0,20}\bCC[- ]BY\b.*|.{0,20}\bAttribution:.*|"
    r".{0,20}\b(?:creativecommons|all rights reserved|licen[cs]ed under)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_IDENTIFIER = re.compile(r"(?=.*\d)(?=.*[^\W\d]).{5,}|.*[/\\_=].*|.*\w\.\w.*|[0-9a-fA-F-]{16,}")
_CODE = re.compile(r"[{}()\[\];=<>_\\|]")
_SYMBOLS = frozenset(punctuation + "0123456789")


def choose(table: Table) -> tuple[int, str, tuple[Candidate, ...]]:
    """The index of the text's column, why it is that (only, format, name or words), and all that it may be.

    The candidates come best first; the one that was chosen is the first of them.
    """
    if not table.columns:
        return 0, "only", ()
    scores = _scores(table)
    best = max(scores)
    if table.text_column is not None:
        chosen, why = table.text_column, "format"
    elif best > 0:
        good = [i for i, score in enumerate(scores) if score >= _TIE * best]
        named = [i for i in good if weight(table.columns[i]) > _NAMED]
        chosen, why = (named[0], "name") if named else (_below_title(good, table.samples), "words")
    else:
        chosen, why = _most_letters(table.samples), "words"
    if len(table.columns) == 1:
        why = "only"
    order = sorted(range(len(scores)), key=lambda i: (i != chosen, -scores[i], i))
    likely = [i for i in order if i == chosen or scores[i] > _FAR * best][:_MOST_CANDIDATES]
    return chosen, why, tuple(Candidate(table.columns[i], examples(table.samples[i])) for i in likely)


def _below_title(columns: Sequence[int], samples: Sequence[Sequence[str]]) -> int:
    """The first of these columns, or the longest, if the first may hold its titles."""
    lengths = {column: median(map(len, samples[column])) for column in columns}
    first, longest = columns[0], max(columns, key=lambda column: lengths[column])
    return longest if lengths[first] <= _TITLE and lengths[longest] >= _LONGER * lengths[first] else first


def examples(cells: Sequence[str]) -> tuple[str, ...]:
    """The first different lines of a column, cut to be shown."""
    found: dict[str, None] = {}
    for cell in cells:
        line = clean(cell[: 4 * EXAMPLE_LENGTH])
        if line:
            found[line if len(line) <= EXAMPLE_LENGTH else line[: EXAMPLE_LENGTH - 1].rstrip() + "…"] = None
        if len(found) == EXAMPLES:
            break
    return tuple(found)


def _scores(table: Table) -> list[float]:
    most = max(map(len, table.samples), default=0) or 1
    depths = [name.count(".") + name.count("[]") for name in table.columns]
    least = min(depths)
    return [
        weight(name) * looks(cells) * (len(cells) / most) ** 0.25 * 0.95 ** (depth - least)
        for name, cells, depth in zip(table.columns, table.samples, depths, strict=True)
    ]


def looks(cells: Sequence[str]) -> float:
    """How much the cells of a column look like sentences: 0 not at all, about 1 of such; long ones a little more."""
    step = max(1, len(cells) // _LOOKED_AT)
    seen = [line for cell in cells[::step] if (line := clean(cell[:_CELL_LENGTH]))]
    if not seen:
        return 0.0
    counts = [_words(cell) for cell in seen]
    texts = [count for count in counts if count]
    if not texts:
        return 0.0
    mean = sum(texts) / len(texts)
    length = min(mean, 4) / 4 + 0.08 * math.log2(max(1, mean / 8))
    return length * len(texts) / len(seen) * _variety(cells) * _freedom(seen) * _case(seen) * _prose(seen)


def _words(cell: str) -> float:
    """Words of a cell; 0 of a number, a date, an address on the net, an identifier, a licence."""
    bare = cell.replace(" ", "")
    if 2 * sum(character in _SYMBOLS for character in bare) > len(bare) or _NOT_TEXT.fullmatch(cell):
        return 0
    if unspaced := len(UNSPACED.findall(cell)):
        return max(1, unspaced / 2)
    if " " not in cell:
        return 0 if _IDENTIFIER.fullmatch(cell) else 1
    return sum(any(map(str.isalpha, word)) and "://" not in word and "@" not in word[1:] for word in cell.split())


def _variety(cells: Sequence[str]) -> float:
    """A column that repeats is a label."""
    different = len(set(cells))
    return max(min(1, different / len(cells) / 0.6) ** 2, min(1, different / _ENOUGH_DIFFERENT))


def _freedom(cells: list[str]) -> float:
    """Cells that are all made after one pattern, with few words of their own, are no sentences."""
    different = list(dict.fromkeys(cells))
    if len(different) < 4:
        return 1
    words = [cell.split() for cell in different]
    counts = Counter(word for row in words for word in set(row))
    same = sum(sum(counts[word] > 0.6 * len(words) for word in row) / len(row) for row in words)
    return 1 if same < 0.5 * len(words) else 0.3


def _case(cells: list[str]) -> float:
    """Where nearly every word has a capital, cells are names and titles; with numbers, post addresses."""
    later = [word for cell in cells for word in cell.split()[1:] if word[:1].isalpha()]
    capitals = sum(word[0].isupper() for word in later)
    if len(later) < len(cells) or capitals < 0.75 * len(later) or all(map(str.isupper, cells)):
        return 1
    return 0.3 if sum(any(map(str.isdigit, cell)) for cell in cells) * 2 > len(cells) else 0.6


def _prose(cells: list[str]) -> float:
    """Code is full of signs that prose is not."""
    signs = sum(len(_CODE.findall(cell)) for cell in cells)
    return 0.4 if signs * 16 > sum(map(len, cells)) else 1


def _most_letters(samples: Sequence[Sequence[str]]) -> int:
    letters = [sum(sum(map(str.isalpha, cell[:_CELL_LENGTH])) for cell in cells) for cells in samples]
    return letters.index(max(letters))
