"""What the report of a text says: what was taken for what, why, and what else was possible."""

from __future__ import annotations

from typing import Any

import pytest

from vae.text.corpus import Corpus, CorpusError, columns, lines, read_corpus
from vae.text.telling import told

TABLE = (
    b"id;comment;answer;kind\n"
    b"1;The hen is asleep.;Let it be.;a\n2;It snores all day.;So do you.;b\n"
    b"3;Who fed the cat?;Nobody did.;a\n4;Close the red gate.;It is closed.;b\n"
)


def test_report_says_what_was_taken_for_what_and_what_else_was_possible() -> None:
    report = read_corpus(TABLE, "hens.txt").report
    assert (report.kind, report.separator, report.format_why) == ("csv", ";", "looks")
    assert (report.column, report.column_why, report.split) == ("comment", "name", "none")
    assert [one.name for one in report.candidates] == ["comment", "answer"]
    assert report.candidates[1].examples == ("Let it be.", "So do you.", "Nobody did.")
    assert list(told(report)) == ["encoding", "format", "column", "layout", "split"]
    assert "“;”" in str(told(report)["format"])


def test_choices_overrule_what_was_found() -> None:
    answers = read_corpus(TABLE, "hens.txt", column="answer")
    assert answers.sentences[0] == "Let it be."
    assert (answers.report.column_why, answers.report.candidates[0].name) == ("chosen", "comment")
    plain = read_corpus(TABLE, "hens.txt", format="txt")
    assert (plain.report.kind, plain.report.format_why) == ("txt", "chosen")
    assert plain.sentences[1] == "1;The hen is asleep.;Let it be.;a"
    assert columns(TABLE, "hens.txt", format="txt") == ()


@pytest.mark.parametrize(
    ("options", "count", "sentences"),
    [
        ({}, 0, ("One. Two.", "Three.", "Four.", "Five.")),
        ({"split": "sentences"}, 1, ("One.", "Two.", "Three.", "Four.", "Five.")),
        ({"max_characters": 5}, 1, ("One.", "Two.", "Four.", "Five.")),
    ],
)
def test_cells_that_were_split_are_counted(options: dict[str, Any], count: int, sentences: tuple[str, ...]) -> None:
    found = read_corpus(b"text,n\nOne. Two.,1\nThree.,2\nFour.,3\nFive.,4\n", "a.csv", **options)
    assert (found.sentences, found.report.cells_split) == (sentences, count)
    assert found.report.read == found.report.kept + sum(n for _, n in found.report.dropped)


def test_labels_follow_their_sentences_through_nesting_and_splitting() -> None:
    data = b'[{"who": "ann", "said": ["I am. You are.", "He is."]}, {"who": "bo", "said": ["We are. They are."]}]'
    found = read_corpus(data, "a.json", column="said", label_column="who", split="sentences")
    assert found.sentences == ("I am.", "You are.", "He is.", "We are.", "They are.")
    assert found.labels == ("ann", "ann", "ann", "bo", "bo")


def test_chat_counts_its_notes_and_gives_names_as_labels() -> None:
    said = ("Ann left", "Ann: Hi", "Bo: Ho", "Bo: <Media omitted>")
    chat = "".join(f"1/2/24, 9:1{i} AM - {one}\n" for i, one in enumerate(said))
    found = read_corpus(chat.encode(), "c.txt", label_column="name")
    assert (found.sentences, found.labels) == (("Hi", "Ho"), ("Ann", "Bo"))
    assert found.report.dropped == (("a note of the chat", 2),)


def test_report_survives_its_file() -> None:
    found = read_corpus(TABLE, "hens.txt", label_column="kind")
    assert Corpus.from_json(found.to_json()) == found


@pytest.mark.parametrize("options", [{"split": "words"}, {"format": "doc"}])
def test_wrong_options_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))) as caught:
        read_corpus(TABLE, "hens.txt", **options)
    assert not isinstance(caught.value, CorpusError)


def test_lines_of_other_formats_are_their_sentences_in_order_and_again() -> None:
    assert lines(b"text\nYes.\nNo.\nYes.\n", "a.csv") == ["Yes.", "No.", "Yes."]
    assert lines(b"A line. Two.\n\nA line. Two.\n", "a.txt") == ["A line. Two.", "", "A line. Two."]
    assert lines(b"A line. Two.\n", "a.txt", layout="running") == ["A line.", "Two."]


def test_path_of_json_may_be_named_by_its_end_unless_two_end_so() -> None:
    data = (
        b'{"rows": [{"row": {"text": "Hi there."}, "other": {"text": "No."}}, {"row": {"text": "Ho."}, "other": {}}]}'
    )
    assert read_corpus(data, "a.json", column="rows[].row.text").sentences == ("Hi there.", "Ho.")
    assert read_corpus(data, "a.json", column="row.text").sentences == ("Hi there.", "Ho.")
    with pytest.raises(CorpusError, match="rows"):
        read_corpus(data, "a.json", column="text")
