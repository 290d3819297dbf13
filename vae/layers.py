"""The two LSTMs, and what is hidden from them while they learn."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae import distributed
from vae.noise import Noise
from vae.softmax import product
from vae.tokenizer import EOS_ID, PAD_ID, UNK_ID

State = tuple[Tensor, Tensor]  # h, c: (B, H) each
_FAR = 3  # places that a shuffled word moves at most
_TINY = 1e-5  # variance below which a dimension is not stretched


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


def corrupt(
    ids: Tensor, lengths: Tensor, kind: str, p: float, vocabulary: int, noise: Noise | None
) -> tuple[Tensor, Tensor]:
    """Sentences as the encoder gets to read them while it learns, each of their words hit with probability p.

    blank, substitute: it becomes the unknown word, or any of the vocabulary. drop: it is gone, and the sentence is
    shorter. shuffle: it stands up to three places later, and what it passes by earlier. The end mark stays the last.

    Args:
        ids, lengths: (B, T), (B,), the end mark counted.  noise: None turns it off (evaluation).
    Source: Shen et al. 2020, arXiv:1905.12777; the shuffle is that of Lample et al. 2018, arXiv:1711.00043.
    """
    if noise is None or p == 0:
        return ids, lengths
    if kind == "blank":
        return blank_words(ids, p, UNK_ID, EOS_ID + 1, noise), lengths
    hit = noise.hits(ids.shape[1], p) & (ids > EOS_ID)
    if kind == "drop":
        kept_first = hit.to(torch.uint8).argsort(dim=1, stable=True)  # and padding among what is kept
        return ids.masked_fill(hit, PAD_ID).gather(1, kept_first), lengths - hit.sum(1)
    chance = noise.uniform(ids.shape[1])
    if kind == "substitute":
        words = vocabulary - EOS_ID - 1
        return torch.where(hit, EOS_ID + 1 + (chance * words).long(), ids), lengths
    places = torch.arange(ids.shape[1], device=ids.device)
    is_word = places < lengths[:, None] - 1
    places = places + torch.where(is_word, hit * chance * (_FAR + 1), _FAR + 1)
    return ids.gather(1, places.argsort(dim=1, stable=True)), lengths


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
        self.norm = _layer_norm(self.size, layer_norm)
        # what each direction looks for, at first nothing, which is the mean
        self.queries = nn.Parameter(torch.zeros(self.size // hidden, hidden)) if pooling == "attention" else None

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x: (B, T, E), lengths: (B,) -> (B, size): each direction's summary of its states over the sentence."""
        summaries = [self._summary(self.forwards(x)[0], lengths, 0)]
        if self.backwards is not None:
            summaries.append(self._summary(self.backwards(_reverse(x, lengths))[0], lengths, 1))
        summary: Tensor = self.norm(torch.cat(summaries, -1))
        return summary

    def _summary(self, states: Tensor, lengths: Tensor, direction: int) -> Tensor:
        """(B, T, H) -> (B, H)."""
        if self.pooling == "last":
            return states[torch.arange(len(states), device=states.device), lengths - 1]
        inside = (torch.arange(states.shape[1], device=states.device) < lengths[:, None])[..., None]  # (B, T, 1)
        if self.pooling == "max":
            return states.masked_fill(~inside, -torch.inf).amax(1)
        weights = inside / lengths[:, None, None]
        if self.queries is not None:
            found = (states @ self.queries[direction]).float()[..., None]  # (B, T, 1)
            weights = found.masked_fill(~inside, -torch.inf).softmax(1)
        return (states * weights).sum(1)


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

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.value)

    def forward(self, rows: Tensor) -> Tensor:
        return self.value.expand(len(rows), -1)


def _layer_norm(size: int, wanted: bool) -> nn.Module:
    return nn.LayerNorm(size) if wanted else nn.Identity()


class BatchNorm(nn.Module):
    """Codes of a batch at a fixed spread around a learned centre, so that none of their dimensions can collapse.

    With the spread s, the mean KL of a dimension is at least s^2 / 2. While it learns, the moments are those of the
    step's sentences, over all processes; otherwise those that it has seen of late, which are saved with the weights.
    Source: Zhu et al. 2020, arXiv:2004.12585; Ioffe & Szegedy 2015, arXiv:1502.03167.
    """

    moments: Tensor  # (2, D): mean and variance

    def __init__(self, size: int, spread: float) -> None:
        super().__init__()
        self.spread = spread
        self.centre = nn.Parameter(torch.zeros(size))
        self.register_buffer("moments", torch.stack([torch.zeros(size), torch.ones(size)]))
        self._seen = self.moments

    def forward(self, x: Tensor, whole: int = 0) -> Tensor:
        """x: (B, D).  whole: sentences of the step over all processes while it learns, else 0."""
        mean, variance = self.moments
        if whole:
            mean = distributed.total(x.sum(0) / whole, alike=False)
            variance = distributed.total((x - mean).square().sum(0) / whole, alike=False)
            self._seen = torch.stack([mean, variance]).detach()
        normal: Tensor = (x - mean) * (variance + _TINY).rsqrt()
        return self.spread * normal + self.centre

    @torch.no_grad()
    def remember(self, step: Tensor) -> None:
        """Move the saved moments a tenth of the way to those of the last step, if it counts (a bool scalar)."""
        self.moments.copy_(torch.where(step, self.moments.lerp(self._seen, 0.1), self.moments))


class Decoder(nn.Module):
    """An LSTM that is told z: tokens -> features (B, T, E).

    Where z has no dimensions, the first state is learned, and that is all.

    Args:
        z_to: where z enters, joined by +: its first state, beside its inputs (every embedding), beside its output.
        layer_norm: whether the states that tell the tokens are brought to mean 0 and variance 1 over their features.
    Source: Bowman et al. 2016, arXiv:1511.06349 (state, inputs); Dieng et al. 2019, arXiv:1807.04863 (output); Ba et
    al. 2016, arXiv:1607.06450 (layer norm).
    """

    def __init__(
        self, embedding: int, hidden: int, latent: int, z_to: str = "state+inputs+output", layer_norm: bool = False
    ) -> None:
        super().__init__()
        self.beside = [latent if place in z_to.split("+") else 0 for place in ("inputs", "output")]
        self.first = nn.Linear(latent, 2 * hidden) if latent and "state" in z_to else _Constant(2 * hidden)
        self.lstm = nn.LSTM(embedding + self.beside[0], hidden, batch_first=True)
        self.norm = _layer_norm(hidden, layer_norm)
        self.features = nn.Linear(hidden + self.beside[1], embedding)

    def reset_parameters(self) -> None:
        """New random weights."""
        for part in (self.first, self.lstm, self.features):
            part.reset_parameters()
        if isinstance(self.norm, nn.LayerNorm):
            self.norm.reset_parameters()

    def begin(self, z: Tensor) -> State:
        """z: (B, D) -> the first state."""
        h, c = self.first(z).chunk(2, -1)
        return torch.tanh(h), c

    def forward(self, x: Tensor, z: Tensor, p: float = 0.0, noise: Noise | None = None) -> Tensor:
        """x: (B, T, E) embedded inputs, z: (B, D), p: dropout of the states while it learns -> (B, T, E)."""
        h, c = self.begin(z)
        z_beside = z[:, None].expand(-1, x.shape[1], -1)  # (B, T, D)
        z_in, z_out = (z_beside[..., :size] for size in self.beside)
        states, _ = self.lstm(torch.cat([x, z_in], -1), (h[None], c[None]))
        states = locked_dropout(self.norm(states).to(states.dtype), p, noise)
        return self._features(torch.cat([states, z_out.to(states.dtype)], -1))

    def read(self, x: Tensor) -> Tensor:
        """What inputs x (..., E) bring to the LSTM's gates: (..., 4 * H)."""
        return F.linear(x, self.lstm.get_parameter("weight_ih_l0")[:, : x.shape[-1]])

    def fixed(self, z: Tensor) -> State:
        """What z (B, D) and the biases bring to the gates and to the features, everywhere: (B, 4 * H), (B, E)."""
        weight, e, h = self.lstm.get_parameter, self.features.out_features, self.lstm.hidden_size
        z_in, z_out = (z[:, :size] for size in self.beside)
        gates = F.linear(z_in, weight("weight_ih_l0")[:, e:], weight("bias_ih_l0") + weight("bias_hh_l0"))
        return gates, F.linear(z_out, self.features.weight[:, h:], self.features.bias)

    def advance(self, read: Tensor, fixed: State, state: State) -> tuple[Tensor, State]:
        """One token: its `read` (B, 4 * H), the sentence's `fixed` -> features (B, E) and the next state."""
        h, c = state
        gates, features = fixed
        gates = product(h, self.lstm.get_parameter("weight_hh_l0"), plus=read + gates)
        i, f, g, o = gates.chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return torch.addmm(features, self.norm(h), self.features.weight[:, : h.shape[-1]].t()), (h, c)

    def _features(self, states: Tensor) -> Tensor:
        features: Tensor = self.features(states)
        return features
