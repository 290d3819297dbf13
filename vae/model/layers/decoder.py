"""The LSTM that generates a sentence from z."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae.model.counter_rng import CounterRng
from vae.model.layers.corruption import dropout
from vae.model.layers.normalization import optional_layer_norm
from vae.model.layers.output_softmax import linear

State = tuple[Tensor, Tensor]  # h, c: (B, H) each


class _LearnedState(nn.Module):
    """The same learned numbers for each of B codes of no dimensions: (B, 0) -> (B, size)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(size))

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.value)

    def forward(self, rows: Tensor) -> Tensor:
        return self.value.expand(len(rows), -1)


class Decoder(nn.Module):
    """An LSTM conditioned on z: embedded tokens -> features (B, T, F), from which each next token is predicted.

    Where z has no dimensions, the first state is learned, and that is all.

    Args:
        z_to: where z enters, joined by +: its first state, beside its inputs (every embedding), beside its output.
        layer_norm: whether the states, before the features, are brought to mean 0 and variance 1.
        dropout_kind: of the states while it learns.
        projected: whether features are made of the states by one more layer, so that they have the size of an
            embedding; without it they are the states themselves, and z where it enters beside the output.
    Source: Bowman et al. 2016, arXiv:1511.06349 (state, inputs); Dieng et al. 2019, arXiv:1807.04863 (output); Ba et
    al. 2016, arXiv:1607.06450 (layer norm).
    """

    def __init__(
        self, embedding: int, hidden: int, latent: int, z_to: str = "state+inputs+output", layer_norm: bool = False,
        dropout_kind: str = "locked", projected: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.dropout_kind = dropout_kind
        self.code_sizes = [latent if place in z_to.split("+") else 0 for place in ("inputs", "output")]
        self.first = nn.Linear(latent, 2 * hidden) if latent and "state" in z_to else _LearnedState(2 * hidden)
        self.lstm = nn.LSTM(embedding + self.code_sizes[0], hidden, batch_first=True)
        self.norm = optional_layer_norm(hidden, layer_norm)
        self.features = nn.Linear(hidden + self.code_sizes[1], embedding) if projected else None

    @property
    def feature_size(self) -> int:
        """Numbers from which a token is predicted."""
        if self.features is None:
            return self.lstm.hidden_size + self.code_sizes[1]
        return self.features.out_features

    def reset_parameters(self) -> None:
        """New random weights."""
        for part in (self.first, self.lstm, self.features):
            if part is not None:
                part.reset_parameters()
        if isinstance(self.norm, nn.LayerNorm):
            self.norm.reset_parameters()

    def begin(self, z: Tensor) -> State:
        """z: (B, D) -> the first state."""
        h, c = self.first(z).chunk(2, -1)
        return torch.tanh(h), c

    def forward(self, x: Tensor, z: Tensor, p: float = 0.0, rng: CounterRng | None = None) -> Tensor:
        """x: (B, T, E) embedded inputs, z: (B, D), p: dropout of the states while it learns -> (B, T, F)."""
        h, c = self.begin(z)
        z_steps = z[:, None].expand(-1, x.shape[1], -1)  # (B, T, D)
        z_in, z_out = (z_steps[..., :size] for size in self.code_sizes)
        states, _ = self.lstm(torch.cat([x, z_in], -1), (h[None], c[None]))
        states = dropout(self.norm(states).to(states.dtype), p, rng, self.dropout_kind)
        return self._features(torch.cat([states, z_out.to(states.dtype)], -1))

    def input_gates(self, x: Tensor) -> Tensor:
        """What inputs x (..., E) add to the LSTM's gates: (..., 4 * H)."""
        return F.linear(x, self.lstm.get_parameter("weight_ih_l0")[:, : x.shape[-1]])

    def code_terms(self, z: Tensor) -> State:
        """What z (B, D) and the biases add to the gates and to the features at every token: (B, 4 * H), (B, F)."""
        weight, h = self.lstm.get_parameter, self.lstm.hidden_size
        e = self.lstm.input_size - self.code_sizes[0]
        z_in, z_out = (z[:, :size] for size in self.code_sizes)
        gates = F.linear(z_in, weight("weight_ih_l0")[:, e:], weight("bias_ih_l0") + weight("bias_hh_l0"))
        if self.features is None:
            return gates, F.pad(z_out, (h, 0))
        return gates, F.linear(z_out, self.features.weight[:, h:], self.features.bias)

    def advance(self, input_gates: Tensor, code_terms: State, state: State) -> tuple[Tensor, State]:
        """One token: its `input_gates` (B, 4 * H) and the `code_terms` of z -> features (B, F) and the next state."""
        h, c = state
        gates, features = code_terms
        gates = linear(h, self.lstm.get_parameter("weight_hh_l0"), addend=input_gates + gates)
        i, f, g, o = gates.chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        said = self.norm(h)
        if self.features is None:
            return features + F.pad(said, (0, self.code_sizes[1])), (h, c)
        return torch.addmm(features, said, self.features.weight[:, : h.shape[-1]].t()), (h, c)

    def _features(self, states: Tensor) -> Tensor:
        features: Tensor = states if self.features is None else self.features(states)
        return features
