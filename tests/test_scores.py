"""Figures of plain text."""

from __future__ import annotations

import pytest

from vae import scores


def test_bleu_is_full_for_equal_texts_and_none_for_strangers() -> None:
    texts = ["the cat sat on the mat today .", "a dog ran over the green hill ."]
    assert scores.bleu(texts, texts) == pytest.approx(100)
    assert scores.bleu(["x y z w v u"] * 2, texts) < 1
    assert scores.bleu([], []) == 0


def test_bleu_equals_the_geometric_mean_worked_out_by_hand() -> None:
    # 6 words, one of them wrong: 5/6 words, 4/5 pairs, 3/4 triples, 2/3 fours; lengths equal, so no penalty
    expected = 100 * (5 / 6 * 4 / 5 * 3 / 4 * 2 / 3) ** 0.25
    assert scores.bleu(["a b c d e x"], ["a b c d e f"]) == pytest.approx(expected)


def test_bleu_keeps_case_and_pools_over_the_corpus() -> None:
    assert scores.bleu(["The Cat Sat On A Mat"], ["the cat sat on a mat"]) < 20
    pooled = scores.bleu(["a b c d e x", "a b c d"], ["a b c d e f", "a b c d"])
    assert pooled == pytest.approx(100 * (9 / 10 * 7 / 8 * 5 / 6 * 3 / 4) ** 0.25)


def test_exact_match_is_the_share_of_equal_pairs() -> None:
    assert scores.exact_match(["a", "b", "c", "d"], ["a", "x", "c", "D"]) == 0.5
    assert scores.exact_match([], []) == 0


def test_exact_match_of_unequal_numbers_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        scores.exact_match(["a"], [])


def test_distinct_is_the_share_of_different_sentences() -> None:
    assert scores.distinct(["a", "a", "b", "a"]) == 0.5
    assert scores.distinct([]) == 0


def test_words_are_whitespace_pieces_and_an_end_mark() -> None:
    assert [scores.words(text) for text in ("", "one", " two  words ", "it's one-two, three.")] == [1, 2, 3, 4]
