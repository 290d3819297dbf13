"""Words that a text has are told from those that were put together of pieces."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest

from vae.text.lexicon import MAX_WORDS, Lexicon, lexicon_of
from vae.text.words import words_of

LINES = ["The cat sees a ball.", "Don't ask Łódź!", "मेरी बिल्ली सोती है।"]


def test_words_keep_their_vowel_signs_and_joiners() -> None:
    assert words_of("मेरी बिल्ली, x_1 می‌خواهم. ไม่!") == ["मेरी", "बिल्ली", "x_1", "می‌خواهم", "ไม่"]


def test_words_are_letters_marks_and_digits_of_all_of_unicode() -> None:
    for code in (*range(0x3400), *range(0xA000, 0xD800), *range(0xF900, 0x20000), *range(0xE0100, 0xE01F0)):
        character = chr(code)
        mark = unicodedata.category(character).startswith("M")
        in_word = character.isalnum() or mark or character in "_\u200c\u200d"
        assert words_of(character) == [character] * in_word, hex(code)


def test_words_that_a_text_lacks_are_made_up_whatever_their_capitals() -> None:
    lexicon = lexicon_of(LINES, ["The ball sees."])
    assert lexicon is not None
    assert lexicon.made_up("A CAT sees the łódź; don't, मेरी है") == []
    assert lexicon.made_up("The Zebra sees a catball, मेरा ball") == ["zebra", "catball", "मेरा"]
    assert lexicon.made_up("The Zebra sees.", besides="a zebra") == []
    assert lexicon.made_up("") == []


def test_words_of_before_are_known_too() -> None:
    before = lexicon_of(["One two."], ["two"])
    lexicon = lexicon_of(LINES, ["The ball."], before)
    assert lexicon is not None
    assert lexicon.made_up("one cat three") == ["three"]
    assert (np.diff(lexicon.hashes.astype(np.int64)) > 0).all()


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (["我有一只猫。", "他喜欢苹果。"], ["她有一只狗。", "我喜欢猫。"]),  # no spaces: a clause is a word
        (LINES, ["Every word here differs.", "So do these.", "The cat."]),
        (LINES, []),
        ([" ".join(f"w{i}" for i in range(MAX_WORDS + 1000))], ["w1 w2"]),
    ],
)
def test_there_is_none_where_new_words_are_usual_or_there_are_too_many(text: list[str], new: list[str]) -> None:
    assert lexicon_of(text, new) is None


def test_hashes_are_those_of_the_lower_case_words() -> None:
    lexicon = lexicon_of(["Über ÜBER über"], ["über"])
    assert lexicon is not None
    assert len(lexicon) == 1
    assert isinstance(lexicon, Lexicon)
    assert re.fullmatch(r"\d+", str(lexicon.hashes[0]))
