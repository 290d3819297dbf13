"""The variational autoencoder for sentences, from a batch to its losses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vae import distributed, gaussian, schedules
from vae.batches import Batch
from vae.config import Config
from vae.families import Losses, Posterior
from vae.families.writer import Writer
from vae.layers import Encoder, blank_words, locked_dropout
from vae.noise import Noise
from vae.tokenizer import EOS_ID, UNK_ID
from vae.updates import Updater

_LOGVAR_RANGE = (-12.0, 4.0)


class SentenceVAE(Writer):
    """LSTM encoder -> mu, logvar; z -> LSTM decoder.

    Its loss is nll + beta * sum_d max(free_bits, mean_b kl_bd) + bag_of_words * nll_bow.
    Source: Kingma & Welling 2014, arXiv:1312.6114; Bowman et al. 2016, arXiv:1511.06349; Kingma et al. 2016,
    arXiv:1606.04934 (free bits); Zhao et al. 2017, arXiv:1703.10960 (bag of words).
    """

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__(config, vocabulary)
        self.encoder = Encoder(config.embedding, config.encoder_hidden, config.bidirectional)
        self.to_posterior = nn.Linear(self.encoder.size, 2 * config.latent)
        self.bag = nn.Linear(config.latent, config.embedding)
        self.updaters["all"] = Updater(self.parameters(), config)

    def posterior(self, batch: Batch) -> Posterior:
        """q(z|x): (B, D) each."""
        return self._posterior(self.embedding(batch.tokens), batch.lengths)

    def _posterior(self, x: Tensor, lengths: Tensor) -> Posterior:
        """x: (B, T, E) embedded tokens."""
        mu, logvar = self.to_posterior(self.encoder(x, lengths)).float().chunk(2, -1)
        return Posterior(mu, logvar.clamp(*_LOGVAR_RANGE))

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
        bag = (self.bag(z), config.bag_of_words) if config.bag_of_words else None
        told, nll = self.told_from(batch, y, z, noise, bag)
        mean_kl = distributed.total(kl.sum(0) / batch.whole)  # (D,)
        loss = told + beta * mean_kl.clamp(min=config.free_bits).sum() / distributed.world()
        return Losses(loss, nll, kl, beta)

    def objective(self, nll: float, kl: Sequence[float]) -> float:
        """The loss at the final beta, without the bag of words."""
        return nll + self.config.beta * sum(max(self.config.free_bits, k) for k in kl)
