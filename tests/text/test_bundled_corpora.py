"""The texts we ship are what their generator writes, and read like language."""

from __future__ import annotations

import csv
import importlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

CORPORA = Path(__file__).resolve().parents[2] / "assets" / "corpora"
TOPICS = {
    *("animals", "books", "clothes", "daily", "family", "food", "friends", "garden", "health", "home", "mood"),
    *("music", "nature", "party", "school", "shops", "sport", "town", "travel", "weather", "work"),
}
LABELS = {
    "everyday-english.tsv": {
        "tense": {"past", "present", "future"},
        "topic": TOPICS,
        "sentiment": {"positive", "neutral", "negative"},
    },
    "restaurant-opinions.csv": {"sentiment": {"positive", "negative", "mixed"}},
    "weather-two-languages.csv": {"language": {"English", "German"}},
}
SIZES = {"everyday-english.tsv": 20_000, "restaurant-opinions.csv": 6_000, "weather-two-languages.csv": 6_000}
PATTERNS = {"everyday-english.tsv": 300, "restaurant-opinions.csv": 100, "weather-two-languages.csv": 120}
each_text = pytest.mark.parametrize("name", list(SIZES))


@pytest.fixture(scope="module")
def modules() -> Any:
    """The generator's two modules, which are scripts beside the texts and no package."""
    sys.path.insert(0, str(CORPORA))
    yield {name: importlib.import_module(name) for name in ("generate", "grammar")}
    sys.path.remove(str(CORPORA))


@pytest.fixture(scope="module")
def written(modules: dict[str, ModuleType]) -> dict[str, Any]:
    """Each text's name to what the generator writes now: (text, sentences)."""
    generate = modules["generate"]
    return {text.name: (text, generate.sentences(text)) for text in generate.TEXTS}


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a shipped file."""
    content = (CORPORA / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(content), delimiter="\t" if name.endswith(".tsv") else ","))


@each_text
def test_shipped_file_is_what_the_generator_writes(
    name: str, written: dict[str, Any], modules: dict[str, ModuleType]
) -> None:
    shipped = (CORPORA / name).read_bytes()
    assert modules["generate"].encode(*written[name]) == shipped
    assert len(shipped) < 2**20
    assert b"\r" not in shipped


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_check_passes_whatever_the_order_of_hashes(hash_seed: str) -> None:
    command = [sys.executable, str(CORPORA / "generate.py"), "--check"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_check_names_a_file_that_differs(
    tmp_path: Path, modules: dict[str, ModuleType], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    generate = modules["generate"]
    restaurant = generate.TEXTS[1]
    monkeypatch.setattr(generate, "TEXTS", (restaurant,))
    shutil.copytree(CORPORA / "patterns", tmp_path / "patterns")
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    path = tmp_path / restaurant.name
    path.write_bytes(path.read_bytes().replace(b"soup", b"soap", 1))
    capsys.readouterr()
    assert generate.main(["--check"]) == 1
    assert restaurant.name in capsys.readouterr().out


@each_text
def test_sentences_are_as_many_as_promised_and_distinct(name: str) -> None:
    texts = [row["sentence"] for row in rows(name)]
    assert len(texts) == len({text.casefold() for text in texts}) == SIZES[name]


@each_text
def test_no_pattern_writes_more_than_one_percent(name: str, written: dict[str, Any]) -> None:
    text, sentences = written[name]
    shares = Counter(sentence.place for sentence in sentences)
    assert len(shares) >= PATTERNS[name]
    assert max(shares.values()) <= text.size / 100


def test_each_language_of_the_weather_has_sixty_patterns_and_half_of_the_sentences(written: dict[str, Any]) -> None:
    _, sentences = written["weather-two-languages.csv"]
    assert Counter(sentence.labels for sentence in sentences) == {("English",): 3_000, ("German",): 3_000}
    places = {(sentence.labels, sentence.place) for sentence in sentences}
    assert min(Counter(labels for labels, _ in places).values()) >= 60


@each_text
def test_every_pattern_writes_something(name: str, modules: dict[str, ModuleType], written: dict[str, Any]) -> None:
    text, sentences = written[name]
    folder = CORPORA / "patterns"
    places = [p.place for part in text.parts for p in modules["grammar"].read_patterns(folder / f"{part}.txt")]
    assert {sentence.place for sentence in sentences} == set(places)


@each_text
def test_labels_are_the_announced_ones(name: str) -> None:
    table = rows(name)
    assert list(table[0]) == ["sentence", *LABELS[name]]
    for column, labels in LABELS[name].items():
        assert {row[column] for row in table} == labels


@each_text
def test_sentences_are_clean(name: str) -> None:
    spaces, strays, doubles = r"\s{2}|^\s|\s$|\s[,.?!;:]", r"[{}()\[\]|/_=@<>\"\t]", r"[.,?!]{2}|\b(\w+) \1\b"
    bad = re.compile("|".join((spaces, strays, doubles)))
    assert [row["sentence"] for row in rows(name) if bad.search(row["sentence"])] == []


@each_text
def test_sentences_start_and_end_as_sentences_do(name: str) -> None:
    odd = [t for t in (row["sentence"] for row in rows(name)) if not (t[0].isupper() and t[-1] in ".?!")]
    assert odd == []


@each_text
def test_articles_fit_the_next_word(name: str) -> None:
    texts = [row["sentence"] for row in rows(name) if row.get("language") != "German"]
    silent, like_a_consonant = r"(?:hour|honest)", r"(?:uni[a-z]*|use[a-z]*|one|euro[a-z]*)\b"
    vowel = rf"(?:(?!{like_a_consonant})[aeiou]|{silent})"
    wrong = re.compile(rf"\ba {vowel}|\ban (?!{vowel})", re.IGNORECASE)
    assert [text for text in texts if wrong.search(text)] == []
    assert any(re.search(r"\b[Aa]n [aeiou]", text) for text in texts)


@each_text
def test_verbs_agree_with_their_pronouns(name: str) -> None:
    plural, singular = "are|were|have|do|don't|go|like|love|want", "is|has|does|doesn't|goes|likes|loves|wants"
    wrong = re.compile(
        rf"^(?:(?:He|She) (?:am|{plural})|(?:We|They) (?:am|was|{singular})|I (?:are|were|{singular}))\b"
    )
    assert [row["sentence"] for row in rows(name) if wrong.search(row["sentence"])] == []


def test_everyday_english_has_short_and_long_sentences() -> None:
    lengths = Counter(len(row["sentence"].split()) for row in rows("everyday-english.tsv"))
    assert min(lengths) >= 3
    assert max(lengths) <= 18
    assert sum(number for length, number in lengths.items() if length >= 9) > 1_500


def test_hundred_lines_are_distinct_short_sentences() -> None:
    lines = (CORPORA / "hundred.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) == 100
    assert all(4 <= len(line.split()) <= 14 and line[0].isupper() and line.endswith(".") for line in lines)


@pytest.mark.parametrize(
    ("verb", "form", "pronoun", "expected"),
    [
        ("carry", "present", "she", "carries"),
        ("play", "present", "it", "plays"),
        ("wash", "present", "he", "washes"),
        ("don't", "present", "she", "doesn't"),
        ("be", "present", "I", "am"),
        ("was", "present", "they", "were"),
        ("write", "ing", "we", "writing"),
        ("see", "ing", "we", "seeing"),
        ("swim", "done", "I", "swum"),
        ("study", "past", "you", "studied"),
        ("bake", "past", "they", "baked"),
        ("draw", "base", "she", "draw"),
    ],
)
def test_inflect_gives_the_form(
    verb: str, form: str, pronoun: str, expected: str, modules: dict[str, ModuleType]
) -> None:
    grammar = modules["grammar"]
    irregular = grammar.read_verbs(CORPORA / "patterns" / "irregular-verbs.txt")
    assert grammar.inflect(verb, form, pronoun, irregular) == expected


def test_writer_names_the_place_of_a_slot_without_meaning(modules: dict[str, ModuleType]) -> None:
    grammar = modules["grammar"]
    pattern = grammar.Pattern("A {nonsense} here.", (), "everyday.txt:7")
    with pytest.raises(ValueError, match=r"everyday\.txt:7"):
        grammar.Writer({}, {}).sentence(pattern, Random(0))
