"""The random numbers of a training: each hangs on the seed, the step, the sentence and its place, and on nothing else.

There is no state to save, and however a step's sentences are spread over batches, processes or devices, each one
meets the same noise. A number is a hash of its own address (a counter-based generator), so that all are made at once.

Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3; the mixing constants are C. Wellons' lowbias32.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_GOLDEN = 0x9E3779B9  # 2**32 over the golden ratio: successive multiples lie far apart
_FIRST, _SECOND = 0x7FEB352D, 0x846CA68B
_WORD = 0xFFFFFFFF


class CounterRng:
    """The draws of one step for B sentences. Every call is a new, independent draw; call them in a fixed order.

    Args:
        seed: of the run.  t: the step.  index: (B,) int64, which sentence of the text each row is.
    """

    def __init__(self, seed: int, t: int, index: Tensor) -> None:
        self._key = _mix(_mix(seed & _WORD) ^ (t & _WORD))
        self._index = (index ^ (index >> 32)).to(torch.int32)
        self._counter = 0

    def bernoulli(self, columns: int, p: float) -> Tensor:
        """(B, columns) bool, true with probability p. A column's draws do not hang on how many columns there are."""
        bits, threshold = self._bits(columns), round(p * 2**32)  # so many of the values of an int32, from the least on
        return bits <= threshold - 2**31 - 1 if threshold else torch.zeros_like(bits, dtype=torch.bool)

    def uniform(self, columns: int) -> Tensor:
        """(B, columns) float32 in [0, 1)."""
        return ((self._bits(columns) >> 8) & 0xFFFFFF).to(torch.float32).mul_(2.0**-24)

    def normal(self, columns: int) -> Tensor:
        """(B, columns) float32 from N(0, 1).

        Source: Box & Muller 1958, A note on the generation of random normal deviates.
        """
        length = (1 - self.uniform(columns)).log_().mul_(-2).sqrt_()
        return length * self.uniform(columns).mul_(2 * math.pi).cos_()

    def _bits(self, columns: int) -> Tensor:
        """(B, columns) int32, all of whose values are equally likely."""
        self._counter += 1
        rows = _mix_(self._index ^ _signed(_mix(self._key + self._counter)))  # (B,)
        addresses = torch.arange(1, columns + 1, device=rows.device).mul_(_GOLDEN).to(torch.int32)
        return _mix_(rows[:, None] + addresses)


def _mix(x: int) -> int:
    """A 32-bit hash in which every input bit moves every output bit."""
    x &= _WORD
    x = (x ^ x >> 16) * _FIRST & _WORD
    x = (x ^ x >> 15) * _SECOND & _WORD
    return x ^ x >> 16


def _mix_(x: Tensor) -> Tensor:
    """The same in place, on int32, whose products wrap around as they should. Its shifts drag the sign along."""
    x ^= (x >> 16) & 0xFFFF
    x *= _signed(_FIRST)
    x ^= (x >> 15) & 0x1FFFF
    x *= _signed(_SECOND)
    x ^= (x >> 16) & 0xFFFF
    return x


def _signed(x: int) -> int:
    return x - (1 << 32) if x >> 31 else x
