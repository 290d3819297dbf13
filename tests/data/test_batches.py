"""Batches: every sentence once an epoch, in an order that follows from seed and epoch alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vae.data import batches
from vae.data.batches import Batch, Sampler, Tokens, batches_by_length
from vae.text.tokenizer import BOS_ID, EOS_ID, PAD_ID

ROWS = st.lists(st.lists(st.integers(4, 400), max_size=30), min_size=1, max_size=60)


def sentences(n: int, longest: int, seed: int = 0) -> Tokens:
    random = np.random.default_rng(seed)
    return Tokens.of([random.integers(4, 400, random.integers(0, longest)).tolist() for _ in range(n)])


def rows_of(batch: Batch) -> list[list[int]]:
    """The sentences of a batch without end and padding, read slowly."""
    rows = []
    for tokens, length in zip(batch.tokens.tolist(), batch.lengths.tolist(), strict=True):
        assert tokens[length - 1] == EOS_ID
        assert set(tokens[length:]) <= {PAD_ID}
        rows.append(tokens[: length - 1])
    return rows


def epoch(sampler: Sampler, number: int) -> list[list[int]]:
    return [sampler.rows(number * len(sampler) + turn).tolist() for turn in range(len(sampler))]


@given(rows=ROWS)
def test_tokens_give_back_the_rows_asked_for(rows: list[list[int]]) -> None:
    tokens = Tokens.of(rows)
    chosen = list(range(len(rows)))[::-1]
    assert rows_of(tokens.batch(chosen)) == rows[::-1]
    assert tokens.lengths.tolist() == [len(row) + 1 for row in rows]
    assert len(tokens) == len(rows)


def test_no_sentences_are_no_tokens() -> None:
    assert len(Tokens.of([])) == 0
    assert list(batches_by_length(Tokens.of([]))) == []


@given(rows=ROWS)
def test_inputs_are_the_tokens_before_and_mask_marks_the_real_ones(rows: list[list[int]]) -> None:
    batch = Tokens.of(rows).batch(range(len(rows)))
    assert batch.mask.sum(1).tolist() == batch.lengths.tolist()
    for row, inputs, mask in zip(rows, batch.inputs.tolist(), batch.mask.tolist(), strict=True):
        assert inputs[: len(row) + 1] == [BOS_ID, *row]
        assert mask == sorted(mask, reverse=True)
    assert batch.inputs.shape == batch.tokens.shape == batch.mask.shape


def test_longest_sentence_leaves_no_empty_column() -> None:
    batch = Tokens.of([[5], [5, 6, 7], []]).batch([0, 1, 2])
    assert batch.tokens.tolist() == [[5, EOS_ID, 0, 0], [5, 6, 7, EOS_ID], [EOS_ID, 0, 0, 0]]


@pytest.mark.parametrize(("n", "batch"), [(1, 4), (4, 4), (1000, 32), (37, 1), (5, 64)])
@pytest.mark.parametrize("world", [1, 3])
def test_epoch_holds_every_sentence_exactly_once(n: int, batch: int, world: int) -> None:
    n = max(n, world)
    sampler = Sampler(sentences(n, 40), batch=batch, seed=1, world_size=world)
    for number in (0, 1, 5):
        rows = epoch(sampler, number)
        assert sorted(row for part in rows for row in part) == list(range(n))
        assert min(map(len, rows)) >= world  # no process is without a sentence
        assert max(map(len, rows)) < 4 * batch * world + world


@pytest.mark.parametrize("world", [2, 4])
def test_processes_share_a_step_of_the_double_batch(world: int) -> None:
    tokens = sentences(500, 30)
    alone = Sampler(tokens, batch=8 * world, seed=1)
    parts = [Sampler(tokens, batch=8, seed=1, rank=rank, world_size=world) for rank in range(world)]
    assert {len(part) for part in parts} == {len(alone)}
    for step in range(len(alone)):
        whole, shared = alone.batch(step), [part.batch(step) for part in parts]
        assert sorted(row for part in shared for row in part.rows.tolist()) == sorted(whole.rows.tolist())
        assert {part.global_size for part in shared} == {whole.global_size} == {len(whole.tokens)}
        sizes, lengths = [len(part.tokens) for part in shared], [part.tokens.shape[1] for part in shared]
        assert max(sizes) - min(sizes) <= 1
        assert max(lengths) - min(lengths) <= 5


@pytest.mark.parametrize(("n", "batch", "longest"), [(1000, 32, 20), (37, 1, 10), (60, 8, 40), (30, 64, 2)])
@pytest.mark.parametrize("world", [1, 3])
def test_batches_of_equal_length_hold_every_sentence_once(n: int, batch: int, longest: int, world: int) -> None:
    tokens = sentences(n, longest)
    sampler = Sampler(tokens, batch=batch, seed=1, world_size=world, equal_lengths=True)
    for number in (0, 3):
        rows = epoch(sampler, number)
        assert sorted(row for part in rows for row in part) == list(range(n))
        assert min(map(len, rows)) >= world
        assert max(map(len, rows)) < batch * world + 2 * world
        if world == 1:
            assert {len(set(tokens.lengths[part].tolist())) for part in rows} == {1}
            assert len(rows) == sum(-(-int(c) // batch) for c in np.unique(tokens.lengths, return_counts=True)[1])
    assert epoch(sampler, 0) != epoch(sampler, 1)


def test_more_processes_than_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="2 sentences cannot be shared among 3"):
        Sampler(Tokens.of([[5], [6]]), batch=4, seed=1, world_size=3)


def test_batch_knows_its_rows() -> None:
    tokens = sentences(100, 20)
    batch = Sampler(tokens, batch=8, seed=1).batch(3)
    assert rows_of(batch) == [rows_of(tokens.batch([row]))[0] for row in batch.rows.tolist()]
    moved = batch.to(torch.device("cpu"))
    assert (moved.rows.tolist(), moved.global_size) == (batch.rows.tolist(), len(batch.tokens))


def test_order_follows_from_seed_and_epoch_alone() -> None:
    tokens = sentences(300, 20)
    sampler, fresh = Sampler(tokens, batch=16, seed=1), Sampler(tokens, batch=16, seed=1)
    first = [epoch(sampler, number) for number in range(3)]
    assert first[0] != first[1] != first[2]
    assert epoch(Sampler(tokens, batch=16, seed=2), 0) != first[0]
    # asked in any other order, it is the same
    for step in (40, 3, 41, 0, 56):
        number, turn = divmod(step, len(fresh))
        assert fresh.rows(step).tolist() == first[number][turn]


def test_neighbours_of_equal_length_change_between_epochs() -> None:
    sampler = Sampler(Tokens.of([[5, 6]] * 64), batch=8, seed=1)
    assert {frozenset(part) for part in epoch(sampler, 0)} != {frozenset(part) for part in epoch(sampler, 1)}


def test_memory_of_a_batch_of_long_sentences_is_bounded() -> None:
    sampler = Sampler(sentences(400, 900), batch=64, seed=1)
    assert max(sampler.batch(step).tokens.numel() for step in range(len(sampler))) <= batches._BATCH_TOKENS
    # a sentence longer than the budget still comes, alone
    alone = Sampler(Tokens.of([[5] * 9000, [5]]), batch=64, seed=1)
    assert sorted(len(part) for part in epoch(alone, 0)) == [1, 1]


def of_lengths(lengths: np.ndarray) -> Tokens:
    return Tokens.of([[5] * int(length) for length in lengths])


LIKE_TEXTS = {
    "short": lambda random: random.poisson(7, 20_000),
    "prose": lambda random: random.lognormal(3, 0.6, 5_000).clip(1, 120),
    "mixed": lambda random: np.concatenate([random.poisson(5, 3_000), random.poisson(60, 1_000)]),
}


@pytest.mark.parametrize("name", LIKE_TEXTS)
@pytest.mark.parametrize("batch", [32, 64])
def test_steps_cost_alike_and_next_to_nothing_of_them_is_padding(name: str, batch: int) -> None:
    tokens = of_lengths(LIKE_TEXTS[name](np.random.default_rng(1)))
    sampler = Sampler(tokens, batch=batch, seed=1)
    sizes = [sampler.batch(step).tokens.shape for step in range(len(sampler))]
    cells = np.array([rows * columns for rows, columns in sizes])
    assert 1 - tokens.lengths.sum() / cells.sum() < 0.05
    assert np.sort(cells)[-2] <= batch * tokens.lengths.mean() + 1
    assert cells.max() <= 1.25 * batch * tokens.lengths.mean() + 1  # the last one may take up what is left over
    usual = np.sort(cells)[len(cells) // 20 :]  # the very shortest meet the bound on sentences
    assert usual.min() > 0.7 * cells.max()
    assert len(sampler) == pytest.approx(len(tokens) / batch, rel=0.1)


@given(rows=ROWS, budget=st.integers(1, 200))
def test_in_order_covers_every_sentence_within_its_budget(rows: list[list[int]], budget: int) -> None:
    tokens = Tokens.of(rows)
    seen: list[int] = []
    for chosen, batch in batches_by_length(tokens, budget):
        seen += chosen.tolist()
        assert rows_of(batch) == [rows[i] for i in chosen]
        assert batch.tokens.numel() <= budget or len(chosen) == 1
    assert sorted(seen) == list(range(len(rows)))
    assert [len(rows[i]) for i in seen] == sorted(map(len, rows))
