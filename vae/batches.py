"""Token ids to batches: sentences of like length together, in an order that depends on seed and epoch alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vae.tokenizer import BOS_ID, EOS_ID, PAD_ID

_BATCH_TOKENS = 8192  # bounds the memory of a batch of long sentences


class Batch(NamedTuple):
    """B sentences. The end mark counts among the T tokens; padding stands behind it."""

    tokens: Tensor  # (B, T) int64: what the decoder has to say, each row ended by eos
    lengths: Tensor  # (B,) int64

    @property
    def inputs(self) -> Tensor:
        """What the decoder has seen before each token: (B, T), begun by bos."""
        return torch.cat([self.tokens.new_full((len(self.tokens), 1), BOS_ID), self.tokens[:, :-1]], 1)

    @property
    def mask(self) -> Tensor:
        """(B, T) bool, true at real tokens."""
        return torch.arange(self.tokens.shape[1], device=self.tokens.device) < self.lengths[:, None]

    def to(self, device: torch.device | str) -> Batch:
        return Batch(self.tokens.to(device), self.lengths.to(device))


class Tokens:
    """Tokenised sentences as one flat array and where each one starts: n sentences, ends marked."""

    def __init__(self, flat: np.ndarray, starts: np.ndarray) -> None:
        """flat: (total,) int32 with an eos behind each sentence; starts: (n + 1,) int64."""
        self.flat, self.starts = flat, starts

    @classmethod
    def of(cls, ids: Sequence[Sequence[int]]) -> Tokens:
        lengths = np.fromiter((len(row) + 1 for row in ids), np.int64, len(ids))
        flat = np.fromiter((i for row in ids for i in (*row, EOS_ID)), np.int32, int(lengths.sum()))
        return cls(flat, np.concatenate([[0], lengths.cumsum()]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """(n,) tokens of each sentence, its end mark counted."""
        return np.diff(self.starts)

    def batch(self, rows: Sequence[int] | np.ndarray) -> Batch:
        """The sentences of these rows, in this order, padded to the longest."""
        rows = np.asarray(rows, dtype=np.int64)
        lengths = self.lengths[rows]
        columns = np.arange(lengths.max(initial=1))
        inside = columns < lengths[:, None]
        places = np.where(inside, self.starts[rows][:, None] + columns, 0)
        tokens = np.where(inside, self.flat[places], PAD_ID).astype(np.int64)  # (B, T)
        return Batch(torch.from_numpy(tokens), torch.from_numpy(lengths))


def _cut(lengths: np.ndarray, rows: int, budget: int) -> list[tuple[int, int]]:
    """Ranges over sorted lengths of at most `rows` sentences and `budget` tokens (one sentence at least)."""
    ranges, start = [], 0
    for i, length in enumerate(lengths):
        if i > start and (i - start == rows or (i - start + 1) * length > budget):
            ranges.append((start, i))
            start = i
    return [*ranges, (start, len(lengths))] if len(lengths) else ranges


class Sampler:
    """The batch of any step of a run, without a state: a permutation seeded by (seed, epoch)."""

    def __init__(self, tokens: Tokens, *, batch: int, seed: int) -> None:
        self.tokens, self.seed = tokens, seed
        self._lengths = tokens.lengths
        self._ranges = _cut(np.sort(self._lengths), batch, _BATCH_TOKENS)
        self._epoch, self._order, self._turns = -1, np.empty(0, np.int64), np.empty(0, np.int64)

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self._ranges)

    def rows(self, step: int) -> np.ndarray:
        """The sentences of a step."""
        epoch, turn = divmod(step, len(self))
        if epoch != self._epoch:
            random = np.random.default_rng((self.seed, epoch))
            shuffled = random.permutation(len(self._lengths))
            self._order = shuffled[np.argsort(self._lengths[shuffled], kind="stable")]
            self._turns = random.permutation(len(self))
            self._epoch = epoch
        start, stop = self._ranges[self._turns[turn]]
        return self._order[start:stop]

    def batch(self, step: int) -> Batch:
        """The batch of a step."""
        return self.tokens.batch(self.rows(step))


def in_order(tokens: Tokens, budget: int = 4096) -> Iterator[tuple[np.ndarray, Batch]]:
    """Every sentence once, by length, with its row: for evaluation, where the caller puts results back by row."""
    order = np.argsort(tokens.lengths, kind="stable")
    for start, stop in _cut(tokens.lengths[order], len(order), budget):
        yield order[start:stop], tokens.batch(order[start:stop])
