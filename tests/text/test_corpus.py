from __future__ import annotations

import importlib.util
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vae.text import corpus, report
from vae.text.corpus import Corpus, CorpusError, Report, columns, lines, read_corpus, statistics
from vae.text.hashing import hashes

HOSTILE = Path(__file__).parents[1] / "fixtures" / "hostile.py"


def _hostile_files() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("hostile", HOSTILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    files: dict[str, Any] = module.FILES
    return files


FILES = _hostile_files()


def _text(*sentences: str) -> bytes:
    return "\n".join(sentences).encode()


def _numbered(count: int) -> Corpus:
    return read_corpus(_text(*(f"This is sentence {i}." for i in range(count))), layout="lines")


# Encodings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "reported"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("latin-1", "cp1252"),
        ("cp1252", "cp1252"),
    ],
)
def test_read_western_encodings_gives_the_same_sentences(encoding: str, reported: str) -> None:
    sentences = ("Ça va très bien, merci.", "Où est la gare, Noël ?", "Grüße von der Straße.")
    found = read_corpus(_text(*sentences).decode().encode(encoding))
    assert found.sentences == sentences
    assert found.report.encoding == reported


@pytest.mark.parametrize(
    ("encoding", "sentences"),
    [
        ("cp1251", ("Я вас любил, любовь ещё быть может.", "В душе моей угасла не совсем.")),
        ("koi8_r", ("Я вас любил, любовь ещё быть может.", "В душе моей угасла не совсем.")),
        ("cp932", ("吾輩は猫である。", "名前はまだ無い。", "どこで生れたかとんと見当がつかぬ。")),
        ("gb18030", ("我迫切需要冷饮。", "玛丽明天会来帮我们。", "我应该在两点半准备好。")),
        ("cp949", ("나는 학교에 간다.", "오늘은 날씨가 매우 좋다.", "무엇을 해야 할지 모르겠다.")),
    ],
)
def test_read_other_old_encodings_detects_them(encoding: str, sentences: tuple[str, ...]) -> None:
    found = read_corpus(_text(*sentences).decode().encode(encoding), layout="lines")
    assert found.sentences == sentences
    assert found.report.encoding == encoding


def test_read_an_old_encoding_whose_accents_come_late_detects_it() -> None:
    data = b"Plain English here.\n" * 20_000 + "Ça va très bien à Noël.\nDéjà vu.\n".encode("cp1252")
    assert read_corpus(data, layout="lines").sentences == (
        "Plain English here.",
        "Ça va très bien à Noël.",
        "Déjà vu.",
    )


# Cleaning and counting ---------------------------------------------------------------------------------


def test_read_counts_every_line_by_reason() -> None:
    data = b"Hello there.\n\n  \nHello   there.\n...\n" + b"x" * 401 + b"\n" + b"y" * 400 + b"\nBye."
    report = read_corpus(data, layout="lines").report
    assert report.dropped == (("empty", 2), ("too long", 1), ("no letter or digit", 1), ("repeated", 1))
    assert (report.read, report.kept) == (8, 3)
    assert (report.kind, report.layout, report.encoding) == ("txt", "lines", "utf-8")


def test_read_max_characters_moves_the_limit() -> None:
    data = _text("Short.", "Also short.", "Rather longer than that.")
    assert read_corpus(data, layout="lines", max_characters=11).sentences == ("Short.", "Also short.")


def test_read_normalises_spaces_and_removes_what_nobody_sees() -> None:
    data = _text("\ufeff Hello\u00a0\u2009there,\u3000you.\t", "zero\u200bwidth \x07bell \u202eturned", "cafe\u0301")
    assert read_corpus(data, layout="lines").sentences == ("Hello there, you.", "zerowidth bell turned", "café")


def test_read_keeps_joiners_and_the_tokenizer_s_own_marks() -> None:
    sentences = ("family 👩\u200d👧 here", "می\u200cخواهم", "block ▁ and ▅")
    assert read_corpus(_text(*sentences), layout="lines").sentences == sentences


def test_read_splits_lines_at_cr_and_lf_only() -> None:
    data = "One\x0btwo.\rThree\x85four.\r\nFive\u2028six.\nSeven.".encode()
    assert read_corpus(data, layout="lines").sentences == ("One two.", "Three four.", "Five six.", "Seven.")


def test_lines_keeps_every_line_in_order() -> None:
    assert lines(b"\xef\xbb\xbf One  line.\r\n\r\nSame.\rSame.\n" + b"z" * 900) == [
        "One line.", "", "Same.", "Same.", "z" * 900,
    ]  # fmt: skip


def test_read_too_little_says_what_was_read() -> None:
    with pytest.raises(CorpusError, match=r"At least 2 .*: 3 lines read, 1 kept \(2 repeated\)"):
        read_corpus(b"Again.\nAgain.\nAgain.\n", layout="lines")
    with pytest.raises(CorpusError, match="empty"):
        read_corpus(b"")


def test_every_reason_to_drop_a_record_has_words() -> None:
    seven = Report("txt", "lines", "utf-8", 7, 1, tuple((reason, 1) for reason in report.REASONS))
    message = report.too_few_sentences(seven)
    assert message.key == "text.too_few_lines"
    assert f"(1 {', 1 '.join(report.REASONS)})" in str(message)  # which are in English themselves
    assert [part.values["reason"].key for part in report.dropped_words(seven)]


def test_read_too_large_a_file_says_so() -> None:
    with pytest.raises(CorpusError, match=r"2\.0 MB; at most 1\.0 MB"):
        read_corpus(b"a\n" * 1_000_000, max_bytes=1_000_000)


@pytest.mark.parametrize("wrong", [{"layout": "poem"}, {"max_characters": 0}, {"max_characters": 10_001}])
def test_read_wrong_arguments_raise_plain_value_errors(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be") as caught:
        read_corpus(b"Hello.\nBye.\n", **wrong)
    assert not isinstance(caught.value, CorpusError)


# Layout ------------------------------------------------------------------------------------------------

WRAPPED = """\
CHAPTER I

It was a dark and stormy night when Mr. Jones, who lived at No. 5
Mill Lane, heard a knock. "Who is there?" he asked, e.g. as one
does. Nobody answered... J. R. Smith had left at 5 p.m. He would
never come back! The price was 3.50 dollars on Jan. 5, 1990. Dr.
Lee said so.

    Then the well-
known kite of the U.S. Army came down. (It was sad.) He walked to
the sea, and the sea was cold and grey, as it always is.
"""


def test_read_wrapped_text_is_joined_and_split_into_sentences() -> None:
    found = read_corpus(WRAPPED.encode())
    assert found.report.layout == "running"
    assert found.sentences == (
        "CHAPTER I",
        "It was a dark and stormy night when Mr. Jones, who lived at No. 5 Mill Lane, heard a knock.",
        '"Who is there?" he asked, e.g. as one does.',
        "Nobody answered...",
        "J. R. Smith had left at 5 p.m.",
        "He would never come back!",
        "The price was 3.50 dollars on Jan. 5, 1990.",
        "Dr. Lee said so.",
        "Then the well-known kite of the U.S. Army came down.",
        "(It was sad.)",
        "He walked to the sea, and the sea was cold and grey, as it always is.",
    )
    assert found.report.read == 11


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("他来了。我们走吧！你呢？", ("他来了。", "我们走吧！", "你呢？")),
        ("这个句子在这里被换\n行了。下一句。", ("这个句子在这里被换行了。", "下一句。")),
        ("他说：“你好。”再见。", ("他说：“你好。”", "再见。")),
        ("मैं जाता हूँ। वह आता है।", ("मैं जाता हूँ।", "वह आता है।")),
        ("Ça va ? « Oui ! » Il part.", ("Ça va ?", "« Oui ! »", "Il part.")),
        ("Er kam am 3. Mai. Dann ging er z.B. heim.", ("Er kam am 3. Mai.", "Dann ging er z.B. heim.")),
        ("1. Wash it. 2. Dry it.", ("1. Wash it.", "2. Dry it.")),
        ("i like cats. do you? yes!", ("i like cats.", "do you?", "yes!")),
        ('"Go," she said. “Why?” I left.', ('"Go," she said.', "“Why?”", "I left.")),
        ("Really?! Yes… Fine.", ("Really?!", "Yes…", "Fine.")),
    ],
)
def test_read_running_text_finds_the_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert read_corpus(text.encode(), layout="running").sentences == sentences


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("I had something else in mind.\nYou're getting closer.\nHe speaks French. Fluently.\n", "lines"),
        (" no it was n't black monday \n but while the new york stock exchange did n't fall apart friday as the \n"
         " some circuit breakers installed after the october N crash failed their first test \n ok \n", "lines"),
        ("Roses are red\nViolets are blue\nSugar is sweet\nAnd so are you\n", "lines"),
        ("我迫切需要冷饮。\n玛丽明天会来帮我们。\n念这个。\n", "lines"),
        ("A paragraph comes first. It has two sentences.\nAnother follows it. Two again. Three!\n", "running"),
        ("One line only. It has two sentences.", "running"),
        (WRAPPED, "running"),
    ],
)  # fmt: skip
def test_read_auto_tells_lines_from_running_text(text: str, layout: str) -> None:
    assert read_corpus(text.encode()).report.layout == layout


def test_read_layout_lines_keeps_two_sentences_on_their_line() -> None:
    data = b"One here. Two here.\nThree here. Four here.\n"
    assert read_corpus(data, layout="lines").sentences == ("One here. Two here.", "Three here. Four here.")
    assert len(read_corpus(data).sentences) == 4


# Tables and JSON ---------------------------------------------------------------------------------------

CSV = b'id,review,mood\n1,"Good, really.",happy\n2,"They said ""no"".",sad\n3,"Good, really.",angry\n4,,sad\n'


def test_read_csv_chooses_the_text_and_aligns_the_labels() -> None:
    found = read_corpus(CSV, "reviews.csv", label_column="mood")
    assert found.sentences == ("Good, really.", 'They said "no".')
    assert found.labels == ("happy", "sad")
    report = found.report
    assert (report.kind, report.layout, report.column, report.label_column) == ("csv", "table", "review", "mood")
    assert (report.read, report.kept, report.dropped) == (4, 2, (("empty", 1), ("repeated", 1)))


def test_read_csv_takes_the_column_asked_for_in_any_case() -> None:
    found = read_corpus(CSV, "reviews.csv", column=" MOOD ")
    assert found.sentences == ("happy", "sad", "angry")
    assert found.labels is None


def test_read_csv_unknown_column_lists_the_columns() -> None:
    with pytest.raises(CorpusError, match=r'no column "words".*id, review, mood'):
        read_corpus(CSV, "reviews.csv", column="words")
    with pytest.raises(CorpusError, match="plain text"):
        read_corpus(b"Hello.\nBye.\n", column="words")


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.csv", CSV, ("id", "review", "mood")),
        ("a.tsv", b"id\ttext\n1\tHello.\n", ("id", "text")),
        ("a.csv", b"Hello there, you.;good\nSee you soon.;bad\nBye.;bad\n", ("column 1", "column 2")),
        ("a.csv", b"text,text,\nHello.,Bye.,x\n", ("text", "text (2)", "column 3")),
        (
            "a.csv",
            b"mein satz\nDas ist ein recht langer Satz, sagte er.\nUnd das auch, sagte sie.\n",
            ("mein satz",),
        ),
        ("a.jsonl", b'{"text": "Hello.", "n": 1}\n{"text": "Bye.", "more": 2}\n', ("text", "n", "more")),
        ("a.json", b'{"version": 1, "rows": [{"de": "Hallo.", "en": "Hello."}]}', ("rows[].de", "rows[].en")),
        ("a.json", b'{"text": ["Hello.", "Bye."], "label": [0, 1]}', ("text", "label")),
        ("a.json", b'["Hello.", "Bye."]', ()),
        ("a.txt", b"Hello, you.\nBye, you.\n", ()),
        ("noname", b"Hello, you.\nBye, you.\nCome, all.\n", ()),
        ("noname", b"id,text\n1,Hello.\n2,Bye.\n", ("id", "text")),
        ("pasted.txt", b"1\tHello.\n2\tBye.\n", ("column 1", "column 2")),
    ],
)
def test_columns_names_them(name: str, data: bytes, expected: tuple[str, ...]) -> None:
    assert columns(data, name) == expected


def test_read_csv_without_a_header_loses_no_row() -> None:
    found = read_corpus(b"Hello there, you.;good\nSee you soon.;bad\n", "a.csv", label_column="column 2")
    assert (found.sentences, found.labels) == (("Hello there, you.", "See you soon."), ("good", "bad"))


def test_read_csv_of_one_column_keeps_unquoted_commas() -> None:
    found = read_corpus(b'text\nWell, hello, you.\n"Quoted, too."\nBye.\n', "a.csv")
    assert found.sentences == ("Well, hello, you.", "Quoted, too.", "Bye.")


def test_read_csv_cells_over_several_lines_become_one_line() -> None:
    assert read_corpus(b'id,text\n1,"Hello\r\nthere."\n2,Bye.\n', "a.csv").sentences == ("Hello there.", "Bye.")


def test_read_csv_mends_rows_with_a_comma_in_the_text_and_counts_those_that_slipped() -> None:
    table = b"text,label\nHello.,a\nWell, then,b\nOne,two,three,four\nBye.\nYes.,c\n"
    found = read_corpus(table, "a.csv", label_column="label")
    assert (found.sentences, found.labels) == (("Hello.", "Well, then", "Bye.", "Yes."), ("a", "b", "", "c"))
    assert found.report.dropped == (("more cells than columns", 1),)


def test_read_csv_unclosed_quote_names_the_line() -> None:
    with pytest.raises(CorpusError, match=r"line 3: a quotation mark is opened and never closed"):
        read_corpus(b'text,label\nHello.,a\n"Bye.,b\nYes.,c\n', "a.csv")


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (b'"Bye.,b\n', "text.unclosed_quote"),
        (b'"Bye." she said.,b\n', "text.after_closing_quote"),
        (b"x" * 140_000 + b",b\n", "text.cell_too_long"),
    ],
)
def test_read_broken_csv_names_the_reason_by_its_key(end: bytes, reason: str) -> None:
    with pytest.raises(CorpusError) as caught:
        read_corpus(b"text,label\nHello.,a\n" + end, "a.csv")
    message = caught.value.message
    assert message.key == "text.table_broken"
    assert (message.values["line"], message.values["reason"].key) == (3, reason)


def test_read_tsv_takes_quotation_marks_literally_when_they_do_not_pair() -> None:
    found = read_corpus(b'text\tlabel\n"Go!" he said.\ta\nA 5" nail.\tb\n', "a.tsv")
    assert found.sentences == ('"Go!" he said.', 'A 5" nail.')
    assert found.report.kind == "tsv"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.json", '["Hello.", "Bye."]', "json"),
        ("a.json", '{"rows": ["Hello.", "Bye."]}', "json"),
        ("a.json", '[{"id": 1, "text": "Hello."}, {"id": 2, "text": "Bye."}]', "json"),
        ("a.jsonl", '{"id": 1, "text": "Hello."}\n{"id": 2, "text": "Bye."}\n', "jsonl"),
        ("a.jsonl", '"Hello."\n"Bye."\n', "jsonl"),
        ("a.json", '{"text": "Hello."}\n{"text": "Bye."}\n', "jsonl"),
        ("a.jsonl", '{\n"rows": ["Hello.",\n "Bye."]}', "json"),
        ("pasted.txt", '{"text": "Hello."}\n{"text": "Bye."}\n', "jsonl"),
        ("pasted.txt", '["Hello.", "Bye."]', "json"),
        ("a.csv", '["Hello.", "Bye."]', "json"),
        ("a.json", "Hello.\nBye.\n", "txt"),
        ("a.txt", "id\ttext\n1\tHello.\n2\tBye.\n", "tsv"),
        ("noname", "id;text\n1;Hello.\n2;Bye.\n", "csv"),
    ],
)
def test_read_formats_by_name_or_content(name: str, text: str, kind: str) -> None:
    found = read_corpus(text.encode(), name)
    assert found.sentences == ("Hello.", "Bye.")
    assert found.report.kind == kind


def test_read_layout_given_takes_json_for_text() -> None:
    assert read_corpus(b'{"a": "b"}\n{"a": "c"}\n', layout="lines").report.kind == "txt"


def test_read_json_numbers_are_labels_and_never_text() -> None:
    rows = [
        {"text": "Hello.", "label": 1},
        {"text": 17, "label": 0},
        {"text": "Bye.", "label": True},
        {"label": 2},
    ]
    found = read_corpus(json.dumps(rows).encode(), "a.json", column="text", label_column="label")
    assert (found.sentences, found.labels) == (("Hello.", "17", "Bye."), ("1", "0", "true"))
    assert found.report.dropped == (("no text in the column", 1),)


# The hostile files -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, Any]]:
    """What became of each hostile file, read by a process of its own, whose memory can be told."""
    root = str(Path(corpus.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-W", "error", str(HOSTILE)],
        env=os.environ | {"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"},
        capture_output=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", FILES, ids=lambda name: name[:40])
def test_read_hostile_file_gives_a_corpus_or_a_message(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    expected = FILES[name][1]
    row = outcomes[name]
    assert row["outcome"] == ("CorpusError" if expected else "corpus"), row
    assert expected in row["message"]
    assert row["seconds"] < 30
    assert row["peak"] < 2 * 2**30


# Split, hashes, statistics, files ----------------------------------------------------------------------


def _key(sentence: str) -> int:
    return int.from_bytes(blake2b(sentence.encode(), digest_size=8).digest(), "little")


@pytest.mark.parametrize(("count", "held"), [(2, 1), (29, 1), (30, 2), (1000, 50), (50_500, 2500)])
def test_split_holds_out_five_per_cent_within_bounds(count: int, held: int) -> None:
    whole = _numbered(count)
    train, validation = whole.split()
    assert len(validation) == held
    assert sorted([*train, *validation]) == sorted(whole.sentences)
    assert [*validation, *train] == sorted(whole.sentences, key=_key)


def test_line_end_is_one_wherever_the_text_is_cut_to_be_decoded() -> None:
    data = b"abc\r\n" + b"ab\r\n" * 300_000  # its bytes 2^20 - 1 and 2^20 are a CR and its LF
    assert data[2**20 - 1 : 2**20 + 1] == b"\r\n"
    assert lines(data) == ["abc", *["ab"] * 300_000]
    assert lines("é€𝄞\r".encode() * 200_000) == ["é€𝄞"] * 200_000


def test_split_takes_the_smallest_hashes_on_every_machine() -> None:
    assert _numbered(60).split()[1] == ["This is sentence 32.", "This is sentence 27.", "This is sentence 9."]


def test_hashes_are_sorted_distinct_and_pinned() -> None:
    found = hashes(["Hello.", "Grüße.", "Hello."])
    assert found.dtype == np.uint32
    expected = {int.from_bytes(blake2b(s.encode(), digest_size=4).digest(), "little") for s in ("Hello.", "Grüße.")}
    assert found.tolist() == sorted(expected)
    assert hashes([]).shape == (0,)


def test_statistics_count_words() -> None:
    found = statistics(read_corpus(_text("The cat saw the dog.", "A dog!", "Cat, “Dog” — bird"), layout="lines"))
    assert (found.unit, found.sentences, found.words, found.vocabulary) == ("words", 3, 11, 6)
    assert found.mean_words == pytest.approx(11 / 3)
    assert found.frequent[:3] == (("dog", 3), ("cat", 2), ("the", 2))
    assert found.lengths == (("1", 0), ("2", 1), ("3", 0), ("4", 1), ("5", 1))


def test_statistics_count_characters_where_there_are_no_spaces() -> None:
    found = statistics(read_corpus("我迫切需要冷饮。\n我走了。\n".encode(), layout="lines"))
    assert (found.unit, found.words, found.frequent[0]) == ("characters", 10, ("我", 2))


def test_statistics_histogram_covers_every_sentence() -> None:
    whole = read_corpus(_text(*(" ".join(f"w{i}" for i in range(n)) for n in range(1, 100))), layout="lines")
    found = statistics(whole)
    assert sum(count for _, count in found.lengths) == len(whole.sentences)
    assert found.lengths[0] == ("1–10", 10)


def test_corpus_survives_pickle_and_json_unchanged() -> None:
    found = read_corpus("id,text,label\n1,Grüße 👩\u200d👧.,ja\n2,Bye.,nein\n".encode(), "a.csv", label_column="label")
    assert pickle.loads(pickle.dumps(found)) == found
    assert Corpus.from_json(found.to_json()) == found
    assert Corpus.from_json(_numbered(5).to_json()) == _numbered(5)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw.pop("sentences"),
        lambda raw: raw["sentences"].append(5),
        lambda raw: raw["sentences"].append(raw["sentences"][0]),
        lambda raw: raw.update(labels=["one"]),
        lambda raw: raw.update(name=3),
        lambda raw: raw["report"].update(read=99),
        lambda raw: raw["report"].update(extra=1),
        lambda raw: raw["report"].update(dropped=7),
    ],
)
def test_corpus_from_damaged_json_is_refused(damage: Any) -> None:
    raw = json.loads(_numbered(5).to_json())
    damage(raw)
    with pytest.raises(CorpusError):
        Corpus.from_json(json.dumps(raw).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"5", b"\xff", b"[" * 100_000])
def test_corpus_from_other_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(CorpusError):
        Corpus.from_json(data)


# Properties --------------------------------------------------------------------------------------------

TEXTS = st.lists(st.text(st.characters(codec="utf-8") | st.sampled_from(" .!\"'\u0301\u200b。\t\r\n,aA1"))).map(
    "\n".join
)
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


READINGS = (("a.txt", "lines"), ("a.txt", "running"), ("a.txt", "auto"), ("a.csv", "auto"), ("a.jsonl", "auto"))


def _corpora(data: bytes) -> Iterator[Corpus]:
    """The corpora that are found in the data, read in each way; where there is none, an error says so."""
    for name, layout in READINGS:
        with suppress(CorpusError):
            yield read_corpus(data, name, layout=layout)


@MANY
@given(TEXTS)
def test_read_any_text_gives_clean_sentences_and_counts_that_add_up(text: str) -> None:
    for found in _corpora(text.encode()):
        assert found.report.read == len(found.sentences) + sum(count for _, count in found.report.dropped)
        for sentence in found.sentences:
            assert sentence == " ".join(sentence.split())
            assert 1 <= len(sentence) <= 400
            assert sentence.encode().decode() == sentence


@MANY
@given(TEXTS)
def test_read_what_was_read_gives_the_same_again(text: str) -> None:
    for found in _corpora(text.encode()):
        assert read_corpus(_text(*found.sentences), layout="lines").sentences == found.sentences
        assert lines(_text(*found.sentences)) == list(found.sentences)


@MANY
@given(st.binary(max_size=300))
def test_read_any_bytes_give_a_corpus_or_a_corpus_error(data: bytes) -> None:
    for found in _corpora(data):
        assert Corpus.from_json(found.to_json()) == found
