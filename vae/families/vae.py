"""The variational autoencoder for sentences, from a batch to its losses."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae import distributed, gaussian, schedules
from vae.batches import Batch
from vae.config import Config
from vae.families import Losses, Posterior
from vae.layers import Decoder, Encoder, blank_words, locked_dropout
from vae.noise import Noise
from vae.softmax import product, token_nll, weighted_nll
from vae.tokenizer import EOS_ID, PAD_ID, UNK_ID
from vae.updates import Updater

_LOGVAR_RANGE = (-12.0, 4.0)
_TABLE = 2**24  # numbers in a table made for speed alone: 64 MB


class VaeState(NamedTuple):
    """Where decoding stands: the sentence's z and the decoder's memory, N rows each."""

    z: Tensor  # (N, D)
    gates: Tensor  # (N, 4 * H): what z brings to the gates at every token
    features: Tensor  # (N, E): and to what tells the token
    h: Tensor  # (N, H)
    c: Tensor  # (N, H)


class SentenceVAE(nn.Module):
    """LSTM encoder -> mu, logvar; z -> LSTM decoder; one table of embeddings for reading, writing and choosing.

    Its loss is nll + beta * sum_d max(free_bits, mean_b kl_bd) + bag_of_words * nll_bow. `config.steps` must be
    known before `step` is called, since schedules are fractions of the run.
    Source: Kingma & Welling 2014, arXiv:1312.6114; Bowman et al. 2016, arXiv:1511.06349; Kingma et al. 2016,
    arXiv:1606.04934 (free bits); Zhao et al. 2017, arXiv:1703.10960 (bag of words).
    """

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        e, d = config.embedding, config.latent
        self.embedding = nn.Embedding(vocabulary, e)
        self.encoder = Encoder(e, config.encoder_hidden, config.bidirectional)
        self.to_posterior = nn.Linear(self.encoder.size, 2 * d)
        self.decoder = Decoder(e, config.hidden, d)
        self.bag = nn.Linear(d, e)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        nn.init.normal_(self.embedding.weight, std=e**-0.5)
        self.updater = Updater(self.parameters(), config)
        self._table: tuple[list[tuple[int, int]], Tensor] | None = None

    @property
    def device(self) -> torch.device:
        return self.bias.device

    def posterior(self, batch: Batch) -> Posterior:
        """q(z|x): (B, D) each."""
        return self._posterior(self.embedding(batch.tokens), batch.lengths)

    def _posterior(self, x: Tensor, lengths: Tensor) -> Posterior:
        """x: (B, T, E) embedded tokens."""
        mu, logvar = self.to_posterior(self.encoder(x, lengths)).float().chunk(2, -1)
        return Posterior(mu, logvar.clamp(*_LOGVAR_RANGE))

    def nll(self, batch: Batch, z: Tensor) -> Tensor:
        """-log p(x|z) of each sentence, its end mark counted: (B,), without a gradient."""
        features = self.decoder(self.embedding(batch.inputs), z).flatten(0, 1)  # (B * T, E)
        tokens = batch.tokens.flatten()
        rows = torch.arange(len(tokens), device=tokens.device)
        nll = token_nll(features, self.embedding.weight, self.bias, rows, tokens)
        return (nll.view_as(batch.mask) * batch.mask).sum(1)

    def losses(self, batch: Batch, t: int, noise: Noise | None = None) -> Losses:
        """The losses of step t without an update; with noise, as in training (words blanked, one sampled z)."""
        config = self.config
        beta = schedules.beta(
            t / max(1, config.steps), final=config.beta, autoencoder=config.autoencoder, warmup=config.warmup
        )
        read = blank_words(batch.tokens, config.encoder_noise, UNK_ID, EOS_ID + 1, noise)
        before = blank_words(batch.inputs, config.word_dropout, UNK_ID, EOS_ID + 1, noise)
        x, y = self.embedding(torch.cat([read, before])).chunk(2)  # one lookup has one gradient, as large as the table
        mu, logvar = self._posterior(locked_dropout(x, config.dropout, noise), batch.lengths)
        z = mu if noise is None else mu + noise.normal(config.latent) * (0.5 * logvar).exp()
        kl = gaussian.kl_to_prior(mu, logvar)  # (B, D)
        told, nll = self._told_loss(batch, locked_dropout(y, config.dropout, noise), z, noise)
        mean_kl = distributed.total(kl.sum(0) / batch.whole)  # (D,)
        loss = told + beta * mean_kl.clamp(min=config.free_bits).sum() / distributed.world()
        return Losses(loss, nll, kl, beta)

    def _told_loss(self, batch: Batch, y: Tensor, z: Tensor, noise: Noise | None) -> tuple[Tensor, Tensor]:
        """The mean nll with its bag-of-words part, a scalar; and the nll alone, (B,). y: (B, T, E) embedded inputs.

        Padding is told, too, and weighs nothing: it is rare, and so the shapes of the matrix products are few.
        """
        features = self.decoder(y, z, self.config.dropout, noise).flatten(0, 1)  # (B * T, E)
        mask, tokens = batch.mask, batch.tokens.flatten()
        rows = torch.arange(len(tokens), device=tokens.device)
        weights = mask.flatten() / batch.whole
        if self.config.bag_of_words:  # z alone tells all words of its sentence, in no order: a row of its own
            features = torch.cat([features, self.bag(z).to(features.dtype)])
            rows = torch.cat([rows, len(tokens) + rows // mask.shape[1]])
            weights = torch.cat([weights, self.config.bag_of_words * weights * (tokens != EOS_ID)])
            tokens = tokens.repeat(2)
        loss, nll = weighted_nll(features, self.embedding.weight, self.bias, rows, tokens, weights)
        return loss, (nll[: mask.numel()].view_as(mask) * mask).sum(1)

    def step(self, batch: Batch, t: int) -> Losses:
        """One update. All its randomness follows from (config.seed, t), so that a run can go on anywhere."""
        self._table = None  # Adam changes weights without a trace in their version
        noise = Noise(self.config.seed, t, batch.rows)
        with torch.autocast(batch.tokens.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"):
            losses = self.losses(batch, t, noise)
        finite = self.updater.apply(losses.loss, t)
        return Losses(losses.loss.detach(), losses.nll, losses.kl.detach(), losses.beta, finite)

    def begin(self, n: int, z: Tensor | None = None) -> VaeState:
        """The state before the first token of n sentences; z: (n, D), by default from the prior."""
        if z is None:
            z = torch.randn(n, self.config.latent, device=self.device)
        return VaeState(z, *self.decoder.fixed(z), *self.decoder.begin(z))

    def advance(self, tokens: Tensor, state: VaeState) -> tuple[Tensor, VaeState]:
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

    def train(self, mode: bool = True) -> SentenceVAE:
        self._table = None
        return super().train(mode)
