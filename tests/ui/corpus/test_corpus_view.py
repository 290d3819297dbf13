"""The words that the Corpus tab finds for a text."""

from __future__ import annotations

import re

import pytest

from vae.text.corpus import MAX_CHARACTERS
from vae.text.report import REASONS, Candidate, Report
from vae.ui.corpus import view


def test_every_reason_has_words_and_the_counts_stand_beside_them() -> None:
    dropped = tuple((reason, 1000 + i) for i, reason in enumerate(REASONS))
    kept = 5
    read = kept + sum(count for _, count in dropped)
    shown = view.account(Report("csv", "table", "utf-8", read, kept, dropped))
    rows = re.findall(r"<th scope='row'>([^<]+)</th><td>− ([\d,]+)</td>", shown)
    assert [count for _, count in rows] == [f"{count:,}" for _, count in dropped]
    assert all(words[0].isupper() for words, _ in rows)
    assert len({words for words, _ in rows}) == len(REASONS)
    assert f"{MAX_CHARACTERS} characters" in shown


@pytest.mark.parametrize(("count", "words"), [(1, "1 sentence"), (2, "2 sentences"), (20000, "20,000 sentences")])
def test_counts_are_said_as_one_would_say_them(count: int, words: str) -> None:
    assert view.plural(count, "sentence") == words


def test_all_texts_of_a_file_come_before_its_texts_by_name() -> None:
    names = ("*", "poems/b.txt", "poems/A.txt")
    assert [value for _, value in view.parts(names)] == ["*", "poems/A.txt", "poems/b.txt"]
    assert view.parts(names)[0][0] == "All of them, one after the other"
    assert [value for _, value in view.parts(names[1:])] == ["poems/A.txt", "poems/b.txt"]
    assert "holds 2 texts" in str(view.several(names))
    assert "or all" in str(view.several(names))
    assert "or all" not in str(view.several(names[1:]))


def test_cards_tell_a_columns_name_from_its_lines() -> None:
    asked = "What do you miss most in our library?"
    report = Report(
        "csv", "table", candidates=(Candidate(asked, ("Quiet.", "A clock " * 14 + "…")), Candidate("n", ()))
    )
    (first, column), (second, _) = view.cards(report)
    assert (column, second) == (asked, "n")
    name, short, long = first.split("\n")
    assert (name, short) == (asked, "“Quiet.”")
    assert long.endswith("clock…”")
    assert len(long) <= view.MAX_EXAMPLE + 3
