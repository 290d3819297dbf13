"""Dropout and noise: what is hidden from the two LSTMs while they learn."""

from __future__ import annotations

import torch
from torch import Tensor

from vae.model.counter_rng import CounterRng
from vae.text.tokenizer import EOS_ID, PAD_ID, UNK_ID

_SHUFFLE_DISTANCE = 3  # places that a shuffled word moves at most


def dropout(x: Tensor, p: float, rng: CounterRng | None, kind: str = "locked") -> Tensor:
    """Hide features, and scale up the others.

    Args:
        x: (B, T, H).  rng: None turns it off (evaluation).
        kind: "locked" hides the same ones at every token of a sentence, "standard" draws anew at each.
    Source: Gal & Ghahramani 2016, arXiv:1512.05287 (locked); Srivastava et al. 2014, Dropout (standard).
    """
    if rng is None or p == 0:
        return x
    batch, tokens, features = x.shape
    positions = tokens if kind == "standard" else 1
    keep = ~rng.bernoulli(positions * features, p).view(batch, positions, features)
    return x * (keep / (1 - p)).to(x.dtype)


def blank_words(ids: Tensor, p: float, blank: int, keep_from: int, rng: CounterRng | None) -> Tensor:
    """Replace tokens by `blank` with probability p; ids below `keep_from` (the marks) stay.

    Args:
        ids: (B, T).  rng: None turns it off (evaluation).
    Source: Bowman et al. 2016, arXiv:1511.06349, section 3.1 (word dropout); Shen et al. 2020, arXiv:1905.12777.
    """
    if rng is None or p == 0:
        return ids
    return torch.where(rng.bernoulli(ids.shape[1], p) & (ids >= keep_from), blank, ids)


def corrupt(
    ids: Tensor, lengths: Tensor, kind: str, p: float, vocabulary: int, rng: CounterRng | None
) -> tuple[Tensor, Tensor]:
    """Sentences as the encoder gets to read them while it learns, each of their words corrupted with probability p.

    blank, substitute: it becomes the unknown word, or any of the vocabulary. drop: it is gone, and the sentence is
    shorter. shuffle: it stands up to three places later, and what it passes by earlier. The end mark stays the last.

    Args:
        ids, lengths: (B, T), (B,), the end mark counted.  rng: None turns it off (evaluation).
    Source: Shen et al. 2020, arXiv:1905.12777; the shuffle is that of Lample et al. 2018, arXiv:1711.00043.
    """
    if rng is None or p == 0:
        return ids, lengths
    if kind == "blank":
        return blank_words(ids, p, UNK_ID, EOS_ID + 1, rng), lengths
    corrupted = rng.bernoulli(ids.shape[1], p) & (ids > EOS_ID)
    if kind == "drop":
        order = corrupted.to(torch.uint8).argsort(dim=1, stable=True)  # and padding among what is kept
        return ids.masked_fill(corrupted, PAD_ID).gather(1, order), lengths - corrupted.sum(1)
    uniforms = rng.uniform(ids.shape[1])
    if kind == "substitute":
        choices = vocabulary - EOS_ID - 1
        return torch.where(corrupted, EOS_ID + 1 + (uniforms * choices).long(), ids), lengths
    positions = torch.arange(ids.shape[1], device=ids.device)
    is_word = positions < lengths[:, None] - 1
    distance = _SHUFFLE_DISTANCE + 1
    positions = positions + torch.where(is_word, corrupted * uniforms * distance, distance)
    return ids.gather(1, positions.argsort(dim=1, stable=True)), lengths
