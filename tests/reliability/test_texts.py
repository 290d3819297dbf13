"""Texts of every shape: a corpus or a message, every line counted, and pieces that give each sentence back."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vae.text.corpus import Corpus, CorpusError, Report, columns, read_corpus
from vae.text.tokenizer import EOS_ID, Tokenizer, train_tokenizer

CELL = st.text(st.sampled_from(" aB1é.,;\t\"'\\\n\r\0\u2581\u2028{}[]:"), max_size=12) | st.sampled_from(
    ["", "a cell", '"', '""', 'a "b" c', "=1+1", "x" * 401, "\ufeff", "\ud83d", "a,b\tc;d", "....", "NaN"]
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELL,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(CELL, inner, max_size=4),
    max_leaves=12,
)
ROWS = st.lists(st.lists(CELL, max_size=4), max_size=12)
SOME = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(SOME, max_examples=20_000)


def table(rows: list[list[str]], delimiter: str, quoting: int) -> bytes:
    """A table as it is written, or, where that cannot be, as somebody careless would."""
    out = io.StringIO()
    try:
        csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
        text = out.getvalue()
    except csv.Error:
        text = "\n".join(delimiter.join(row) for row in rows)
    return text.encode("utf-8", "replace")


def adds_up(data: bytes, name: str) -> Corpus | None:
    """The corpus in a file, its counts checked; None where it was refused in words."""
    try:
        columns(data, name)
        found = read_corpus(data, name)
    except CorpusError:
        return None
    report = found.report
    assert report.read == report.kept + sum(count for _, count in report.dropped)
    assert report.kept == len(found.sentences) == len(set(found.sentences))
    assert Corpus.from_json(found.to_json()) == found
    return found


def tables(rows: list[list[str]], form: tuple[str, str, int]) -> None:
    name, delimiter, quoting = form
    adds_up(table(rows, delimiter, quoting), name)


def values(given_: list[object], form: tuple[str, bool, bool]) -> None:
    name, lines, cut = form
    text = "\n".join(map(json.dumps, given_)) if lines else json.dumps(given_)
    data = text.encode("utf-8", "surrogatepass")
    adds_up(data[: len(data) * 2 // 3] if cut else data, name)


QUOTING = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE, csv.QUOTE_NONNUMERIC])
TABLES = st.tuples(st.sampled_from(["a.csv", "a.tsv", "a.txt"]), st.sampled_from(",\t;|"), QUOTING)
OBJECTS = st.tuples(st.sampled_from(["a.json", "a.jsonl", "a.txt"]), st.booleans(), st.booleans())


@SOME
@given(ROWS, TABLES)
def test_any_table_is_read_or_refused_and_counted(rows: list[list[str]], form: tuple[str, str, int]) -> None:
    tables(rows, form)


@SOME
@given(st.lists(VALUE, max_size=6), OBJECTS)
def test_any_json_is_read_or_refused_and_counted(given_: list[object], form: tuple[str, bool, bool]) -> None:
    values(given_, form)


@pytest.mark.soak
@MANY
@given(ROWS, TABLES)
def test_many_tables_are_read_or_refused_and_counted(rows: list[list[str]], form: tuple[str, str, int]) -> None:
    tables(rows, form)


@pytest.mark.soak
@MANY
@given(st.lists(VALUE, max_size=6), OBJECTS)
def test_much_json_is_read_or_refused_and_counted(given_: list[object], form: tuple[str, bool, bool]) -> None:
    values(given_, form)


# What becomes of each line is known beforehand here: (the line, why it is dropped or "").
GOOD = ("The train was late again.", "We flew a kite until dark.", "Nobody minded at all.", "She likes the lake.")
FATES = (
    ("", "empty"),
    ("   ", "empty"),
    ("...", "no letter or digit"),
    ("–", "no letter or digit"),
    ("y" * 401, "too long"),
)


@st.composite
def fates(draw: st.DrawFn) -> tuple[list[str], dict[str, int]]:
    """Lines, and how many of them are to be dropped for each reason."""
    lines = [*GOOD, *(line for line, _ in draw(st.lists(st.sampled_from(FATES))))]
    lines += draw(st.lists(st.sampled_from(GOOD)))
    lines += [f"Number {i} of this text." for i in range(draw(st.integers(0, 5)))]
    lines = draw(st.permutations(lines))
    expected: dict[str, int] = {}
    known = dict(FATES)
    for i, line in enumerate(lines):
        why = known.get(line) or ("repeated" if line in lines[:i] else "")
        if why:
            expected[why] = expected.get(why, 0) + 1
    return lines, expected


def written(lines: list[str], name: str) -> bytes:
    """The lines as a file of the kind that a name promises, each a record of its own."""
    if name.endswith("txt"):
        text = "".join(f"{line}\n" for line in lines)
    elif name.endswith("json"):
        text = json.dumps([{"id": i, "text": line} for i, line in enumerate(lines)])
    elif name.endswith("jsonl"):
        text = "".join(json.dumps({"id": i, "text": line}) + "\n" for i, line in enumerate(lines))
    else:
        out = io.StringIO()
        writer = csv.writer(out, delimiter="\t" if name.endswith("tsv") else ",")
        writer.writerows([["id", "text"], *([i, line] for i, line in enumerate(lines))])
        text = out.getvalue()
    return text.encode()


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a.json", "a.jsonl"])
@settings(SOME, max_examples=40)
@given(fates())
def test_every_line_is_kept_or_counted_under_its_reason(name: str, fate: tuple[list[str], dict[str, int]]) -> None:
    lines, expected = fate
    layout = "lines" if name == "a.txt" else "auto"
    column = None if name == "a.txt" else "text"
    report: Report = read_corpus(written(lines, name), name, layout=layout, column=column).report
    assert report.read == len(lines)
    assert dict(report.dropped) == expected


# The tokenizer ------------------------------------------------------------------------------------------------------

ALPHABETS = (
    [*range(0x20, 0x7F)], [*range(0xA0, 0x250)], [*range(0x370, 0x700)], [*range(0x900, 0xA00)], [*range(0x20)],
    [*range(0x2580, 0x2590)], [0x2581, 0x2585, 0x20], [0xE0FC, 0xE0FD, 0xE0FE, 0x2581], [*range(0x4E00, 0x5200)],
    [*range(0x1F300, 0x1F650), 0x200D, 0xFE0F], [*range(0x300, 0x370)], [*range(0x10000, 0x10100)],
    [0x2028, 0x85, 0x1C, 0xFEFF, 0x200B, 0xFFFD, 0x10FFFF, 0xFFFE],
)  # fmt: skip


def strings(count: int, seed: int) -> list[str]:
    """Random strings of all scripts, as the corpus reader lets them through."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        lines = []
        for _ in range(500):
            letters = chance.choice(ALPHABETS) + chance.choice(ALPHABETS)
            lines.append(
                "".join(map(chr, chance.choices(letters, k=chance.randrange(1, 60)))) + chance.choice(["", " a"])
            )
        data = "\n".join(line.replace("\r", " ").replace("\n", " ").replace("\0", "") for line in lines).encode()
        found.update(dict.fromkeys(read_corpus(data, layout="lines").sentences))
    return list(found)[:count]


def round_trip(kind: str, count: int) -> None:
    texts = strings(count, seed=5)
    assert sum("\u2581" in text for text in texts) > count / 20
    tokenizer = train_tokenizer(texts[:300], kind, 2000)  # most of what it is asked for it has never seen
    for start in range(0, count, 1000):
        some = texts[start : start + 1000]
        ids = tokenizer.encode(some)
        assert tokenizer.decode(ids) == some
        assert min((i for row in ids for i in row), default=4) > EOS_ID
    assert Tokenizer(tokenizer.model).encode(texts[:100]) == tokenizer.encode(texts[:100])


@pytest.mark.parametrize("kind", ["bpe", "unigram", "char"])
def test_any_text_comes_back_from_its_pieces(kind: str) -> None:
    round_trip(kind, 1_000)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["bpe", "unigram", "char"])
def test_ten_thousand_texts_come_back_from_their_pieces(kind: str) -> None:
    round_trip(kind, 10_000)


def test_words_that_were_learned_come_back() -> None:
    texts = strings(2_000, seed=6)
    tokenizer = train_tokenizer(texts, "word", 32_000)
    assert tokenizer.decode(tokenizer.encode(texts)) == texts


# The hostile files --------------------------------------------------------------------------------------------------


def test_hostile_files_are_of_every_promised_kind() -> None:
    source = (Path(__file__).parents[1] / "fixtures" / "hostile.py").read_text("utf-8")
    space: dict[str, object] = {"__name__": "hostile"}
    exec(compile(source, "hostile.py", "exec"), space)
    names = " ".join(space["FILES"])  # type: ignore[call-overload]
    assert len(space["FILES"]) >= 40  # type: ignore[arg-type]
    kinds = (
        "empty", "one-line", "noise", "utf16", "latin-1", "bom", "nul", "crlf", "100-mb", "unspaced", "rtl", "emoji",
        "unclosed-quote", "broken.jsonl", ".gz",
    )  # fmt: skip
    assert not [kind for kind in kinds if kind not in names]
