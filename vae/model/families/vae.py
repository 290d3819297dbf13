"""The variational autoencoder for sentences, from a batch to its losses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vae.config.config import Config
from vae.data.batches import Batch
from vae.model import gaussian, schedules
from vae.model.counter_rng import CounterRng
from vae.model.families.autoencoder import Autoencoder
from vae.model.families.interface import Losses, Posterior
from vae.model.layers.normalization import BatchNorm
from vae.model.optimization import AggressiveUpdater, LastUpdater, Updater
from vae.system import distributed

_LOGVAR_RANGE = (-12.0, 4.0)


class SentenceVAE(Autoencoder):
    """LSTM encoder -> mu, logvar; z -> LSTM decoder.

    Its loss is nll + beta * kl_penalty(kl) + bag_of_words * nll_bow, where free bits make the penalty.
    Source: Kingma & Welling 2014, arXiv:1312.6114; Bowman et al. 2016, arXiv:1511.06349; Zhao et al. 2017,
    arXiv:1703.10960 (bag of words).
    """

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__(config, vocabulary, 2 * config.latent)
        self.norm: BatchNorm | None = BatchNorm(config.latent, config.batch_norm) if config.batch_norm else None
        self.updaters["all"] = Updater(self.parameters(), config)
        own = nn.ModuleList([self.encoder, self.to_posterior])
        if config.aggressive:
            self.encoder_updater = self.updaters["encoder"] = AggressiveUpdater(own.parameters(), config)
        if config.encoder_last:
            self.updaters["last"] = LastUpdater(own.parameters(), config)

    def posterior(self, batch: Batch) -> Posterior:
        """q(z|x): (B, D) each."""
        return self._posterior(self.embed_for_encoder(batch.tokens), batch.lengths)

    def _posterior(self, x: Tensor, lengths: Tensor, global_size: int = 0) -> Posterior:
        """q(z|x): (B, D) each.

        Args:
            x: (B, T, E), embedded tokens.
            global_size: sentences of the step over all processes while it learns, else 0.
        """
        mu, logvar = self.to_posterior(self.encoder(x, lengths)).float().chunk(2, -1)
        return Posterior(self.norm(mu, global_size) if self.norm is not None else mu, logvar.clamp(*_LOGVAR_RANGE))

    def step(self, batch: Batch, t: int) -> Losses:
        """One update; before it, where step t asks for them, new weights of the decoder and updates of the encoder.

        In the last part of a run the encoder alone learns, from whole sentences and at the means of its codes: these
        are what a sentence is said again from. Source: Cremer et al. 2018, arXiv:1801.03558 (what its guesses lack).
        """
        fraction = t / max(1, self.config.steps)
        if schedules.of_encoder_alone(fraction, self.config) >= 0:
            return self.learn(batch, t, None, lambda losses, t: self.updaters["last"].apply(losses.loss, t))
        beta = schedules.beta(fraction, self.config)
        if self.config.decoder_reset and schedules.ends_autoencoder_phase(t, self.config):
            self.reset_decoder()
        if self.config.aggressive and self.encoder_updater.active and beta:
            self._train_encoder(batch, t)
        return super().step(batch, t)

    def update(self, losses: Losses, t: int) -> Tensor:
        finite = super().update(losses, t)
        if self.norm is not None:
            self.norm.update_moments(finite)
        return finite

    def _train_encoder(self, batch: Batch, t: int) -> None:
        """Updates of the encoder alone, each with other random numbers, so that it keeps up with the decoder.

        The mutual information is estimated on this process's share of the batch, so that it is ln B at most.
        Source: He et al. 2019, arXiv:1901.05534.
        """
        for repetition in range(1, self.config.aggressive + 1):
            rng = CounterRng(self.config.seed ^ repetition << 24, t, batch.rows)
            with torch.autocast(batch.tokens.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"):
                loss = self.losses(batch, t, rng).loss
            self.encoder_updater.apply(loss, t)
        with torch.no_grad():
            mu, logvar = self.posterior(batch)
            z = mu + CounterRng(self.config.seed, t, batch.rows).normal(self.latent) * (0.5 * logvar).exp()
            self.encoder_updater.observe(gaussian.mutual_information(z, mu, logvar), t)

    def losses(self, batch: Batch, t: int, rng: CounterRng | None = None) -> Losses:
        """The losses of step t without an update.

        Args:
            rng: as in training: words are blanked, and z is one draw; without it z is the mean.
        """
        config = self.config
        beta = schedules.beta(t / max(1, config.steps), config)
        x, lengths, y = self.embed_inputs(batch, rng)
        mu, logvar = self._posterior(x, lengths, batch.global_size if rng else 0)
        z = mu if rng is None else mu + rng.normal(config.latent) * (0.5 * logvar).exp()
        kl = self.prior.kl(mu, logvar)  # (B, D)
        token_loss, nll = self.token_loss_from_code(z, batch, y, rng)
        mean_kl = distributed.sum_over_ranks(kl.sum(0) / batch.global_size)  # (D,)
        if config.free_bits_on == "each":
            penalty = kl.clamp(min=config.free_bits).sum() / batch.global_size
        else:
            penalty = self._kl_penalty(mean_kl) / distributed.world_size()
        return Losses(token_loss + beta * penalty, nll, kl, beta)

    def _kl_penalty(self, kl: Tensor) -> Tensor:
        """The KL term of the loss with free bits: what is below them costs as much as they, without a gradient.

        Where they are those of each sentence, this is a bound from below: each one's own KL is not known here.

        Args:
            kl: of each dimension, the mean over sentences, (D,).
        Source: Kingma et al. 2016, arXiv:1606.04934 (of each dimension); Li et al. 2019, arXiv:1909.00868 (of the sum).
        """
        if self.config.free_bits_on == "sentence":
            return kl.sum().clamp(min=self.config.free_bits * len(kl))
        return kl.clamp(min=self.config.free_bits).sum()

    def objective(self, nll: float, kl: Sequence[float]) -> float:
        """The loss at the final beta, without the bag of words."""
        return nll + self.config.beta * self._kl_penalty(torch.tensor(kl, dtype=torch.float64)).item()
