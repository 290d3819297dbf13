"""Figures of plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from vae.metrics import text_scores as scores


def test_letter_entropy_is_what_a_guess_by_frequency_costs() -> None:
    assert scores.letter_entropy(["ab", "ba"]) == pytest.approx(1.585, abs=1e-3)  # a, b and the end, a third each
    assert scores.letter_entropy(["aaaaaaa"]) == pytest.approx(0.544, abs=1e-3)


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
    assert [scores.word_count(text) for text in ("", "one", " two  words ", "it's one-two, three.")] == [1, 2, 3, 4]


TEXT = [
    "the cat sees a letter .", "the cat sees a dog .", "a dog sees the cat .", "the cat", "a", "",
    "the old man likes the old man likes the old man .", "the cat sees a letter .",
]  # fmt: skip


def test_self_bleu_is_sacrebleus_with_all_others_as_references() -> None:
    short = ["a b c d e f g", "a b c d", "x b c d e f g"]  # the brevity penalty counts
    for text in (TEXT, TEXT[:5], TEXT[:3], short):
        others = [[other for j, other in enumerate(text) if j != i] for i in range(len(text))]
        by_reference = [list(column) for column in zip(*others, strict=True)]
        expected = BLEU(tokenize="none", smooth_method="none").corpus_score(text, by_reference).score
        assert scores.self_bleu(text) == pytest.approx(expected)
    assert scores.self_bleu(TEXT) > 20


def test_self_bleu_is_full_for_one_sentence_said_again_and_none_for_strangers() -> None:
    assert scores.self_bleu(["a b c d e"] * 3) == pytest.approx(100)
    assert scores.self_bleu(["a b c d e", "f g h i j"]) == 0
    assert scores.self_bleu(["a b c d"]) == scores.self_bleu([]) == scores.self_bleu(["", ""]) == 0


def test_self_bleu_of_many_is_that_of_a_seeded_part() -> None:
    many = [f"{i % 7} {i % 5} {i % 3} {i % 11} {i % 2}" for i in range(2000)]
    assert scores.self_bleu(many, seed=3) == scores.self_bleu(many, seed=3)
    assert len({scores.self_bleu(many, seed=seed) for seed in range(5)}) > 1


def test_distinct_runs_are_counted_over_all_sentences() -> None:
    text = ["a b a b", "a b", "c"]
    assert scores.distinct_ngrams(text, 1) == 3 / 7
    assert scores.distinct_ngrams(text, 2) == 2 / 4  # a b, b a, a b; a b
    assert scores.distinct_ngrams(text, 3) == 2 / 2
    assert scores.distinct_ngrams(text, 5) == scores.distinct_ngrams([], 1) == 0


def test_words_in_place_are_compared_one_by_one_with_the_end_mark() -> None:
    # a b c . against a x c .: 3 of 4; a b . against a b c .: the end mark stands where c was meant
    assert scores.token_accuracy(["a x c", "a b"], ["a b c", "a b c"]) == (3 + 2) / 8
    assert scores.token_accuracy(["a b c d"], ["a b c"]) == 3 / 4
    assert scores.token_accuracy([""], [""]) == 1
    assert scores.token_accuracy([], []) == 0


def test_shared_words_are_those_of_the_text_or_of_another_sentence() -> None:
    assert scores.shared_words(["a b b", "c"], ["x b", "c y"]) == 3 / 4
    assert scores.shared_words(["a b b", "b c", "d d"]) == 3 / 7  # a, c and d occur in one sentence alone
    assert scores.shared_words([], ["a"]) == scores.shared_words(["", ""]) == 0


def slow_distance(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    if not a or not b:
        return len(a) + len(b)
    return min(
        slow_distance(a[1:], b) + 1, slow_distance(a, b[1:]) + 1, slow_distance(a[1:], b[1:]) + (a[0] != b[0])
    )  # fmt: skip


@given(st.lists(st.sampled_from(["ab", "c"]), max_size=5), st.lists(st.sampled_from(["ab", "c", "d"]), max_size=5))
def test_edit_distance_is_the_least_over_all_ways(a: list[str], b: list[str]) -> None:
    assert scores.words_apart(" ".join(a), " ".join(b)) == slow_distance(tuple(a), tuple(b))


def test_edit_distance_by_hand() -> None:
    assert scores.words_apart("the cat sees a dog", "the dog sees dog") == 2
    assert scores.words_apart("", "one two") == scores.words_apart("one two", "") == 2


def slow_span(sentence: str, text: list[str]) -> int:
    words = sentence.split()
    inside = [f" {' '.join(line.split())} " for line in text]
    return max(
        (j - i for i in range(len(words)) for j in range(i + 1, len(words) + 1)
         if any(f" {' '.join(words[i:j])} " in line for line in inside)),
        default=0,
    )  # fmt: skip


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=7).map(" ".join), max_size=4),
    st.lists(st.lists(st.sampled_from(["a", "b", "c", "e"]), max_size=7).map(" ".join), max_size=5),
)
def test_copied_spans_are_those_of_a_search_by_brute_force(sentences: list[str], text: list[str]) -> None:
    assert scores.copied_spans(sentences, text) == [slow_span(sentence, text) for sentence in sentences]


def test_copied_span_ends_where_a_sentence_does() -> None:
    assert scores.copied_spans(["a b c d"], ["x a b", "c d"]) == [2]
    assert scores.copied_spans(["a b c d", "b c", "zzz"], ["x a b c y"]) == [3, 2, 0]
    assert scores.copied_spans(["cat"], ["cats"]) == [0]
