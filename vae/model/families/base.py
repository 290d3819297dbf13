"""What all families share: one table of embeddings, and the LSTM that writes a sentence from z."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.data.batches import Batch
from vae.model import gaussian
from vae.model.counter_rng import CounterRng
from vae.model.families.interface import Losses, Posterior
from vae.model.layers.corruption import locked_dropout
from vae.model.layers.decoder import Decoder
from vae.model.layers.output_softmax import product, token_nll, weighted_nll
from vae.model.optimization import Updater
from vae.text.tokenizer import EOS_ID, PAD_ID

_TABLE = 2**24  # numbers in a table made for speed alone: 64 MB


class DecoderState(NamedTuple):
    """Where decoding stands: the sentence's z and the decoder's memory, N rows each."""

    z: Tensor  # (N, D)
    gates: Tensor  # (N, 4 * H): what z brings to the gates at every token
    features: Tensor  # (N, E): and to what tells the token
    h: Tensor  # (N, H)
    c: Tensor  # (N, H)


class DecoderModel(nn.Module):
    """z (B, D) -> LSTM decoder, with one table of embeddings for reading, writing and choosing. D may be 0.

    A family adds how z comes about and its losses. `config.steps` must be known before `step` is called, since
    schedules are fractions of the run.
    """

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        self.kind, self.latent = FAMILIES[config.family], config.dimensions
        self.embedding = nn.Embedding(vocabulary, config.embedding)
        self.decoder = Decoder(config.embedding, config.hidden, self.latent, config.z_to, config.layer_norm)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        nn.init.normal_(self.embedding.weight, std=config.embedding**-0.5)
        self.updaters: dict[str, Updater] = {}
        self._table: tuple[list[tuple[int, int]], Tensor] | None = None

    @property
    def device(self) -> torch.device:
        return self.bias.device

    def nll(self, batch: Batch, z: Tensor) -> Tensor:
        """-log p(x|z) of each sentence, its end mark counted, without a gradient.

        Args:
            z: (S * B, D), S points a sentence: all sentences at their first point, then at their second.
        Returns:
            (S * B,), in the order of z. What the words bring to the decoder is worked out once for all S.
        """
        times = len(z) // len(batch.tokens)
        with torch.no_grad():
            reads = self._read(batch.inputs.flatten()).view(*batch.tokens.shape, -1)  # (B, T, 4 * H)
            state, features = self.begin(len(z), z), []
            for read in reads.unbind(1):
                said, memory = self.decoder.advance(
                    read.repeat(times, 1), (state.gates, state.features), (state.h, state.c)
                )
                state = state._replace(h=memory[0], c=memory[1])
                features.append(said)
        tokens, mask = batch.tokens.repeat(times, 1), batch.mask.repeat(times, 1)  # (S * B, T)
        rows = torch.arange(tokens.numel(), device=z.device)
        nll = token_nll(
            torch.stack(features, 1).flatten(0, 1), self.embedding.weight, self.bias, rows, tokens.flatten()
        )
        return (nll.view_as(mask) * mask).sum(1)

    def told(
        self, batch: Batch, y: Tensor, z: Tensor, noise: CounterRng | None, bag: tuple[Tensor, float] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The mean nll of a batch that is to be learned, a scalar share of the step's; and the nll, (B,), without a
        gradient.

        Padding is told, too, and weighs nothing: it is rare, and so the shapes of the matrix products are few.

        Args:
            y: (B, T, E), what the decoder has seen before each token, embedded.
            noise: features are hidden by it, as in training.
            bag: features (B, E) from which alone all words of a sentence are to be told, in no order, and their weight.
        """
        y = locked_dropout(y, self.config.dropout, noise)
        features = self.decoder(y, z, self.config.dropout, noise).flatten(0, 1)  # (B * T, E)
        mask, tokens = batch.mask, batch.tokens.flatten()
        rows = torch.arange(len(tokens), device=tokens.device)
        weights = mask.flatten() / batch.whole
        if bag:
            features = torch.cat([features, bag[0].to(features.dtype)])
            rows = torch.cat([rows, len(tokens) + rows // mask.shape[1]])
            weights = torch.cat([weights, bag[1] * weights * (tokens != EOS_ID)])
            tokens = tokens.repeat(2)
        loss, nll = weighted_nll(features, self.embedding.weight, self.bias, rows, tokens, weights)
        return loss, (nll[: mask.numel()].view_as(mask) * mask).sum(1)

    def posterior(self, batch: Batch) -> Posterior:
        """q(z|x): (B, D) each."""
        raise NotImplementedError

    def losses(self, batch: Batch, t: int, noise: CounterRng | None = None) -> Losses:
        """The losses of step t without an update; with noise, as in training."""
        raise NotImplementedError

    def step(self, batch: Batch, t: int) -> Losses:
        """One update. All its randomness follows from (config.seed, t), so that a run can go on anywhere."""
        self._table = None  # Adam changes weights without a trace in their version
        noise = CounterRng(self.config.seed, t, batch.rows)
        with torch.autocast(batch.tokens.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"):
            losses = self.losses(batch, t, noise)
        finite = self.update(losses, t)
        return Losses(losses.loss.detach(), losses.nll, losses.kl.detach(), losses.beta, finite)

    def update(self, losses: Losses, t: int) -> Tensor:
        """Learn from the losses of step t, if they are finite: whether they were, a bool scalar."""
        return self.updaters["all"].apply(losses.loss, t)

    def divergence(self, posterior: Posterior) -> Tensor:
        """How far sentences are from the prior, nats of each dimension, the mean over sentences: (D,)."""
        return gaussian.kl_to_prior(*posterior).mean(0)

    def objective(self, nll: float, kl: Sequence[float]) -> float:
        """What the best model of a run has least of: nats a sentence; kl of each dimension."""
        return nll

    def draw(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points of the prior: (n, D), drawn on the processor for any device."""
        return torch.randn(n, self.latent, generator=generator)

    def begin(self, n: int, z: Tensor | None = None) -> DecoderState:
        """The state before the first token of n sentences; z: (n, D), by default from the prior."""
        z = self.draw(n).to(self.device) if z is None else z
        return DecoderState(z, *self.decoder.fixed(z), *self.decoder.begin(z))

    def advance(self, tokens: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """One token a sentence: (N,) -> logits (N, V) of the next, and the state behind it."""
        features, memory = self.decoder.advance(self._read(tokens), (state.gates, state.features), (state.h, state.c))
        logits = product(features, self.embedding.weight, self.bias)
        logits[:, PAD_ID] = -torch.inf
        return logits, state._replace(h=memory[0], c=memory[1])

    def _read(self, tokens: Tensor) -> Tensor:
        """What tokens (N,) bring to the decoder's gates: (N, 4 * H).

        A model that no longer learns looks it up in a table of all its tokens, made once: at the bundled model's size
        40 ms and 40 MB, for a fifth of the time of a path and of samples.
        """
        words, gates = self.embedding.weight, self.decoder.lstm.get_parameter("weight_ih_l0")
        if self.training or torch.is_grad_enabled() or len(words) * len(gates) > _TABLE:
            return self.decoder.read(F.embedding(tokens, words))
        made_of = [(weight.data_ptr(), weight._version) for weight in (words, gates)]
        if self._table is None or self._table[0] != made_of:
            self._table = made_of, self.decoder.read(words)
        return F.embedding(tokens, self._table[1])

    def train(self, mode: bool = True) -> DecoderModel:
        self._table = None
        return super().train(mode)

    def optimiser_state(self) -> dict[str, Tensor]:
        """The moments and counts of all updaters by name, to save."""
        return {f"{name}.{key}": value for name, u in self.updaters.items() for key, value in u.state().items()}

    def load_optimiser_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `optimiser_state()`.

        Raises:
            ValueError: it is that of another version.
        """
        if unknown := {key.split(".")[0] for key in state} - set(self.updaters):
            raise ValueError(f"the run was begun by another version of the app ({min(unknown)}): start it anew")
        for name, updater in self.updaters.items():
            prefix = f"{name}."
            updater.load_state({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})
