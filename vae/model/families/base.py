"""What all families share: one table of embeddings, and the LSTM that generates a sentence from z."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.data.batches import Batch
from vae.messages.message import Message, UserError
from vae.model.counter_rng import CounterRng
from vae.model.families.interface import Losses, Posterior
from vae.model.layers.corruption import dropout
from vae.model.layers.decoder import Decoder
from vae.model.layers.initial_weights import initialize
from vae.model.layers.output_softmax import linear, token_nll, weighted_nll
from vae.model.optimization import Updater
from vae.model.priors.interface import Prior
from vae.model.priors.standard_normal import StandardNormal
from vae.text.tokenizer import EOS_ID

_MAX_TABLE = 2**24  # numbers in a table made for speed alone: 64 MB


class DecoderState(NamedTuple):
    """Where decoding stands: the sentence's z and the decoder's memory, N rows each."""

    z: Tensor  # (N, D)
    gates: Tensor  # (N, 4 * H): what z adds to the gates at every token
    features: Tensor  # (N, F): and to the features from which the token is predicted
    h: Tensor  # (N, H)
    c: Tensor  # (N, H)


class _GateTable(NamedTuple):
    """What each token adds to the gates, as far as it was asked for."""

    versions: list[tuple[int, int]]  # of the weights that it follows from
    rows: Tensor  # (V, 4 * H)
    made: Tensor  # (V,) bool, which of them


class DecoderModel(nn.Module):
    """z (B, D) -> LSTM decoder, with one table of embeddings for the inputs of both LSTMs and the output. D may be 0.

    If the config's `tied` is false, there are three: `embedding` is then the decoder's, and the output has no bias.
    A family adds its encoder, if it has one, and its losses. `config.steps` must be known before `step` is called:
    schedules are fractions of the run.
    """

    bias: Tensor  # (V,)

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        self.spec, self.latent = FAMILIES[config.family], config.dimensions
        self.embedding = nn.Embedding(vocabulary, config.embedding)
        self.decoder = Decoder(
            config.embedding, config.hidden, self.latent, config.z_to, config.layer_norm, config.dropout_kind,
            projected=config.tied,
        )  # fmt: skip
        self.output = None if config.tied else nn.Linear(self.decoder.feature_size, vocabulary, bias=False)
        bias = torch.zeros(vocabulary)
        if config.tied:
            self.bias = nn.Parameter(bias)
        else:
            self.register_buffer("bias", bias, persistent=False)
        self._barred: Tensor  # (V,) 0, or -inf of a token that is never said
        self.register_buffer("_barred", torch.zeros(vocabulary), persistent=False)
        self._barred[:EOS_ID] = -torch.inf
        initialize(self.embedding, "scaled")
        self.prior: Prior = StandardNormal(self.latent)
        self.updaters: dict[str, Updater] = {}
        self._gate_table: _GateTable | None = None

    @property
    def device(self) -> torch.device:
        return self.bias.device

    def say_only(self, known: np.ndarray) -> None:
        """From now on decoding takes no tokens but those that are true in `known` (V,); what is learned is the same."""
        self._barred.copy_(torch.from_numpy(np.where(known, 0.0, -np.inf)))
        self._barred[:EOS_ID] = -torch.inf

    @property
    def output_table(self) -> Tensor:
        """What features are compared with to predict a token: (V, F)."""
        return self.embedding.weight if self.output is None else self.output.weight

    def nll(self, batch: Batch, z: Tensor) -> Tensor:
        """-log p(x|z) of each sentence, its end mark counted, without a gradient.

        Args:
            z: (S * B, D), S points a sentence: all sentences at their first point, then at their second.
        Returns:
            (S * B,), in the order of z. What the words add to the decoder's gates is worked out once for all S.
        """
        repeats = len(z) // len(batch.tokens)
        with torch.no_grad():
            features = self._features(batch.inputs, z)
        tokens, mask = batch.tokens.repeat(repeats, 1), batch.mask.repeat(repeats, 1)  # (S * B, T)
        rows = torch.arange(tokens.numel(), device=z.device)
        nll = token_nll(features.flatten(0, 1), self.output_table, self.bias, rows, tokens.flatten())
        return (nll.view_as(mask) * mask).sum(1)

    def logits(self, batch: Batch, z: Tensor) -> Tensor:
        """Of each token of each sentence, given those before it and z (B, D): (B, T, V), with a gradient for z.

        No token has a chance that decoding would never take.
        """
        return F.linear(self._features(batch.inputs, z), self.output_table, self.bias + self._barred)

    def _features(self, inputs: Tensor, z: Tensor) -> Tensor:
        """From which the tokens behind inputs (B, T) are predicted, at codes z (S * B, D): (S * B, T, F)."""
        with torch.no_grad():
            input_gates = self._input_gates(inputs.flatten()).view(*inputs.shape, -1)  # (B, T, 4 * H)
        repeats, code_terms, state = len(z) // len(inputs), self.decoder.code_terms(z), self.decoder.begin(z)
        features = []
        for gates in input_gates.unbind(1):
            token_features, state = self.decoder.advance(gates.repeat(repeats, 1), code_terms, state)
            features.append(token_features)
        return torch.stack(features, 1)

    def token_loss(
        self, batch: Batch, y: Tensor, z: Tensor, rng: CounterRng | None, bag: tuple[Tensor, float] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The mean nll of a batch to learn from, a scalar share of the step's; and the nll, (B,), without a gradient.

        Padding is predicted, too, at a weight of 0: it is rare, and so the shapes of the matrix products are few.

        Args:
            y: (B, T, E), the decoder's inputs (the tokens before each one), embedded.
            rng: of the dropout in training; None for none.
            bag: features (B, F) from which alone all words of a sentence are predicted, in no order, and their weight.
        """
        y = dropout(y, self.config.dropout, rng, self.config.dropout_kind)
        features = self.decoder(y, z, self.config.dropout, rng).flatten(0, 1)  # (B * T, F)
        mask, tokens = batch.mask, batch.tokens.flatten()
        rows = torch.arange(len(tokens), device=tokens.device)
        weights = mask.flatten() / batch.global_size
        if bag:
            features = torch.cat([features, bag[0].to(features.dtype)])
            rows = torch.cat([rows, len(tokens) + rows // mask.shape[1]])
            weights = torch.cat([weights, bag[1] * weights * (tokens != EOS_ID)])
            tokens = tokens.repeat(2)
        loss, nll = weighted_nll(features, self.output_table, self.bias, rows, tokens, weights)
        return loss, (nll[: mask.numel()].view_as(mask) * mask).sum(1)

    def posterior(self, batch: Batch) -> Posterior:
        """q(z|x): (B, D) each."""
        raise NotImplementedError

    def losses(self, batch: Batch, t: int, rng: CounterRng | None = None) -> Losses:
        """The losses of step t without an update; with `rng`, as in training."""
        raise NotImplementedError

    def step(self, batch: Batch, t: int) -> Losses:
        """One update. All its randomness follows from (config.seed, t), so that a run can resume anywhere."""
        self._gate_table = None  # an optimizer changes weights without a trace in their version
        return self.learn(batch, t, CounterRng(self.config.seed, t, batch.rows), self.update)

    def learn(self, batch: Batch, t: int, rng: CounterRng | None, update: Callable[[Losses, int], Tensor]) -> Losses:
        """The losses of step t, and what an update makes of them."""
        with torch.autocast(batch.tokens.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"):
            losses = self.losses(batch, t, rng)
        finite = update(losses, t)
        return Losses(losses.loss.detach(), losses.nll, losses.kl.detach(), losses.beta, finite)

    def update(self, losses: Losses, t: int) -> Tensor:
        """Learn from the losses of step t, if they are finite: whether they were, a bool scalar."""
        return self.updaters["all"].apply(losses.loss, t)

    def divergence(self, posterior: Posterior) -> Tensor:
        """KL of the posteriors from the prior, nats of each dimension, the mean over sentences: (D,)."""
        return self.prior.kl(*posterior).mean(0)

    def objective(self, nll: float, kl: Sequence[float]) -> float:
        """What the best model of a run minimises, nats a sentence.

        Args:
            nll: nats a sentence.  kl: of each dimension, as `divergence` has it.
        """
        return nll

    def begin(self, n: int, z: Tensor | None = None) -> DecoderState:
        """The state before the first token of n sentences; z: (n, D), by default from the prior."""
        z = self.prior.sample(n).to(self.device) if z is None else z
        return DecoderState(z, *self.decoder.code_terms(z), *self.decoder.begin(z))

    def advance(self, tokens: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """One token a sentence: (N,) -> logits (N, V) of the next, and the state behind it."""
        features, (h, c) = self.decoder.advance(
            self._input_gates(tokens), (state.gates, state.features), (state.h, state.c)
        )
        return linear(features, self.output_table, self.bias + self._barred), state._replace(h=h, c=c)

    def _input_gates(self, tokens: Tensor) -> Tensor:
        """What tokens (N,) add to the decoder's gates: (N, 4 * H).

        A model that no longer learns looks it up in a table, for a fifth of the time of an interpolation and of
        samples. A row is made, and takes memory, when its token first occurs: all of them would be 40 MB at the bundled
        model's size, and what is said needs a quarter.
        """
        embeddings, weight = self.embedding.weight, self.decoder.lstm.get_parameter("weight_ih_l0")
        if self.training or torch.is_grad_enabled() or not self.gate_table_bytes:
            return self.decoder.input_gates(F.embedding(tokens, embeddings))
        versions = [(each.data_ptr(), each._version) for each in (embeddings, weight)]
        table = self._gate_table
        if table is None or table.versions != versions:
            with torch.inference_mode(False):  # rows are added later, in that mode or not
                rows = weight.new_empty(len(embeddings), len(weight), requires_grad=False)
                self._gate_table = table = _GateTable(versions, rows, torch.zeros_like(self.bias, dtype=torch.bool))
        made = table.made[tokens]
        if not made.all():  # several threads may make the same rows
            for token in set(tokens[~made].tolist()):
                # One by one: how a product is rounded depends on how many rows it has, and a row must not depend on
                # what else was said when it was made.
                table.rows[token] = self.decoder.input_gates(embeddings[token : token + 1])[0]
                table.made[token] = True
        return F.embedding(tokens, table.rows)

    @property
    def gate_table_bytes(self) -> int:
        """What that table takes at most; 0 of a model that has none."""
        numbers = len(self.embedding.weight) * len(self.decoder.lstm.get_parameter("weight_ih_l0"))
        return numbers * self.embedding.weight.element_size() if numbers <= _MAX_TABLE else 0

    def train(self, mode: bool = True) -> DecoderModel:
        self._gate_table = None
        return super().train(mode)

    def reset_decoder(self) -> None:
        """New random weights for the decoder, which then learns from codes that are informative already.

        Source: Li et al. 2019, arXiv:1909.00868. A table of embeddings that the encoder uses, too, stays.
        """
        own = [] if self.output is None else [self.embedding, self.output]
        parts = nn.ModuleList([self.decoder, *own])
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(self.config.seed)
            self.decoder.reset_parameters()
            initialize(parts, self.config.initial_weights)
        self.updaters["all"].reset_moments(parts.parameters())

    def plan_for(self, steps: int) -> None:
        """Go on as in a run of so many steps: all schedules are fractions of it."""
        self.config = replace(self.config, steps=steps)
        for updater in self.updaters.values():
            updater.config = self.config

    def halve_learning_rate(self, times: int) -> None:
        """Go on with the rate halved so often."""
        for updater in self.updaters.values():
            updater.halvings = times

    def reset_moments(self) -> None:
        """Forget what the optimizers know of weights that are no longer there."""
        for updater in self.updaters.values():
            updater.reset_moments(updater.parameters)

    def optimiser_state(self) -> dict[str, Tensor]:
        """The moments and counts of all updaters by name, to save."""
        return {f"{name}.{key}": value for name, u in self.updaters.items() for key, value in u.state().items()}

    def load_optimiser_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `optimiser_state()`.

        Raises:
            UserError: it is that of another version.
        """
        if unknown := {key.split(".")[0] for key in state} - set(self.updaters):
            raise UserError(Message("model.state_of_another_version", part=min(unknown)))
        for name, updater in self.updaters.items():
            prefix = f"{name}."
            updater.load_state({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})
