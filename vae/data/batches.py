"""Token ids to batches: sentences of like length together, in an order that depends on seed and epoch alone.

Texts larger than memory come in blocks, of which one at a time is in memory; a small text is one block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from vae.messages.message import Message, UserError
from vae.text.tokenizer import BOS_ID, EOS_ID, PAD_ID

_BATCH_TOKENS = 8192  # bounds a process's memory at a batch of long sentences
_MAX_SENTENCE_RATIO = 4  # of the sentences of a step to those of an average one


def flat_ids(ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of ids as one array (total,) int32 with an eos behind each, and the lengths (n,) int64, eos counted."""
    lengths = np.fromiter(map(len, ids), np.int64, len(ids)) + 1
    flat = np.full(int(lengths.sum()), EOS_ID, np.int32)
    is_token = np.ones(len(flat), bool)  # and no eos
    is_token[lengths.cumsum() - 1] = False
    flat[is_token] = np.fromiter(chain.from_iterable(ids), np.int32, len(flat) - len(lengths))
    return flat, lengths


class Batch(NamedTuple):
    """B sentences, the part of a step that one process does. The end mark counts among the T tokens; padding stands
    behind it."""

    tokens: Tensor  # (B, T) int64: what the decoder has to say, each row ended by eos
    lengths: Tensor  # (B,) int64
    rows: Tensor  # (B,) int64: which sentence of the text each one is
    global_size: int  # sentences of the step over all processes; B when alone

    @property
    def inputs(self) -> Tensor:
        """What the decoder has seen before each token: (B, T), begun by bos."""
        return torch.cat([self.tokens.new_full((len(self.tokens), 1), BOS_ID), self.tokens[:, :-1]], 1)

    @property
    def mask(self) -> Tensor:
        """(B, T) bool, true at real tokens."""
        return torch.arange(self.tokens.shape[1], device=self.tokens.device) < self.lengths[:, None]

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device. Nobody waits for its way to a GPU, which may still have other work."""
        if device.type == "cpu":
            return self
        tokens, lengths, rows = (part.pin_memory().to(device, non_blocking=True) for part in self[:3])
        return Batch(tokens, lengths, rows, self.global_size)


class Blocks(Protocol):
    """Tokenised sentences in blocks that each fit into memory."""

    bounds: np.ndarray  # (blocks + 1,) the first row of each block, and the number of sentences at last
    total: int  # tokens, end marks counted

    def lengths_of(self, block: int) -> np.ndarray: ...
    def block(self, number: int) -> Tokens: ...


class Tokens:
    """Tokenised sentences as one flat array and where each one starts: n sentences, ends marked."""

    def __init__(self, flat: np.ndarray, starts: np.ndarray, first: int = 0) -> None:
        """flat: (total,) integers with an eos behind each sentence; starts: (n + 1,) int64; first: the row, among all
        sentences, of the first one here, if these are a block of more."""
        self.flat, self.starts, self.first = flat, starts, first
        self.bounds, self.total = np.array([0, len(self)]), len(flat)

    @classmethod
    def of(cls, ids: Sequence[Sequence[int]]) -> Tokens:
        flat, lengths = flat_ids(ids)
        return cls(flat, np.concatenate([[0], lengths.cumsum()]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """(n,) tokens of each sentence, its end mark counted."""
        return np.diff(self.starts)

    def lengths_of(self, block: int) -> np.ndarray:
        """The lengths, since all is one block."""
        return self.lengths

    def block(self, number: int) -> Tokens:
        """Itself."""
        return self

    def batch(self, rows: Sequence[int] | np.ndarray, global_size: int = 0) -> Batch:
        """The sentences of these rows, in this order, padded to the longest; alone, or in a step of `global_size`."""
        rows = np.asarray(rows, dtype=np.int64)
        lengths = self.starts[rows + 1] - self.starts[rows]
        columns = np.arange(lengths.max(initial=1))
        is_token = columns < lengths[:, None]
        places = np.where(is_token, self.starts[rows][:, None] + columns, 0)
        tokens = np.where(is_token, self.flat[places], PAD_ID).astype(np.int64)  # (B, T)
        index = torch.from_numpy(rows + self.first)
        return Batch(torch.from_numpy(tokens), torch.from_numpy(lengths), index, global_size or len(rows))


def _batch_ends(lengths: np.ndarray, max_sentences: int, max_tokens: int, min_sentences: int = 1) -> np.ndarray:
    """The ends of ranges over ascending lengths: each of at most `max_sentences` and `max_tokens`, padding counted, but
    `min_sentences` in any case (the last may have fewer)."""
    ends, start = [], 0
    while start < len(lengths):
        window = lengths[start : start + max_sentences]
        fitting = int(np.searchsorted(window * np.arange(1, len(window) + 1), max_tokens, "right"))
        start += min(max(fitting, min_sentences), len(window))
        ends.append(start)
    return np.array(ends, np.int64)


def _equal_length_ends(lengths: np.ndarray, max_sentences: int, min_sentences: int = 1) -> np.ndarray:
    """The ends of ranges over ascending lengths: each of one length and at most `max_sentences` and `_BATCH_TOKENS`.

    One of fewer than `min_sentences` goes to the next, or at the end to the one before, whatever their lengths.
    """
    ends: list[int] = []
    changes = np.flatnonzero(np.diff(lengths)) + 1
    for first, last in pairwise([0, *changes.tolist(), len(lengths)]):
        size = min(max_sentences, max(min_sentences, _BATCH_TOKENS // int(lengths[first])))
        for end in (*range(first + size, last, size), last):
            if ends and ends[-1] - (ends[-2] if len(ends) > 1 else 0) < min_sentences:
                ends.pop()
            ends.append(end)
    if len(ends) > 1 and ends[-1] - ends[-2] < min_sentences:
        del ends[-2]
    return np.array(ends, np.int64)


class Sampler:
    """The batch of any step of a run, without a state: an order seeded by (seed, epoch), cut into steps of like cost.

    A step takes sentences of like length, as many as make `batch * world_size` sentences of mean length in tokens (at
    most 4 times as many sentences, when they are short), so that a step costs about the same whatever its length, and
    next to nothing of it is padding. With `equal_lengths` a step takes sentences of one length
    instead, `batch * world_size` at most, as published text VAEs do. Of each step this process does every
    `world_size`-th sentence. An epoch goes through the blocks in an order of its own, and through each block's steps
    likewise.
    """

    def __init__(
        self, tokens: Blocks, *, batch: int, seed: int, rank: int = 0, world_size: int = 1, equal_lengths: bool = False
    ) -> None:
        """Raises UserError: there are fewer sentences than processes."""
        sentences = int(tokens.bounds[-1])
        if sentences < world_size:
            raise UserError(Message("data.too_many_processes", sentences=sentences, processes=world_size))
        self.tokens, self.seed, self.rank, self.world_size = tokens, seed, rank, world_size
        self._equal_lengths = equal_lengths
        self._max_sentences = (1 if equal_lengths else _MAX_SENTENCE_RATIO) * batch * world_size
        usual_tokens = math.ceil(batch * world_size * tokens.total / max(1, sentences))
        self._max_tokens = min(usual_tokens, _BATCH_TOKENS * world_size)
        self._steps = np.array([len(self._ends(tokens.lengths_of(block))) for block in range(len(tokens.bounds) - 1)])
        self._epoch = self._current_block = -1

    def __len__(self) -> int:
        """Steps of an epoch."""
        return int(self._steps.sum())

    def rows(self, step: int) -> np.ndarray:
        """The sentences of a step, of all processes."""
        return self._rows(step) + self._tokens.first

    def batch(self, step: int) -> Batch:
        """This process's batch of a step."""
        rows = self._rows(step)
        return self._tokens.batch(rows[self.rank :: self.world_size], len(rows))

    def _ends(self, lengths: np.ndarray) -> np.ndarray:
        """The ends of the steps of a block, over its sentences by length."""
        ascending = np.sort(lengths)
        if self._equal_lengths:
            return _equal_length_ends(ascending, self._max_sentences, min_sentences=self.world_size)
        ends = _batch_ends(ascending, self._max_sentences, self._max_tokens, min_sentences=self.world_size)
        if len(ends) > 1:  # what is left over is no step of its own, if it is small
            previous, rest = np.diff(ends, prepend=0)[-2:]
            if rest < self.world_size or (previous + rest) * ascending[-1] <= 1.25 * self._max_tokens:
                ends = np.delete(ends, -2)
        return ends

    def _rows(self, step: int) -> np.ndarray:
        """The sentences of a step as rows of their block, which is `self._tokens` from then on."""
        epoch, step_of_epoch = divmod(step, len(self))
        if epoch != self._epoch:
            self._block_order = np.random.default_rng((self.seed, epoch)).permutation(len(self._steps))
            self._block_ends = self._steps[self._block_order].cumsum()  # in steps of the epoch
            self._epoch, self._current_block = epoch, -1
        place = int(np.searchsorted(self._block_ends, step_of_epoch, "right"))
        if self._block_order[place] != self._current_block:
            self._load_block(int(self._block_order[place]))
        chosen = self._step_order[step_of_epoch - self._block_ends[place]]  # from the end: negative
        return self._row_order[self._bounds[chosen] : self._bounds[chosen + 1]]

    def _load_block(self, block: int) -> None:
        """Read a block, and put it into the epoch's order."""
        random = np.random.default_rng((self.seed, self._epoch, block))
        self._tokens, self._current_block = self.tokens.block(block), block
        lengths = self._tokens.lengths
        self._bounds = np.concatenate([[0], self._ends(lengths)])  # of the steps, in rows by length
        shuffled = random.permutation(len(lengths))
        self._row_order = shuffled[np.argsort(lengths[shuffled], kind="stable")]
        self._step_order = random.permutation(len(self._bounds) - 1)


def batches_by_length(tokens: Tokens, max_tokens: int = 4096) -> Iterator[tuple[np.ndarray, Batch]]:
    """Every sentence once, by length, with its row: for evaluation, where the caller puts results back by row."""
    order = np.argsort(tokens.lengths, kind="stable")
    start = 0
    for end in _batch_ends(tokens.lengths[order], max_tokens, max_tokens):
        yield order[start:end], tokens.batch(order[start:end])
        start = end
