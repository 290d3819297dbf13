"""Texts of any size made ready: as those in memory, from any kind of file, and on from wherever it was killed."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.preparing import CONFIG, SMALL, prepare_asking, prepare_within
from support.processes import Child

from vae.cli import main as cli
from vae.cli import run_folders
from vae.config.config import Config
from vae.data import deduplication, prepare
from vae.data.batches import Sampler, Tokens
from vae.data.deduplication import SentencesInMemory, SortedRuns
from vae.data.prepare import PreparationStoppedError
from vae.data.prepared_text import PreparedText
from vae.data.token_file import TokenFile, TokenWriter
from vae.messages.message import Message
from vae.system.files import locked_folder
from vae.text.corpus import Corpus, CorpusError, read_corpus
from vae.text.hashing import digests, hashes
from vae.text.options import ReadingOptions
from vae.text.text_file import TextFile
from vae.text.tokenizer import EOS_ID
from vae.training.events import Finished
from vae.training.run_folder import Run
from vae.training.train import train

_WORDS = (
    "the",
    "a",
    "cat",
    "dog",
    "sees",
    "likes",
    "red",
    "green",
    "ball",
    "apple",
    "and",
    "or",
    "not",
    "old",
    "house",
)


def sentences(n: int, seed: int = 1) -> list[str]:
    """Sentences of 1 to 12 words, some of which come again."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(_WORDS, random.integers(1, 13))) + "." for _ in range(n)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs, windows and blocks so small that a short text has many of them."""
    for module, name, size in SMALL:
        monkeypatch.setattr(module, name, size)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "text.txt"
    file.write_text("\n".join(sentences(2000)), encoding="utf-8")
    return file


def made(of: Corpus | TextFile, folder: Path, config: Config = CONFIG) -> PreparedText:
    folder.mkdir(parents=True, exist_ok=True)
    return prepare.prepare(of, folder, config)


def bytes_of(prepared: PreparedText) -> tuple[bytes, bytes, bytes, list[str], int]:
    """All that a training sees of a text."""
    file, seen = prepared.train.path.read_bytes(), prepared.seen_hashes.tobytes()
    return file, prepared.tokenizer.model, seen, prepared.held_out, prepared.max_tokens


def rows_of(tokens: Tokens) -> list[list[int]]:
    return [tokens.flat[a:b].tolist() for a, b in zip(tokens.starts, tokens.starts[1:], strict=False)]


# As in memory ------------------------------------------------------------------------------------------

_FOUND = ["  one   cat ", "", "two dogs", "two dogs", "x" * 500, "…", *sentences(900)]
_KINDS: dict[str, Callable[[], bytes]] = {
    "lines.txt": lambda: "\r\n".join(_FOUND).encode(),
    "marked.txt": lambda: "\n".join(_FOUND).encode("utf-16"),
    "old.txt": lambda: "\r".join([*_FOUND, "Über Straßen geht es.", "Das Café öffnet früh."]).encode("cp1252"),
    "table.csv": lambda: ("text,n\n" + "".join(f'"{s}\nand more",{i}\n' for i, s in enumerate(_FOUND))).encode(),
    "table.tsv": lambda: ("text\tn\n" + "".join(f"{s}\t{i}\n" for i, s in enumerate(_FOUND))).encode(),
    "objects.jsonl": lambda: "\n".join(json.dumps({"text": s}) for s in _FOUND).encode(),
    "chat.txt": lambda: "".join(f"12/03/2024, 09:{i % 60:02} - A: {s}\n" for i, s in enumerate(_FOUND)).encode(),
    "speech.srt": lambda: "".join(f"{i}\n0:00:01,000 --> 0:09:03,500\n{s}\n\n" for i, s in enumerate(_FOUND)).encode(),
    "nested.jsonl": lambda: "\n".join(json.dumps({"a": [{"body": s}, {"body": s + "!"}]}) for s in _FOUND).encode(),
    "poems.csv": lambda: ("poem\n" + "".join(f'"{a}\n{b}"\n' for a, b in pairwise(sentences(900)))).encode(),
    "array.json": lambda: json.dumps(_FOUND).encode(),
    "prose.txt": lambda: "\n\n".join(" ".join(map(str.title, _FOUND[i : i + 5])) for i in range(6, 800, 5)).encode(),
}  # fmt: skip


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", _KINDS)
def test_file_gives_what_the_same_text_in_memory_gives(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(_KINDS[name]())
    corpus = read_corpus(file.read_bytes(), name)
    messages: list[str] = []
    streamed = made(
        TextFile(file, on_progress=lambda what, done: messages.append(str(what)) if done else None), tmp_path / "a"
    )
    assert bytes_of(streamed) == bytes_of(made(corpus, tmp_path / "b"))
    training, held_out = corpus.split()
    assert streamed.held_out == held_out
    blocks = [rows_of(streamed.train.block(i)) for i in range(len(streamed.train.bounds) - 1)]
    assert len(blocks) > 2
    decoded = streamed.tokenizer.decode([row[:-1] for block in blocks for row in block])
    assert decoded == training
    assert {row[-1] for block in blocks for row in block} == {EOS_ID}
    report = corpus.report
    assert messages == [
        "; ".join([f"{report.read:,} read, {report.kept:,} kept", *(f"{n:,} {w}" for w, n in report.dropped)])
    ]
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"tokens.bin", "tokens.safetensors"}


@pytest.mark.usefixtures("small")
def test_prepared_text_loads_as_it_was_saved(text: Path, tmp_path: Path) -> None:
    assert bytes_of(PreparedText.load(made(TextFile(text), tmp_path / "run").train.path.parent)) == bytes_of(
        made(TextFile(text), tmp_path / "again")
    )


def test_pieces_are_known_that_occur_or_were_known_before(text: Path, tmp_path: Path) -> None:
    first = prepare.prepare(TextFile(text), tmp_path / "first", CONFIG)
    assert np.flatnonzero(first.tokenizer.known).tolist() == sorted({*first.train.block(0).flat.tolist()})
    other = tmp_path / "other.txt"
    other.write_text("кошка видит мяч\nсобака видит реку\n", "utf-8")
    base = prepare.Base(first.tokenizer, first.seen_hashes)
    second = prepare.prepare(TextFile(other), tmp_path / "second", CONFIG, base=base)
    assert first.tokenizer.unknown_words("кошка") == ["кошка"]
    assert second.tokenizer.unknown_words("видит") == []  # in bytes
    assert (second.tokenizer.known & first.tokenizer.known == first.tokenizer.known).all()
    anew = prepare.prepare(TextFile(other), tmp_path / "second", replace(CONFIG, decoder_reset=True), base=base)
    assert np.flatnonzero(anew.tokenizer.known).tolist() == sorted({*anew.train.block(0).flat.tolist()})
    assert anew.seen_hashes.tolist() == second.seen_hashes.tolist()


def test_words_are_those_that_are_learned_from_and_those_of_the_base(text: Path, tmp_path: Path) -> None:
    first = prepare.prepare(TextFile(text), tmp_path / "first", CONFIG)
    assert first.lexicon is not None
    assert first.lexicon.made_up(" ".join(_WORDS) + " zebra") == ["zebra"]
    other = tmp_path / "other.txt"
    other.write_text("кошка видит мяч\nсобака видит реку\nкошка видит реку\nмяч\n" * 2, "utf-8")
    valid = tmp_path / "valid.txt"
    valid.write_text("кошка видит реку\n", "utf-8")
    base = prepare.Base(first.tokenizer, first.seen_hashes, first.lexicon)
    held_out = TextFile(valid)
    second = prepare.prepare(TextFile(other), tmp_path / "second", CONFIG, validation=held_out, base=base)
    assert second.lexicon is not None
    assert second.lexicon.made_up("собака видит the cat zebra") == ["zebra"]
    alone = base._replace(lexicon=None)
    third = prepare.prepare(TextFile(other), tmp_path / "second", CONFIG, validation=held_out, base=alone)
    assert third.lexicon is not None
    assert third.lexicon.made_up("собака видит the cat") == ["the", "cat"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("own", [False, True])
def test_kept_duplicates_are_learned_from_as_often_as_they_occur(text: Path, tmp_path: Path, own: bool) -> None:
    file = TextFile(text, keep_duplicates=True)
    validation = tmp_path / "valid.txt"
    validation.write_text("an old cat.\n\nred or green\nan old cat.\n" + "x" * 500, encoding="utf-8")
    held_out = replace(file, path=validation) if own else None
    prepared = prepare.prepare(file, tmp_path / "run", CONFIG, validation=held_out)
    blocks = [rows_of(prepared.train.block(i)) for i in range(len(prepared.train.bounds) - 1)]
    learned = Counter(prepared.tokenizer.decode([row[:-1] for block in blocks for row in block]))
    there = Counter(text.read_text(encoding="utf-8").splitlines())
    if own:
        assert prepared.held_out == ["an old cat.", "red or green", "an old cat."]
        assert prepared.evaluated == 3
    else:
        assert 90 <= len(prepared.held_out) <= 100
        assert not set(prepared.held_out) & set(learned)  # no copy of theirs is learned from
        there = Counter({sentence: n for sentence, n in there.items() if sentence not in prepared.held_out})
    assert learned == there
    assert max(there.values()) > 1
    assert bytes_of(PreparedText.load(tmp_path / "run")) == bytes_of(prepared)


@pytest.mark.usefixtures("small")
def test_killed_preparation_of_duplicates_goes_on_where_it_was(text: Path, tmp_path: Path) -> None:
    file = TextFile(text, keep_duplicates=True)
    whole = bytes_of(made(file, tmp_path / "whole"))
    for turns in (3, 9, 14):
        wishes = iter(["run"] * turns)
        (tmp_path / "killed").mkdir(exist_ok=True)
        with pytest.raises(PreparationStoppedError):
            prepare.prepare(file, tmp_path / "killed", CONFIG, control=lambda wishes=wishes: next(wishes, "stop"))
    assert bytes_of(made(file, tmp_path / "killed")) == whole


def test_text_of_one_sentence_again_and_again_is_too_small(tmp_path: Path) -> None:
    file = tmp_path / "same.txt"
    file.write_text("one cat.\n" * 40, encoding="utf-8")
    with pytest.raises(CorpusError, match="sentence"):
        made(TextFile(file, keep_duplicates=True), tmp_path / "run")


@pytest.mark.parametrize(("content", "expected"), [("\n\n", "sentence"), (None, "valid.txt")])
def test_validation_file_that_cannot_be_used_is_told(
    text: Path, tmp_path: Path, content: str | None, expected: str
) -> None:
    validation = tmp_path / "valid.txt"
    if content is not None:
        validation.write_text(content, encoding="utf-8")
    (tmp_path / "run").mkdir()
    with pytest.raises((CorpusError, OSError), match=expected):
        prepare.prepare(TextFile(text), tmp_path / "run", CONFIG, validation=TextFile(validation))
    assert not any((tmp_path / "run").iterdir())


def test_model_of_too_many_sentences_lists_none(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "MAX_SEEN_HASHES", 1000)
    assert len(made(TextFile(text), tmp_path / "run").seen_hashes) == 0


@pytest.mark.usefixtures("small")
def test_sentences_of_a_base_are_listed_with_those_of_the_text(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, cache = made(TextFile(text), tmp_path / "plain"), tmp_path / "cache"

    def listed(seen: np.ndarray | None, name: str) -> np.ndarray:
        (tmp_path / name).mkdir()
        base, file = prepare.Base(plain.tokenizer, seen), TextFile(text, cache_folder=cache)
        return prepare.prepare(file, tmp_path / name, CONFIG, base=base).seen_hashes

    others = hashes(["Neither here.", "Nor there."])
    assert np.array_equal(listed(others, "one"), np.union1d(plain.seen_hashes, others))
    assert np.array_equal(listed(others[:0], "two"), plain.seen_hashes)  # of the same text and pieces, another list
    assert len(listed(None, "three")) == 0
    monkeypatch.setattr(prepare, "MAX_SEEN_HASHES", len(plain.seen_hashes) + 1)
    assert len(listed(hashes(["Nobody.", "Somebody."]), "four")) == 0


def test_column_and_layout_are_those_asked_for(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("text,other\n" + "".join(f"a first sentence {i},b {i}\n" for i in range(50)))
    found = made(TextFile(table, ReadingOptions(column="other")), tmp_path / "a")
    assert all(sentence.startswith("b ") for sentence in found.held_out)
    lines = tmp_path / "l.txt"
    lines.write_text("".join(f"One {i}. Two {i}.\n" for i in range(40)))
    assert len(made(TextFile(lines, ReadingOptions(layout="lines")), tmp_path / "b").train) == 38
    assert len(made(TextFile(lines), tmp_path / "c").train) == 76


# Distinct sentences ------------------------------------------------------------------------------------


@given(runs=st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=8), after=st.integers(0, 40))
def test_runs_merge_to_every_sentence_once_in_the_order_of_hashes(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[int]], after: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    written = SortedRuns(folder)
    for run in runs:
        written.add([f"sentence {i}" for i in run], {"read": len(run)})
    read_again = SortedRuns(folder)
    assert [about["read"] for about in read_again.metadata] == list(map(len, runs))
    distinct_ones = sorted({f"sentence {i}" for run in runs for i in run})
    behind = int(digests([f"sentence {after}"], 8)[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deduplication, "_WINDOW", 7)
        for start in (None, behind):
            whole = list(read_again.merged(start))
            expected = list(SentencesInMemory(distinct_ones).merged(start))
            assert [s for _, part in whole for s in part] == [s for _, part in expected for s in part]
            keys = [key for part, _ in whole for key in part.tolist()]
            assert keys == sorted(set(keys)) == [key for part, _ in expected for key in part.tolist()]
            assert start is None or not keys or min(keys) > start


# Blocks ------------------------------------------------------------------------------------------------


@pytest.fixture
def blocks(text: Path, tmp_path: Path, small: None) -> TokenFile:
    return made(TextFile(text), tmp_path / "run").train


def test_epoch_of_blocks_holds_every_sentence_once_and_follows_from_its_seed(blocks: TokenFile) -> None:
    whole = [row for i in range(len(blocks.bounds) - 1) for row in rows_of(blocks.block(i))]
    assert (len(whole), sum(map(len, whole))) == (len(blocks), blocks.total)
    sampler, fresh = (Sampler(blocks, batch=16, seed=3) for _ in range(2))
    epochs = [[sampler.rows(e * len(sampler) + i).tolist() for i in range(len(sampler))] for e in range(3)]
    for epoch in epochs:
        assert sorted(row for rows in epoch for row in rows) == list(range(len(blocks)))
    assert epochs[0] != epochs[1] != epochs[2]
    for step in (2 * len(sampler) + 5, 7, len(sampler), 0, len(sampler) - 1):  # asked in any order, it is the same
        batch = fresh.batch(step)
        epoch, turn = divmod(step, len(sampler))
        assert batch.rows.tolist() == epochs[epoch][turn]
        for row, tokens, length in zip(batch.rows.tolist(), batch.tokens.tolist(), batch.lengths.tolist(), strict=True):
            assert tokens[:length] == whole[row]


def test_blocks_are_taken_in_another_order_each_epoch(blocks: TokenFile) -> None:
    sampler = Sampler(blocks, batch=16, seed=3)

    def order(epoch: int) -> list[int]:
        steps = range(epoch * len(sampler), (epoch + 1) * len(sampler))
        found = [int(np.searchsorted(blocks.bounds, sampler.rows(step)[0], "right")) for step in steps]
        return [block for block, before in zip(found, [0, *found], strict=False) if block != before]

    assert sorted(order(0)) == sorted(order(1)) == list(range(1, len(blocks.bounds)))  # each is read once
    assert order(0) != order(1)


@pytest.mark.parametrize("harm", ["a byte", "cut", "more"])
def test_damaged_token_file_is_told_and_not_trained_on(blocks: TokenFile, harm: str) -> None:
    data = bytearray(blocks.path.read_bytes())
    if harm == "a byte":
        data[-1] ^= 1
    blocks.path.write_bytes(data[:-2] if harm == "cut" else data + b"x" if harm == "more" else data)
    with pytest.raises(ValueError, match="damaged"):
        TokenFile(blocks.path).block(0)


def test_large_vocabulary_is_kept(tmp_path: Path) -> None:
    ids = [[70_000, 5], [99_999]]
    with TokenWriter(tmp_path / "tokens.bin", 100_000) as writer:
        writer.add(np.array([1, 2], np.uint64), ids)
    assert rows_of(TokenFile(tmp_path / "tokens.bin").block(0)) == [[*row, EOS_ID] for row in ids]


# Killed, and on ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("turns", "begun"), [(1, "300"), (3, "900"), (7, "2,000"), (10, "2,000"), (20, "2,000")])
def test_killed_preparation_goes_on_where_it_was(text: Path, tmp_path: Path, turns: int, begun: str) -> None:
    """It waits for an answer to everything it says: it is killed between two sentences."""
    folder = tmp_path / "run"
    folder.mkdir()
    ours, theirs = multiprocessing.Pipe()
    with ours, closing(Child(prepare_asking, theirs, text, folder)):
        theirs.close()
        line = ours.recv()
        for _ in range(turns):
            ours.send("go on")
            line = ours.recv()
    kept = {path: path.stat().st_mtime_ns for path in Run(folder).preparing_folder.glob("run-*")}
    written = Run(folder).token_file.stat().st_size if Run(folder).token_file.exists() else 0
    messages: list[str] = []

    def on_progress(what: Message, done: bool) -> None:
        messages.append(str(what))
        for path, time in kept.items():  # nothing is done again
            assert done or path.stat().st_mtime_ns == time

    found = prepare.prepare(TextFile(text, on_progress=on_progress), folder, CONFIG)
    first = next(message for message in messages if message.endswith(" read")) if begun != "2,000" else ""
    assert first == (f"Preparing the text: {int(begun) + 300:,} read" if first else "")
    assert not first or line == f"Preparing the text: {begun} read"
    if written:
        assert not any(message.endswith(" 100 sentences cut into pieces") for message in messages)
    summary: list[str] = []
    whole = made(TextFile(text, on_progress=lambda what, done: summary.append(str(what))), tmp_path / "whole")
    assert messages[-1] == summary[-1]  # every line is counted once
    assert bytes_of(found) == bytes_of(whole)
    assert {path.name for path in folder.iterdir()} == {"tokens.bin", "tokens.safetensors"}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("torn", [1, 40, 200])
def test_torn_end_of_the_token_file_is_written_anew(text: Path, tmp_path: Path, torn: int) -> None:
    whole = made(TextFile(text), tmp_path / "whole")
    prepare_partly(text, tmp_path / "run", after=18)
    file = Run(tmp_path / "run").token_file
    assert file.stat().st_size > 0
    file.write_bytes(file.read_bytes()[:-torn])
    assert bytes_of(made(TextFile(text), tmp_path / "run")) == bytes_of(whole)


def prepare_partly(text: Path, folder: Path, after: int, config: Config = CONFIG) -> None:
    """Prepare a text until `after` questions were asked."""
    folder.mkdir(exist_ok=True)
    answers = iter(["run"] * after)
    with pytest.raises(PreparationStoppedError, match="continues from here"):
        prepare.prepare(TextFile(text), folder, config, control=lambda: next(answers, "stop"))


@pytest.mark.usefixtures("small")
def test_other_text_or_pieces_are_never_taken_for_these(text: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    prepare_partly(text, folder, after=12)
    text.write_text(text.read_text().replace("cat", "cow"))
    found = made(TextFile(text), folder)
    as_made = bytes_of(found)
    assert as_made == bytes_of(made(TextFile(text), tmp_path / "anew"))
    other_vocabulary = replace(CONFIG, vocabulary=390)  # what was ready is given up, and never half taken
    prepare_partly(text, folder, 12, other_vocabulary)
    assert bytes_of(made(TextFile(text), folder)) == as_made
    other = replace(CONFIG, vocabulary=350)
    assert bytes_of(made(TextFile(text), folder, other)) == bytes_of(made(TextFile(text), tmp_path / "other", other))


@pytest.mark.usefixtures("small")
def test_kept_text_is_used_by_other_runs_and_stays(text: Path, tmp_path: Path) -> None:
    messages: list[str] = []
    cached = TextFile(text, cache_folder=tmp_path / "kept", on_progress=lambda what, done: messages.append(str(what)))
    first = made(cached, tmp_path / "a")
    assert messages[-1].startswith("2,000 read")
    before = first.train.path.stat().st_mtime_ns
    messages.clear()
    second = made(cached, tmp_path / "b")
    assert messages == ["Reading the text"]
    assert first.train.path == second.train.path
    assert (second.train.path.stat().st_mtime_ns, second.train.path.parent.parent) == (before, tmp_path / "kept")
    assert bytes_of(second) == bytes_of(made(TextFile(text), tmp_path / "c"))
    text.write_text("\n".join(sentences(1000, seed=2)))
    other = made(cached, tmp_path / "d")
    assert other.train.path.parent != first.train.path.parent
    assert bytes_of(PreparedText.load(tmp_path / "a")) == bytes_of(second)  # both lie there, side by side
    first.train.path.unlink()
    with pytest.raises(ValueError, match=r"is missing: start a new run"):
        PreparedText.load(tmp_path / "a")


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_two_processes_never_prepare_in_one_place(text: Path, tmp_path: Path) -> None:
    made(TextFile(text, cache_folder=tmp_path / "kept"), tmp_path / "a")
    (home,) = (tmp_path / "kept").iterdir()
    Run(home).tokens.unlink()
    with locked_folder(home), pytest.raises(ValueError, match="another process"):
        made(TextFile(text, cache_folder=tmp_path / "kept"), tmp_path / "b")
    made(TextFile(text, cache_folder=tmp_path / "kept"), tmp_path / "b")


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_text_that_another_process_just_finished_is_used(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    cached = TextFile(text, cache_folder=tmp_path / "kept", on_progress=lambda what, done: messages.append(str(what)))
    others: list[PreparedText] = []

    def locked_late(home: Path) -> AbstractContextManager[None]:
        monkeypatch.setattr(prepare, "locked_folder", locked_folder)
        others.append(made(TextFile(text, cache_folder=cached.cache_folder), tmp_path / "other"))
        return locked_folder(home)

    monkeypatch.setattr(prepare, "locked_folder", locked_late)
    found = made(cached, tmp_path / "a")
    assert messages == ["Reading the text"]
    assert bytes_of(found) == bytes_of(others[0])


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_remains_of_a_preparation_are_removed_by_who_has_the_folder(text: Path, tmp_path: Path) -> None:
    cached = TextFile(text, cache_folder=tmp_path / "kept")
    home = made(cached, tmp_path / "a").train.path.parent
    Run(home).preparing_folder.mkdir()
    with locked_folder(home), pytest.raises(ValueError, match="another process"):
        made(cached, tmp_path / "b")
    assert Run(home).preparing_folder.exists()
    made(cached, tmp_path / "b")
    assert {path.name for path in home.iterdir()} == {"tokens.bin", "tokens.safetensors"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_kept_text_that_cannot_be_read_now_is_not_given_up(text: Path, tmp_path: Path) -> None:
    """A link to itself stands for a disk that fails."""
    cached = TextFile(text, cache_folder=tmp_path / "kept")
    run = Run(made(cached, tmp_path / "a").train.path.parent)
    before = run.token_file.stat().st_mtime_ns
    run.tokens.rename(aside := tmp_path / "aside")
    run.tokens.symlink_to(run.tokens)
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        made(cached, tmp_path / "b")
    aside.replace(run.tokens)
    assert made(cached, tmp_path / "b").train.path.stat().st_mtime_ns == before
    run.token_file.rename(aside)
    run.token_file.symlink_to(run.token_file)
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        PreparedText.load(tmp_path / "a")
    run.tokens.write_bytes(b"\xff" * 30)  # nothing that is known: prepared anew
    run.token_file.unlink()
    assert len(made(cached, tmp_path / "c").train) == len(TokenFile(aside))


# What cannot be used -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("none.txt", b"", "The text is empty"),
        ("one.txt", b"one\none\n\n", r"3 lines read, 1 kept \(1 empty, 1 repeated\)"),
        ("table.csv", b"text,n\n" + b"a cat,1\n" * 700 + b'a "dog,2\nb "bird",3\n"x', "breaks in the record"),
        ("broken.jsonl", b'{"text": "a"}\n' * 500 + b'{"text": }\n', "broken at line 501"),
        ("huge.json", b'["' + b"x" * 20_000_001 + b'"]', r"save it as JSON lines"),
        ("line.txt", b"a b\n" + b"x" * 23_000_000, "A line is longer than 20,000,000 characters"),
        ("image.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, "a PNG image"),
        ("controls.txt", b"a\nb\n" * 600_000 + bytes(range(1, 9)) * 100_000, "a binary file"),
    ],
)
def test_text_that_cannot_be_used_is_told_in_words_and_leaves_nothing(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    folder = tmp_path / "run"
    with pytest.raises(CorpusError, match=message):
        made(TextFile(tmp_path / name), folder)
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
@pytest.mark.parametrize("limit", [4_000, 12_000])
def test_full_disk_is_told_in_one_line_and_gone_on_from(text: Path, tmp_path: Path, limit: int) -> None:
    """A limit on the size of files stands for the disk: runs meet the lower one, the tokens the higher."""
    folder = tmp_path / "run"
    folder.mkdir()
    with closing(Child(prepare_within, limit, text, folder)) as child:
        _, _, told = child.ended()
    assert re.match(r"OSError: \[Errno \d+\] The disk is full.* the same command", told.splitlines()[-1])
    assert made(TextFile(text), folder).held_out == made(TextFile(text), tmp_path / "whole").held_out


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
def test_full_disk_is_told_of_a_text_in_memory_without_the_words_of_the_command_line(
    text: Path, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    with closing(Child(partial(prepare_within, in_memory=True), 4_000, text, tmp_path / "run")) as child:
        _, _, told = child.ended()
    assert told.splitlines()[-1] == f"OSError: [Errno {errno.EFBIG}] {os.strerror(errno.EFBIG)}"


# Trained on --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_run_on_a_file_that_was_killed_and_resumed_is_as_if_it_never_was(
    text: Path, config: Config, tmp_path: Path
) -> None:
    cached = TextFile(text, cache_folder=tmp_path / "kept")
    answers = iter(["run"] * 40)
    killed = train(config, cached, tmp_path / "parts", control=answers.__next__)
    with pytest.raises(RuntimeError, match="StopIteration"):
        list(killed)
    *_, done = train(None, None, tmp_path / "parts", resume=True)
    *_, whole = train(config, TextFile(text), tmp_path / "whole")
    assert isinstance(done, Finished)
    assert isinstance(whole, Finished)
    for name in ("state.safetensors", "best.safetensors"):
        assert_same_tensors(tmp_path / "parts" / name, tmp_path / "whole" / name)


def assert_same_tensors(a: Path, b: Path) -> None:
    from safetensors.numpy import load_file

    ours, theirs = load_file(a), load_file(b)
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_command_goes_on_with_the_folder_of_a_killed_preparation(text: Path, tmp_path: Path) -> None:
    output = tmp_path / "m.safetensors"
    prepare_partly(text, tmp_path / "m.run", after=1)
    (tmp_path / "m.run1").mkdir()  # somebody else's
    assert run_folders.new_folder(output) == tmp_path / "m.run"
    with locked_folder(tmp_path / "m.run"):  # it is at work again
        assert run_folders.new_folder(output) == tmp_path / "m.run2"
    tiny = ["--vocabulary=400", "--embedding=8", "--encoder-hidden=8", "--hidden=8", "--latent=2", "--steps=2"]
    assert cli.main(["train", str(text), "--output", str(output), "--json", "--threads=1", *tiny]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"text.txt", "m.run1", "m.safetensors"}


@pytest.mark.parametrize("mistake", ["blank", "model"])
def test_command_that_fails_leaves_no_folder(text: Path, tmp_path: Path, mistake: str) -> None:
    (tmp_path / "blank.txt").write_text("\n\n")
    wrong = [str(tmp_path / "blank.txt")] if mistake == "blank" else [str(text), "--from", str(text)]
    assert cli.main(["train", *wrong, "--output", str(tmp_path / "m.safetensors")]) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"text.txt", "blank.txt"}
