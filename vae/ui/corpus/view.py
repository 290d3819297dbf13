"""What the Corpus tab shows of a text: values for the drawn components, and two passages of HTML, all escaped."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from vae.messages.message import Message
from vae.text.cleaning import clean
from vae.text.containers.zip_archive import ALL
from vae.text.corpus import MAX_CHARACTERS, Corpus, Statistics
from vae.text.encodings.guess import encoding_choices
from vae.text.report import (
    CHAT_NOTE,
    EMPTY,
    NO_TEXT,
    REPEATED,
    TOO_LONG,
    TOO_MANY_CELLS,
    UNREADABLE,
    Candidate,
    Report,
)
from vae.text.telling import told
from vae.ui.components.drawn import line

SHOWN = 4  # sentences in each list of the preview
FREQUENT = 12
MAX_EXAMPLE = 72  # characters of a line on a card
MAX_PART = 120  # characters that are shown of the name of a text in a file, its last
FOUND_OUT = "Detect it"  # what is not chosen

_REASONS = {
    EMPTY: "Empty",
    NO_TEXT: "No text in the column",
    TOO_MANY_CELLS: "More cells than columns",
    TOO_LONG: f"Too long (over {MAX_CHARACTERS} characters)",
    UNREADABLE: "Without a letter or digit",
    CHAT_NOTE: "Notes of the chat itself, written by nobody",
    REPEATED: "Repeated, word for word",
}


def plural(count: int, word: str) -> str:
    """`1 sentence`, `20,000 sentences`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def figures(corpus: Corpus, statistics: Statistics) -> str:
    """The text's name, its statistics in words, and how it was read."""
    unit = statistics.unit.removesuffix("s")
    said = (
        f"<b>{plural(statistics.sentences, 'sentence')}</b> of {statistics.mean_words:.1f} {statistics.unit} "
        f"on average: {plural(statistics.words, unit)} in all, {statistics.vocabulary:,} of them different."
    )
    report = corpus.report
    how = [str(line) for line in told(report).values()]
    if report.label_column and corpus.labels:
        how.append(f"{plural(len(set(corpus.labels)), 'label')} from “{report.label_column}”.")
    return f"<h2 dir='auto'>{escape(corpus.name)}</h2><p>{said}</p><p class='small'>{escape(' '.join(how))}</p>"


def cards(report: Report) -> list[tuple[str, str]]:
    """The columns that may be the text, each with its first lines, as choices: (what the card says, its column).

    The lines are quoted: a name may be a question as long as they are.
    """
    return [("\n".join((one.name, *map(_quoted, one.examples))), one.name) for one in report.candidates]


def _quoted(example: str) -> str:
    return f"“{example if len(example) <= MAX_EXAMPLE else example[:MAX_EXAMPLE].rstrip(' …') + '…'}”"


def parts(names: Sequence[str]) -> list[tuple[str, str]]:
    """The texts of a file as choices, in the order in which their names are looked for, behind all of them."""
    named = [name for name in names if name != ALL]
    every = [("All of them, one after the other", ALL)] if ALL in names else []
    return [*every, *((clean(name)[-MAX_PART:], name) for name in sorted(named, key=str.casefold))]


def several(parts: Sequence[str]) -> Message:
    """That one of a file's texts has to be chosen."""
    key = "ui.corpus.several_texts_or_all" if ALL in parts else "ui.corpus.several_texts"
    return Message(key, count=sum(part != ALL for part in parts))


def encodings(plausible: Sequence[Candidate]) -> list[tuple[str, str]]:
    """All encodings as choices, the plausible ones first, each with a line as it reads it."""
    names = {choice.encoding: str(choice.name) for choice in encoding_choices()}
    likely = {
        one.name: ": ".join((names.get(one.name, one.name), *(f"“{example}”" for example in one.examples)))
        for one in plausible
    }
    rest = ((name, encoding) for encoding, name in names.items() if encoding not in likely)
    return [(FOUND_OUT, ""), *((words, encoding) for encoding, words in likely.items()), *rest]


def first(corpus: Corpus) -> list[dict[str, Any]]:
    """The sentences the text begins with, as values of `drawn.lines`."""
    return _lines(corpus, range(min(SHOWN, len(corpus.sentences))))


def anywhere(corpus: Corpus, seed: int) -> list[dict[str, Any]]:
    """Sentences drawn at random, in the text's order."""
    count = len(corpus.sentences)
    return _lines(corpus, sorted(random.Random(seed).sample(range(count), min(SHOWN, count))))


def _lines(corpus: Corpus, rows: Iterable[int]) -> list[dict[str, Any]]:
    return [line(corpus.sentences[i], badge=corpus.labels[i] if corpus.labels else "") for i in rows]


def counts(pairs: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Pairs of (label, count) as values of `drawn.bars`."""
    return [{"label": label, "count": count} for label, count in pairs]


def account(report: Report) -> str:
    """What became of everything read: what was kept, and what was not, by reason. The counts add up."""
    unit = {"running": "sentences", "table": "rows"}.get(report.layout, "lines")
    if report.read == report.kept:
        return f"<h3>What was left out</h3><p>Nothing: all {report.read:,} {unit} that were read were kept.</p>"
    rows = "".join(
        f"<tr><th scope='row'>{escape(_REASONS[reason])}</th><td>− {count:,}</td></tr>"
        for reason, count in report.dropped
    )
    return (
        "<h3>What was left out, and why</h3><table>"
        f"<tr><th scope='row'>{unit.capitalize()} read</th><td>{report.read:,}</td></tr>{rows}"
        f"<tr><th scope='row'>Kept</th><td>{report.kept:,}</td></tr></table>"
        f"<p class='small'>The counts add up: {report.kept:,} kept and {report.read - report.kept:,} left out "
        f"make the {report.read:,} that were read.</p>"
    )
