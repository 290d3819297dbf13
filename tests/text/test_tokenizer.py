"""The tokenizer loses nothing, drops nothing, and is the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from vae.text.corpus import Corpus, CorpusError, read_corpus
from vae.text.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID, Tokenizer, train_tokenizer

ROOT = Path(__file__).parents[2]
KINDS = ("bpe", "unigram", "word", "char")
# What SentencePiece treats in its own way, what we escape it with, and scripts that are written in other ways.
AWKWARD = [
    "\u2581", "\u2585", "a\u2581b \u2581\u2581", "\ue0fc", "\ue0fd", "\ue0fe", "\ue0fe\ue0fc \ue0fe\ue0fe\u2581",
    "👩\u200d👩\u200d👧 🇩🇪 👍🏽", "שלום עולם", "مرحبا بالعالم", "e\u0301\u0323 a\u0308", "日本語の文です。", "नमस्ते",
    "<s>", "</s> <pad> <oov> <unk>", "<0x41>", "x<0x0A>y", "\\n \\t", "a\u00a0b", "ﬁ ½ Å", "\U0010ffff1", "\ue0fe1",
]  # fmt: skip
NEAR = st.sampled_from("ab \u2581\u2585\ue0fc\ue0fd\ue0fe<>0x1é\u0301שع👍\u200d日")
TEXT = st.lists(st.one_of(NEAR, st.characters(exclude_categories=["Cs"])), min_size=1, max_size=40).map("".join)


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


@pytest.fixture(scope="module")
def tokenizers(corpus: Corpus) -> dict[str, Tokenizer]:
    return {kind: train_tokenizer(corpus.sentences, kind, 400) for kind in KINDS}


def as_read(text: str) -> str:
    """The text as the corpus reader lets it through."""
    try:
        return read_corpus(f"{text}\na second line".encode(), layout="lines").sentences[0]
    except CorpusError:
        assume(False)
        raise


@settings(max_examples=200)
@given(text=TEXT)
@pytest.mark.parametrize("name", ["bpe", "unigram", "char"])
def test_any_sentence_comes_back_exactly(tokenizers: dict[str, Tokenizer], name: str, text: str) -> None:
    sentence = as_read(text)
    ids = tokenizers[name].encode([sentence])
    assert tokenizers[name].decode(ids) == [sentence]
    assert not set(ids[0]) & {PAD_ID, UNK_ID, BOS_ID, EOS_ID}


@pytest.mark.parametrize("name", ["bpe", "unigram", "char"])
def test_awkward_sentences_come_back_exactly(tokenizers: dict[str, Tokenizer], name: str) -> None:
    assert tokenizers[name].decode(tokenizers[name].encode(AWKWARD)) == AWKWARD


@settings(max_examples=60)
@given(texts=st.lists(TEXT, min_size=2, max_size=6))
@example(texts=AWKWARD)
@example(texts=["a", "b"])
@example(texts=["<s>x<s>y<s>", "x<s><s>", "a</s>a</s>", "<0x41><0x41><0x41>", "<0x41>b<0x41>"])
@example(texts=["<oov> <oov> <oov>", "<pad> <s> </s> <unk>"])
def test_text_that_was_learned_comes_back_exactly(kind: str, texts: list[str]) -> None:
    try:
        sentences = read_corpus("\n".join(texts).encode(), layout="lines").sentences
    except CorpusError:
        assume(False)
        raise
    tokenizer = train_tokenizer(sentences, kind, 300)
    assert tokenizer.decode(tokenizer.encode(sentences)) == list(sentences)


def test_names_of_special_pieces_are_ordinary_text_even_when_frequent(kind: str) -> None:
    names = ("<s>", "</s>", "<pad>", "<unk>", "<oov>", "<0x41>", "<0x00>")
    random_ = random.Random(1)
    sentences = [random_.choice(["", " "]).join(random_.choices(names, k=6)) for _ in range(300)]
    tokenizer = train_tokenizer(sentences, kind, 32_000)
    ids = tokenizer.encode(sentences)
    assert tokenizer.decode(ids) == sentences
    assert not {PAD_ID, UNK_ID, BOS_ID, EOS_ID} & {i for row in ids for i in row}


def test_word_gives_one_token_a_word(tokenizers: dict[str, Tokenizer], corpus: Corpus) -> None:
    ids = tokenizers["word"].encode(corpus.sentences)
    assert [len(row) for row in ids] == [len(sentence.split(" ")) for sentence in corpus.sentences]
    assert tokenizers["word"].encode(["the cat sees a zebra."])[0][-1] == UNK_ID


def test_char_gives_one_token_a_character(tokenizers: dict[str, Tokenizer], corpus: Corpus) -> None:
    ids = tokenizers["char"].encode(corpus.sentences[:20])
    assert [len(row) for row in ids] == [len(sentence) + 1 for sentence in corpus.sentences[:20]]  # and the first space


def test_training_twice_gives_the_same_bytes(tokenizers: dict[str, Tokenizer], corpus: Corpus, tmp_path: Path) -> None:
    for name, tokenizer in tokenizers.items():
        assert train_tokenizer(corpus.sentences, name, 400).model == tokenizer.model
    (tmp_path / "text.json").write_text(json.dumps(corpus.sentences))
    code = (
        "import hashlib, json, sys; from vae.text.tokenizer import train_tokenizer\n"
        "text = json.load(open(sys.argv[1]))\n"
        "print(*(hashlib.sha256(train_tokenizer(text, k, 400).model).hexdigest() for k in sys.argv[2:]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "text.json"), *KINDS]
    elsewhere = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert elsewhere == [hashlib.sha256(tokenizers[name].model).hexdigest() for name in KINDS]


def test_vocabulary_that_is_too_small_is_raised() -> None:
    sentences = [chr(0x4E00 + i) * 2 for i in range(600)]
    for name in ("bpe", "unigram", "char"):
        tokenizer = train_tokenizer(sentences, name, 300)
        assert len(tokenizer) >= 600 + 256
        assert tokenizer.decode(tokenizer.encode(sentences)) == sentences


def test_vocabulary_that_is_too_large_is_lowered(kind: str) -> None:
    tokenizer = train_tokenizer(["a b", "b c"], kind, 32_000)
    assert len(tokenizer) < 600
    assert tokenizer.decode(tokenizer.encode(["a b", "b c"])) == ["a b", "b c"]


def test_vocabulary_is_kept_to_when_the_text_allows(tokenizers: dict[str, Tokenizer]) -> None:
    assert len(tokenizers["bpe"]) == 400
    assert len(tokenizers["unigram"]) <= 400


def test_long_lines_are_learned_from() -> None:
    rare = "zqx"
    sentences = ["a b", " ".join(["word"] * 3000 + [rare] * 3000)]  # far beyond SentencePiece's own limit
    tokenizer = train_tokenizer(sentences, "word", 300)
    assert UNK_ID not in tokenizer.encode([rare, "word"])[0]
    pieces = train_tokenizer(sentences, "bpe", 32_000)
    assert len(pieces.encode([rare])[0]) < 3  # it was seen often enough to become a piece
    assert pieces.decode(pieces.encode(sentences)) == sentences


def test_lines_with_reserved_characters_are_learned_from() -> None:
    tokenizer = train_tokenizer(["zqx \u2581", "zqx \u2585", "a"] * 20, "word", 300)
    assert UNK_ID not in tokenizer.encode(["zqx \u2581 \u2585"])[0]


@pytest.mark.parametrize("sentences", [[], ["", ""]])
def test_nothing_to_learn_from_is_an_error(sentences: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one sentence"):
        train_tokenizer(sentences)


def test_empty_sentence_has_no_tokens(tokenizers: dict[str, Tokenizer]) -> None:
    for tokenizer in tokenizers.values():
        assert tokenizer.encode(["", "a"])[0] == []
        assert tokenizer.decode([[]]) == [""]
        assert tokenizer.decode([]) == []


def test_broken_bytes_become_a_replacement_character(tokenizers: dict[str, Tokenizer]) -> None:
    (ids,) = tokenizers["bpe"].encode(["日"])
    (text,) = tokenizers["bpe"].decode([ids[:-1]])
    assert set(text) == {"\ufffd"}


@pytest.mark.parametrize("model", [b"", b"\0", b"no model", bytes(range(256)) * 40])
def test_bytes_of_something_else_are_refused(model: bytes) -> None:
    with pytest.raises(ValueError, match="tokenizer"):
        Tokenizer(model)


def test_damaged_models_are_refused_or_still_work(tokenizers: dict[str, Tokenizer]) -> None:
    random_ = random.Random(1)
    model = tokenizers["bpe"].model
    refused = 0
    for turn in range(400):
        data = bytearray(model)
        for _ in range(random_.choice((1, 4, 40))):
            data[random_.randrange(len(data))] = random_.randrange(256)
        if turn % 4 == 0:
            del data[random_.randrange(len(data)) :]
        try:
            tokenizer = Tokenizer(bytes(data))
            tokenizer.decode(tokenizer.encode(["the cat sees a letter. é"]))
        except ValueError:
            refused += 1
    assert refused > 100


def test_tokenizer_that_numbers_its_marks_otherwise_is_refused(tmp_path: Path) -> None:
    import sentencepiece as spm

    (tmp_path / "text").write_text("a b c\n" * 20)
    spm.SentencePieceTrainer.Train(
        input=str(tmp_path / "text"), model_prefix=str(tmp_path / "other"), vocab_size=20, hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    with pytest.raises(ValueError, match="numbers its special pieces in another way"):
        Tokenizer((tmp_path / "other.model").read_bytes())


def test_piece_that_is_no_text_is_refused() -> None:
    model = train_tokenizer(["The cat sat.", "A dog ran."] * 20, vocabulary=300).model
    assert model.count(b"\x0a\x01g\x15") == 1  # the piece "g" and, next, its score
    with pytest.raises(ValueError, match="a piece that is not text"):
        Tokenizer(model.replace(b"\x0a\x01g\x15", b"\x0a\x01\xe0\x15"))


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_unknown_that_known_pieces_cannot_write(kind: str) -> None:
    sentences = ["the cat sees the dog", "a dog sees the cat", "the dogs eat a cake"]
    whole = train_tokenizer(sentences, kind, 400)
    used = np.isin(np.arange(len(whole)), [id_ for row in whole.encode(sentences) for id_ in row])
    tokenizer = Tokenizer(whole.model, used)
    assert tokenizer.encode(sentences) == whole.encode(sentences)
    assert tokenizer.unknown_words(" ".join(sentences)) == []
    assert tokenizer.unknown_words("the zebra sees  a zebra and Łódź") == ["zebra", "and", "Łódź"]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_unknown_piece_is_written_with_smaller_known_ones(kind: str) -> None:
    whole = train_tokenizer(["the cat sees the dog", "a dog sees the cat"], kind, 400)
    (ids,) = whole.encode(["dog"])
    known = whole.known.copy()
    known[ids] = False
    tokenizer = Tokenizer(whole.model, known)
    assert not set(ids) & set(tokenizer.encode(["dog"])[0])
    assert tokenizer.decode(tokenizer.encode(["the dog"])) == ["the dog"]
    assert tokenizer.unknown_words("the dog") == []
