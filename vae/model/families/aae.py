"""The adversarial autoencoder for sentences, from a batch to the losses of its two sides."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from vae.config.config import Config
from vae.data.batches import Batch
from vae.model import gaussian, schedules
from vae.model.counter_rng import CounterRng
from vae.model.families.autoencoder import Autoencoder
from vae.model.families.interface import Losses, Posterior
from vae.model.optimization import Updater
from vae.system import distributed

_LOGVAR = -12.0  # of a code, which has no spread: a number, so that whoever asks for a posterior can draw from it
_FLAT = 1.0  # weight of the critic's slope


class AdversarialAutoencoder(Autoencoder):
    """LSTM encoder -> z, one point a sentence; z -> LSTM decoder; z -> critic, which tells codes from prior draws.

    The autoencoder's loss is nll + beta * mean_b -log p(critic takes z_b for a draw) + bag_of_words * nll_bow, where
    the encoder reads a sentence with some of its words changed, and beta is `adversarial` on the schedule of a VAE's
    beta. The critic's is that of a classifier which must not be steep. Each side learns from its own loss alone.

    Source: Makhzani et al. 2015, arXiv:1511.05644; Shen et al. 2020, arXiv:1905.12777 (denoising); Goodfellow et al.
    2014, arXiv:1406.2661, section 3 (the loss that does not saturate).
    """

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__(config, vocabulary, config.latent)
        self.updaters["all"] = Updater(self.parameters(), config)  # all but the critic, which is not there yet
        self.critic = nn.Sequential(
            nn.Linear(config.latent, config.hidden), nn.LeakyReLU(0.2),
            nn.Linear(config.hidden, config.hidden), nn.LeakyReLU(0.2),
            nn.Linear(config.hidden, 1),
        )  # fmt: skip
        self.updaters["critic"] = Updater(self.critic.parameters(), config)

    def posterior(self, batch: Batch) -> Posterior:
        """The codes, and a spread that is next to none: (B, D) each."""
        z = self._codes(self.embedding(batch.tokens), batch.lengths)
        return Posterior(z, torch.full_like(z, _LOGVAR))

    def _codes(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x: (B, T, E) embedded tokens -> (B, D)."""
        z: Tensor = self.to_posterior(self.encoder(x, lengths))
        return z.float()

    def losses(self, batch: Batch, t: int, noise: CounterRng | None = None) -> Losses:
        """The losses of step t without an update; with noise, as in training, and then those of the critic, too.

        There is no KL: `kl` tells how far the codes of the step lie from the prior, by their means and variances, and
        the same of each of its sentences.
        """
        config = self.config
        beta = config.adversarial * schedules.rise(t / max(1, config.steps), config)
        x, lengths, y = self.heard(batch, noise)
        z = self._codes(x, lengths)
        told, nll = self.told_from(z, batch, y, noise)
        frozen = {name: weight.detach() for name, weight in self.critic.named_parameters()}
        loss = told + beta * _surprise(functional_call(self.critic, frozen, z)) / batch.whole
        return Losses(loss, nll, self._distance(z.detach(), batch), beta, critic=self._told_apart(z, batch, noise))

    def _told_apart(self, z: Tensor, batch: Batch, noise: CounterRng | None) -> Tensor | None:
        """The critic's loss: codes z (B, D) against as many draws of the prior.

        Where the prior is, the critic is held flat: a steep one chases all codes from one place to the next.
        Source: Mescheder et al. 2018, arXiv:1801.04406 (R1).
        """
        if noise is None:
            return None
        with torch.autocast(z.device.type, enabled=False):
            draws = noise.normal(self.latent).requires_grad_()
            drawn = self.critic(draws)
            (slope,) = torch.autograd.grad(drawn.sum(), draws, create_graph=True)  # (B, D)
            wrong = (_surprise(drawn) + _surprise(-self.critic(z.detach()))) / 2
            return (wrong + _FLAT / 2 * slope.square().sum()) / batch.whole

    def _distance(self, z: Tensor, batch: Batch) -> Tensor:
        """`divergence` of the codes of the step, over all processes, for each row of z (B, D)."""
        moments = distributed.sum_over_ranks(torch.stack([z.sum(0), z.square().sum(0)]) / batch.whole)  # (2, D)
        mean, variance = moments[0], moments[1] - moments[0].square()
        return gaussian.moments_to_prior(mean, variance).expand_as(z)

    def divergence(self, posterior: Posterior) -> Tensor:
        """KL of the Gaussian with the codes' mean and variance from the prior, nats of each dimension: (D,)."""
        return gaussian.moments_to_prior(posterior.mu.mean(0), posterior.mu.var(0, correction=0))

    def update(self, losses: Losses, t: int) -> Tensor:
        """Both sides learn from the same codes, or neither does: one alone would get ahead of the other."""
        assert losses.critic is not None
        sides = (self.updaters["all"], losses.loss), (self.updaters["critic"], losses.critic)
        finite = torch.stack([updater.differentiate(loss) for updater, loss in sides]).all()
        for updater, _ in sides:
            updater.update(t, finite)
        return finite

    def objective(self, nll: float, kl: Sequence[float]) -> float:
        """Nats to tell a sentence from its code, and nats from all codes to the prior.

        A VAE's loss is these two and the mutual information, which of codes without a spread is no number. What either
        side loses says nothing here: it hangs on the other side.
        """
        return nll + sum(kl)


def _surprise(logits: Tensor) -> Tensor:
    """Sum of -log sigmoid: a scalar, in full precision."""
    return F.softplus(-logits.float()).sum()
