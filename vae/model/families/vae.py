"""The variational autoencoder for sentences, from a batch to its losses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vae.config.config import Config
from vae.data.batches import Batch, Tokens
from vae.model import gaussian, schedules
from vae.model.counter_rng import CounterRng
from vae.model.families.autoencoder import Autoencoder
from vae.model.families.interface import Losses, Posterior
from vae.model.generation import generate
from vae.model.layers.corruption import blank_words
from vae.model.layers.normalization import BatchNorm
from vae.model.optimization import AggressiveUpdater, Updater
from vae.system import distributed
from vae.text.tokenizer import EOS_ID, UNK_ID

_LOGVAR_RANGE = (-12.0, 4.0)
_SHARPENED, _LIKELY, _LONGEST = 0.5, 0.5, 64  # weight of the model's own sentences, their temperature, most tokens


class SentenceVAE(Autoencoder):
    """LSTM encoder -> mu, logvar; z -> LSTM decoder.

    Its loss is nll + beta * charged(kl) + bag_of_words * nll_bow.
    Source: Kingma & Welling 2014, arXiv:1312.6114; Bowman et al. 2016, arXiv:1511.06349; Zhao et al. 2017,
    arXiv:1703.10960 (bag of words).
    """

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__(config, vocabulary, 2 * config.latent)
        self.norm: BatchNorm | None = BatchNorm(config.latent, config.batch_norm) if config.batch_norm else None
        self.updaters["all"] = Updater(self.parameters(), config)
        if config.aggressive:
            self.chase = AggressiveUpdater([*self.encoder.parameters(), *self.to_posterior.parameters()], config)
            self.updaters["encoder"] = self.chase

    def posterior(self, batch: Batch) -> Posterior:
        """q(z|x): (B, D) each."""
        return self._posterior(self.embedding(batch.tokens), batch.lengths)

    def _posterior(self, x: Tensor, lengths: Tensor, whole: int = 0) -> Posterior:
        """x: (B, T, E) embedded tokens.  whole: sentences of the step over all processes while it learns, else 0."""
        mu, logvar = self.to_posterior(self.encoder(x, lengths)).float().chunk(2, -1)
        return Posterior(self.norm(mu, whole) if self.norm is not None else mu, logvar.clamp(*_LOGVAR_RANGE))

    def step(self, batch: Batch, t: int) -> Losses:
        """One update, and what is due before it at step t."""
        if self.config.decoder_reset and schedules.leaves_zero(t, self.config):
            self._reset_decoder()
        if self.config.aggressive and self.chase.going and schedules.beta(t / max(1, self.config.steps), self.config):
            self._chase(batch, t)
        return super().step(batch, t)

    def update(self, losses: Losses, t: int) -> Tensor:
        finite = super().update(losses, t)
        if self.norm is not None:
            self.norm.remember(finite)
        return finite

    def _reset_decoder(self) -> None:
        """New random weights for the decoder, which then learns from codes that already tell a lot.

        Source: Li et al. 2019, arXiv:1909.00868. The table of embeddings stays, since the encoder reads with it.
        """
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(self.config.seed)
            self.decoder.reset_parameters()
        self.updaters["all"].forget(self.decoder.parameters())

    def _chase(self, batch: Batch, t: int) -> None:
        """Updates of the encoder alone, each with another noise, so that it keeps up with the decoder.

        Whether z tells more than before is seen in this process's share of the batch, of which it tells ln B at most.
        Source: He et al. 2019, arXiv:1901.05534.
        """
        for turn in range(1, self.config.aggressive + 1):
            noise = CounterRng(self.config.seed ^ turn << 24, t, batch.rows)
            with torch.autocast(batch.tokens.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"):
                loss = self.losses(batch, t, noise, sharpen=False).loss
            self.chase.apply(loss, t)
        with torch.no_grad():
            mu, logvar = self.posterior(batch)
            z = mu + CounterRng(self.config.seed, t, batch.rows).normal(self.latent) * (0.5 * logvar).exp()
            self.chase.watch(gaussian.information(z, mu, logvar), t)

    def losses(self, batch: Batch, t: int, noise: CounterRng | None = None, sharpen: bool = True) -> Losses:
        """The losses of step t without an update; with noise, as in training (words blanked, one sampled z).

        sharpen: with what the model learns of itself, where that is due.
        """
        config = self.config
        beta = schedules.beta(t / max(1, config.steps), config)
        x, lengths, y = self.heard(batch, noise)
        mu, logvar = self._posterior(x, lengths, batch.whole if noise else 0)
        z = mu if noise is None else mu + noise.normal(config.latent) * (0.5 * logvar).exp()
        kl = gaussian.kl_to_prior(mu, logvar)  # (B, D)
        told, nll = self.told_from(z, batch, y, noise)
        mean_kl = distributed.sum_over_ranks(kl.sum(0) / batch.whole)  # (D,)
        loss = told + beta * self._charged(mean_kl) / distributed.world_size()
        due = sharpen and noise is not None and schedules.sharpening(t / max(1, config.steps), config)
        if due and noise is not None and told.isfinite():
            loss = loss + _SHARPENED * self._sharpened(batch, t, noise)
        return Losses(loss, nll, kl, beta)

    def _sharpened(self, batch: Batch, t: int, noise: CounterRng) -> Tensor:
        """The mean nll of sentences that the model itself says at points of the prior when it is to say likely ones, a
        scalar share: a third as many as the batch has, since saying them takes longer than learning from them.

        Between the codes of real sentences the decoder is unsure, and the words that it draws there read badly, though
        its likeliest ones read well: it learns from these. What the encoder finds there is not asked.
        Source: Kim & Rush 2016, arXiv:1606.07947 (sequence-level distillation), here of a model into itself.
        """
        chosen = noise.hits(1, 1 / 3)[:, 0].nonzero()[:, 0]
        if not len(chosen):
            return chosen.new_zeros((), dtype=torch.float32)
        z, luck = noise.normal(self.latent)[chosen], noise.uniform(_LONGEST)[chosen]
        with torch.no_grad(), torch.autocast(z.device.type, enabled=False):
            said = generate(self, self.begin(len(z), z), len(z), max_tokens=_LONGEST, temperature=_LIKELY, luck=luck)
        again = Tokens.of(said).batch(range(len(said)), batch.whole).to(z.device)
        unended = again.lengths > _LONGEST  # of these the end mark is not told
        again = again._replace(lengths=again.lengths - unended.long(), rows=batch.rows[chosen])
        noise = CounterRng(self.config.seed ^ 1 << 31, t, again.rows)
        before = blank_words(again.inputs, self.config.word_dropout, UNK_ID, EOS_ID + 1, noise)
        return 3 * self.told(again, self.embedding(before), z, noise)[0]

    def _charged(self, kl: Tensor) -> Tensor:
        """What the KL of each dimension (D,), the mean over sentences, costs: so much of it as is not free, or all.

        Source: Kingma et al. 2016, arXiv:1606.04934 (of each dimension); Li et al. 2019, arXiv:1909.00868 (of the sum).
        """
        if self.config.free_bits_on == "sentence":
            return kl.sum().clamp(min=self.config.free_bits * len(kl))
        return kl.clamp(min=self.config.free_bits).sum()

    def objective(self, nll: float, kl: Sequence[float]) -> float:
        """The loss at the final beta, without the bag of words."""
        return nll + self.config.beta * self._charged(torch.tensor(kl, dtype=torch.float64)).item()
