"""The two LSTMs, and what is hidden from them while they learn."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae.noise import Noise
from vae.softmax import product

State = tuple[Tensor, Tensor]  # h, c: (B, H) each


def locked_dropout(x: Tensor, p: float, noise: Noise | None) -> Tensor:
    """Hide the same features at every token of a sentence, and scale up the others.

    Args:
        x: (B, T, H).  noise: None turns it off (evaluation).
    Source: Gal & Ghahramani 2016, arXiv:1512.05287.
    """
    if noise is None or p == 0:
        return x
    keep = ~noise.hits(x.shape[2], p)  # (B, H)
    return x * (keep / (1 - p)).to(x.dtype)[:, None]


def blank_words(ids: Tensor, p: float, blank: int, keep_from: int, noise: Noise | None) -> Tensor:
    """Replace tokens by `blank` with probability p; ids below `keep_from` (the marks) stay.

    Args:
        ids: (B, T).  noise: None turns it off (evaluation).
    Source: Bowman et al. 2016, arXiv:1511.06349, section 3.1 (word dropout); Shen et al. 2020, arXiv:1905.12777.
    """
    if noise is None or p == 0:
        return ids
    return torch.where(noise.hits(ids.shape[1], p) & (ids >= keep_from), blank, ids)


class Encoder(nn.Module):
    """An LSTM in one or both directions over embedded tokens -> one summary of the sentence.

    The backward direction reads each sentence from its own end, so that padding never changes a code.
    """

    def __init__(self, embedding: int, hidden: int, bidirectional: bool) -> None:
        super().__init__()
        self.forwards = nn.LSTM(embedding, hidden, batch_first=True)
        self.backwards = nn.LSTM(embedding, hidden, batch_first=True) if bidirectional else None
        self.size = hidden * (2 if bidirectional else 1)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x: (B, T, E), lengths: (B,) -> (B, size): each direction's largest value over the sentence."""
        inside = torch.arange(x.shape[1], device=x.device) < lengths[:, None]  # (B, T)
        summaries = [self._summary(self.forwards(x)[0], inside)]
        if self.backwards is not None:
            summaries.append(self._summary(self.backwards(_reverse(x, lengths))[0], inside))
        return torch.cat(summaries, -1)

    @staticmethod
    def _summary(states: Tensor, inside: Tensor) -> Tensor:
        return states.masked_fill(~inside[..., None], -torch.inf).amax(1)


def _reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row's first `length` tokens in the opposite order; padding stays behind. (B, T, E) -> (B, T, E)."""
    places = lengths[:, None] - 1 - torch.arange(x.shape[1], device=x.device)  # (B, T)
    places = torch.where(places < 0, torch.arange(x.shape[1], device=x.device), places)
    return x.gather(1, places[..., None].expand_as(x))


class _Constant(nn.Module):
    """The same learned numbers for each of B rows without any: (B, 0) -> (B, size)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(size))

    def forward(self, rows: Tensor) -> Tensor:
        return self.value.expand(len(rows), -1)


class Decoder(nn.Module):
    """An LSTM that gets z as its first state and beside every input embedding: tokens -> features (B, T, E).

    Where z has no dimensions, the first state is learned, and that is all.
    """

    def __init__(self, embedding: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.first = nn.Linear(latent, 2 * hidden) if latent else _Constant(2 * hidden)
        self.lstm = nn.LSTM(embedding + latent, hidden, batch_first=True)
        self.features = nn.Linear(hidden + latent, embedding)

    def begin(self, z: Tensor) -> State:
        """z: (B, D) -> the first state."""
        h, c = self.first(z).chunk(2, -1)
        return torch.tanh(h), c

    def forward(self, x: Tensor, z: Tensor, p: float = 0.0, noise: Noise | None = None) -> Tensor:
        """x: (B, T, E) embedded inputs, z: (B, D), p: dropout of the states while it learns -> (B, T, E)."""
        h, c = self.begin(z)
        z_beside = z[:, None].expand(-1, x.shape[1], -1)  # (B, T, D)
        states, _ = self.lstm(torch.cat([x, z_beside], -1), (h[None], c[None]))
        states = locked_dropout(states, p, noise)
        return self._features(torch.cat([states, z_beside.to(states.dtype)], -1))

    def read(self, x: Tensor) -> Tensor:
        """What inputs x (..., E) bring to the LSTM's gates: (..., 4 * H)."""
        return F.linear(x, self.lstm.get_parameter("weight_ih_l0")[:, : x.shape[-1]])

    def fixed(self, z: Tensor) -> State:
        """What z (B, D) and the biases bring to the gates and to the features at every token: (B, 4 * H), (B, E)."""
        weight, e, h = self.lstm.get_parameter, self.features.out_features, self.lstm.hidden_size
        gates = F.linear(z, weight("weight_ih_l0")[:, e:], weight("bias_ih_l0") + weight("bias_hh_l0"))
        return gates, F.linear(z, self.features.weight[:, h:], self.features.bias)

    def advance(self, read: Tensor, fixed: State, state: State) -> tuple[Tensor, State]:
        """One token: its `read` (B, 4 * H), the sentence's `fixed` -> features (B, E) and the next state."""
        h, c = state
        gates, features = fixed
        gates = product(h, self.lstm.get_parameter("weight_hh_l0"), plus=read + gates)
        i, f, g, o = gates.chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return torch.addmm(features, h, self.features.weight[:, : h.shape[-1]].t()), (h, c)

    def _features(self, states: Tensor) -> Tensor:
        features: Tensor = self.features(states)
        return features
