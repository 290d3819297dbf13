"""The LSTM that reads a sentence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae.model.layers.normalization import optional_layer_norm


class Encoder(nn.Module):
    """An LSTM in one or both directions over embedded tokens -> one summary of the sentence.

    The backward direction reads each sentence from its own end, so that padding never changes a code.

    Args:
        pooling: of each direction's states over the sentence: the last, the mean, the max, or the mean under the
            weights of attention.
        layer_norm: whether the summary is brought to mean 0 and variance 1 over its features.
    Source: Conneau et al. 2017, arXiv:1705.02364 (max, mean); Yang et al. 2016, Hierarchical attention networks; Ba et
    al. 2016, arXiv:1607.06450 (layer norm).
    """

    def __init__(
        self, embedding: int, hidden: int, bidirectional: bool, pooling: str = "max", layer_norm: bool = False
    ) -> None:
        super().__init__()
        self.pooling = pooling
        self.forwards = nn.LSTM(embedding, hidden, batch_first=True)
        self.backwards = nn.LSTM(embedding, hidden, batch_first=True) if bidirectional else None
        self.size = hidden * (2 if bidirectional else 1)
        self.norm = optional_layer_norm(self.size, layer_norm)
        # at 0, as they begin, attention is the mean
        self.queries = nn.Parameter(torch.zeros(self.size // hidden, hidden)) if pooling == "attention" else None

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x: (B, T, E), lengths: (B,) -> (B, size): each direction's summary of its states over the sentence."""
        summaries = [self._pool(self.forwards(x)[0], lengths, 0)]
        if self.backwards is not None:
            summaries.append(self._pool(self.backwards(_reverse(x, lengths))[0], lengths, 1))
        summary: Tensor = self.norm(torch.cat(summaries, -1))
        return summary

    def _pool(self, states: Tensor, lengths: Tensor, direction: int) -> Tensor:
        """One summary of a direction's states: (B, T, H) -> (B, H)."""
        if self.pooling == "last":
            return states[torch.arange(len(states), device=states.device), lengths - 1]
        mask = (torch.arange(states.shape[1], device=states.device) < lengths[:, None])[..., None]  # (B, T, 1)
        if self.pooling == "max":
            return states.masked_fill(~mask, -torch.inf).amax(1)
        weights = mask / lengths[:, None, None]
        if self.queries is not None:
            scores = (states @ self.queries[direction]).float()[..., None]  # (B, T, 1)
            weights = scores.masked_fill(~mask, -torch.inf).softmax(1)
        return (states * weights).sum(1)


def _reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row's first `length` tokens in the opposite order; padding stays behind. (B, T, E) -> (B, T, E)."""
    positions = lengths[:, None] - 1 - torch.arange(x.shape[1], device=x.device)  # (B, T)
    positions = torch.where(positions < 0, torch.arange(x.shape[1], device=x.device), positions)
    return x.gather(1, positions[..., None].expand_as(x))
