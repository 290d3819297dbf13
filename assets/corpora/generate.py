"""Write the texts of this folder: `python assets/corpora/generate.py`; with `--check`, only compare them.

Each text comes from the hand-written patterns in `patterns/` (grammar.py explains their language) and one
seed, and is the same to the byte on every machine.
"""

from __future__ import annotations

import argparse
import csv
import heapq
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from grammar import Writer, read_patterns, read_verbs, read_words

FOLDER = Path(__file__).resolve().parent
SEED = 1
LARGEST_SHARE = 0.01  # of a text's sentences that may come from one pattern
PATIENCE = 60  # tries in a row that bring nothing new before a pattern counts as used up


@dataclass(frozen=True, slots=True)
class Text:
    """A text to write: its columns, and its parts of equal size, each a patterns file with its own words."""

    name: str
    columns: tuple[str, ...]
    parts: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, its labels, and the place of the pattern that wrote it."""

    text: str
    labels: tuple[str, ...]
    place: str


TEXTS = (
    Text("everyday-english.tsv", ("sentence", "tense", "topic", "sentiment"), ("everyday",), 20_000),
    Text("restaurant-opinions.csv", ("sentence", "sentiment"), ("restaurant",), 6_000),
    Text("weather-two-languages.csv", ("sentence", "language"), ("weather-english", "weather-german"), 6_000),
)


def sentences(text: Text) -> list[Sentence]:
    """The text's sentences, all distinct, in a seeded order; ValueError where its patterns do not suffice."""
    seen: set[str] = set()
    most = int(text.size * LARGEST_SHARE)
    written = [s for part in text.parts for s in _part(part, text.size // len(text.parts), most, seen)]
    rng = Random(SEED)
    return [written[i] for _, i in sorted((rng.random(), i) for i in range(len(written)))]


def _part(part: str, count: int, most: int, seen: set[str]) -> Iterator[Sentence]:
    folder = FOLDER / "patterns"
    writer = Writer(read_words(folder / f"{part}-words.txt"), read_verbs(folder / "irregular-verbs.txt"))
    patterns = read_patterns(folder / f"{part}.txt")
    # A source of its own for each pattern: to change one leaves what the others write alone.
    sources = [Random(f"{SEED} {pattern.template}") for pattern in patterns]
    numbers = [0] * len(patterns)
    # The least used pattern goes next. The square makes long sentences rarer than short ones, as in speech.
    queue = [(0, i) for i in range(len(patterns))]
    while count and queue:
        used, i = heapq.heappop(queue)
        tries = (writer.sentence(patterns[i], sources[i]) for _ in range(PATIENCE))
        found = next((sentence for sentence in tries if sentence not in seen), None)
        if found is None:
            continue
        seen.add(found)
        count -= 1
        numbers[i] += 1
        yield Sentence(found, patterns[i].labels, patterns[i].place)
        if numbers[i] < most:
            heapq.heappush(queue, (used + len(found) ** 2, i))
    if count:
        raise ValueError(f"the patterns of {part} are used up: {count} sentences are missing")


def encode(text: Text, rows: Sequence[Sentence]) -> bytes:
    """The file of a text: UTF-8, a heading, one line feed a row."""
    out = io.StringIO()
    table = csv.writer(out, delimiter="\t" if text.name.endswith(".tsv") else ",", lineterminator="\n")
    table.writerow(text.columns)
    table.writerows((row.text, *row.labels) for row in rows)
    return out.getvalue().encode("utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files; with --check, compare them instead and give 1 where one differs."""
    parser = argparse.ArgumentParser(description="Write the texts of this folder from their patterns.")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare the files")
    check = parser.parse_args(arguments).check
    differs = False
    for text in TEXTS:
        path, data = FOLDER / text.name, encode(text, sentences(text))
        if not check:
            path.write_bytes(data)
            print(f"{text.name}: {text.size} sentences written")
        elif not path.is_file() or path.read_bytes() != data:
            differs = True
            print(f"{text.name} differs from what its patterns write")
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
