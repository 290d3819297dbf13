"""The variational autoencoder for sentences, from a batch to its losses."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae import gaussian, schedules
from vae.batches import Batch
from vae.config import Config
from vae.families import Losses, Posterior
from vae.layers import Decoder, Encoder, State, blank_words, locked_dropout
from vae.tokenizer import EOS_ID, PAD_ID, UNK_ID
from vae.updates import Updater

_LOGVAR_RANGE = (-12.0, 4.0)


class VaeState(NamedTuple):
    """Where decoding stands: the sentence's z and the decoder's memory, N rows each."""

    z: Tensor  # (N, D)
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
        self._noise = torch.Generator()

    def posterior(self, batch: Batch, generator: torch.Generator | None = None) -> Posterior:
        """q(z|x): (B, D) each. With a generator, some words are blanked first (training)."""
        ids = blank_words(batch.tokens, self.config.encoder_noise, UNK_ID, EOS_ID + 1, generator)
        x = locked_dropout(self.embedding(ids), self.config.dropout, generator)
        mu, logvar = self.to_posterior(self.encoder(x, batch.lengths)).float().chunk(2, -1)
        return Posterior(mu, logvar.clamp(*_LOGVAR_RANGE))

    def nll(self, batch: Batch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """-log p(x|z) of each sentence, its end mark counted: (B,). With a generator, inputs are noised (training)."""
        ids = blank_words(batch.inputs, self.config.word_dropout, UNK_ID, EOS_ID + 1, generator)
        x = locked_dropout(self.embedding(ids), self.config.dropout, generator)
        features = self.decoder(x, z, self.config.dropout, generator)  # (B, T, E)
        logits = F.linear(features[batch.mask], self.embedding.weight, self.bias.to(features.dtype))  # (tokens, V)
        losses = F.cross_entropy(logits.float(), batch.tokens[batch.mask], reduction="none")
        return losses.new_zeros(batch.tokens.shape).masked_scatter(batch.mask, losses).sum(1)

    def _bag_nll(self, batch: Batch, z: Tensor) -> Tensor:
        """-log of the sentence's words, told from z alone in no order: (B,)."""
        logp = F.linear(self.bag(z), self.embedding.weight, self.bias).float().log_softmax(-1)  # (B, V)
        return -(logp.gather(1, batch.tokens) * (batch.mask & (batch.tokens != EOS_ID))).sum(1)

    def losses(self, batch: Batch, t: int, generator: torch.Generator | None = None) -> Losses:
        """The losses of step t without an update; with a generator, as in training (noise, one sampled z)."""
        config = self.config
        beta = schedules.beta(
            t / max(1, config.steps), final=config.beta, autoencoder=config.autoencoder, warmup=config.warmup
        )
        mu, logvar = self.posterior(batch, generator)
        z = mu if generator is None else gaussian.sample(mu, logvar, generator)
        nll = self.nll(batch, z, generator)
        kl = gaussian.kl_to_prior(mu, logvar)  # (B, D)
        loss = nll.mean() + beta * kl.mean(0).clamp(min=config.free_bits).sum()
        if config.bag_of_words:
            loss = loss + config.bag_of_words * self._bag_nll(batch, z).mean()
        return Losses(loss, nll, kl, beta)

    def step(self, batch: Batch, t: int) -> Losses:
        """One update. All its randomness follows from (config.seed, t), so that a run can go on anywhere."""
        self._noise.manual_seed(self.config.seed * 1_000_003 + t)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.precision == "bfloat16"):
            losses = self.losses(batch, t, self._noise)
        finite = self.updater.apply(losses.loss, t)
        return Losses(losses.loss.detach(), losses.nll.detach(), losses.kl.detach(), losses.beta, finite)

    def begin(self, n: int, z: Tensor | None = None) -> VaeState:
        """The state before the first token of n sentences; z: (n, D), by default from the prior."""
        if z is None:
            z = torch.randn(n, self.config.latent, device=self.bias.device)
        return VaeState(z, *self.decoder.begin(z))

    def advance(self, tokens: Tensor, state: VaeState) -> tuple[Tensor, VaeState]:
        """One token a sentence: (N,) -> logits (N, V) of the next, and the state behind it."""
        features, memory = self._advance(self.embedding(tokens), state)
        logits = F.linear(features, self.embedding.weight, self.bias)
        logits[:, PAD_ID] = -torch.inf
        return logits, VaeState(state.z, *memory)

    def _advance(self, x: Tensor, state: VaeState) -> tuple[Tensor, State]:
        return self.decoder.advance(x, state.z, (state.h, state.c))
