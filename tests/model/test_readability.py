"""Words that a model cannot read are named, and no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vae.config.config import Config
from vae.model.checkpoint import load
from vae.model.readability import Unread, unread_words
from vae.model.text_model import TextModel
from vae.text.corpus import Corpus
from vae.text.tokenizer import Tokenizer
from vae.training.train import train

A = "the cat sees a letter."


@pytest.mark.parametrize(
    ("text", "said", "unknown", "in_pieces"),
    [
        (A, A, (), ()),
        (A, "a dog wants the red ball.", (), ()),  # known words that were lost: not read badly, said badly
        ("der alte bote sees brot.", "the old bird sees bread.", (), ("der", "alte", "bote", "brot")),
        ("der cat sees.", "der cat sees.", (), ()),  # in pieces, and not lost
        ("the 猫 sees Łódź", "the cat sees a letter.", ("猫", "Łódź"), ()),
        ("", "", (), ()),
    ],
)
def test_words_that_are_not_read_are_named(
    text_model: TextModel, text: str, said: str, unknown: tuple[str, ...], in_pieces: tuple[str, ...]
) -> None:
    pieces = replace(text_model, tokenizer=Tokenizer(text_model.tokenizer.model))  # as if it had met each of them
    assert unread_words(pieces, [(A, A), (text, said)])[1] == (unknown, in_pieces)


def test_pieces_tell_nothing_of_a_model_that_has_no_others(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    for _ in train(replace(config, tokenizer="char", steps=2), corpus, tmp_path):
        pass
    letters = load(tmp_path / "best.safetensors").text_model
    assert unread_words(letters, [("der dog", "a cat"), ("der 猫", "a cat")]) == [((), ()), (("猫",), ())]


def test_message_names_words_and_how_many_more() -> None:
    assert Unread((), ()).message() == ""
    told = Unread(("猫" * 90,), tuple(f"word{i}" for i in range(11))).message()
    assert "can’t read “猫猫" in told
    assert "…”: it has never met this word" in told
    assert "lost them: “word0”, " in told
    assert told.endswith("“word7” and 3 more.")
