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
_R1_WEIGHT = 1.0  # of the critic's squared gradient


class AdversarialAutoencoder(Autoencoder):
    """LSTM encoder -> z, one point a sentence; z -> LSTM decoder; z -> critic, which tells codes from prior samples.

    The autoencoder's loss is nll + beta * mean_b -log p(critic takes z_b for a sample) + bag_of_words * nll_bow, where
    the encoder reads a sentence with some of its words changed, and beta is `adversarial` on the schedule of a VAE's
    beta. The critic's is that of a classifier with a gradient penalty. Each side learns from its own loss alone.

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
        z = self._encode(self.embed_for_encoder(batch.tokens), batch.lengths)
        return Posterior(z, torch.full_like(z, _LOGVAR))

    def _encode(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x: (B, T, E) embedded tokens -> (B, D)."""
        z: Tensor = self.to_posterior(self.encoder(x, lengths))
        return z.float()

    def losses(self, batch: Batch, t: int, rng: CounterRng | None = None) -> Losses:
        """The losses of step t without an update; with `rng`, as in training, and then that of the critic, too.

        There is no KL: `kl` is how far the codes of the step lie from the prior, by their means and variances, the same
        number for each of its sentences.
        """
        config = self.config
        beta = config.adversarial * schedules.warmup_factor(t / max(1, config.steps), config)
        x, lengths, y = self.embed_inputs(batch, rng)
        z = self._encode(x, lengths)
        token_loss, nll = self.token_loss_from_code(z, batch, y, rng)
        frozen = {name: weight.detach() for name, weight in self.critic.named_parameters()}
        loss = token_loss + beta * _logistic_loss(functional_call(self.critic, frozen, z)) / batch.global_size
        return Losses(
            loss, nll, self._moment_divergence(z.detach(), batch), beta, critic=self._critic_loss(z, batch, rng)
        )

    def _critic_loss(self, z: Tensor, batch: Batch, rng: CounterRng | None) -> Tensor | None:
        """The critic's loss: codes z (B, D) against as many samples of the prior, with a gradient penalty on these.

        A steep critic would drive all codes from one place to the next.
        Source: Mescheder et al. 2018, arXiv:1801.04406 (R1).
        """
        if rng is None:
            return None
        with torch.autocast(z.device.type, enabled=False):
            prior_samples = rng.normal(self.latent).requires_grad_()
            prior_logits = self.critic(prior_samples)
            (gradient,) = torch.autograd.grad(prior_logits.sum(), prior_samples, create_graph=True)  # (B, D)
            classification = (_logistic_loss(prior_logits) + _logistic_loss(-self.critic(z.detach()))) / 2
            return (classification + _R1_WEIGHT / 2 * gradient.square().sum()) / batch.global_size

    def _moment_divergence(self, z: Tensor, batch: Batch) -> Tensor:
        """`divergence` of the codes of the step, over all processes, for each row of z (B, D)."""
        moments = distributed.sum_over_ranks(torch.stack([z.sum(0), z.square().sum(0)]) / batch.global_size)  # (2, D)
        mean, variance = moments[0], moments[1] - moments[0].square()
        return gaussian.moments_to_prior(mean, variance).expand_as(z)

    def divergence(self, posterior: Posterior) -> Tensor:
        """KL of the Gaussian with the codes' mean and variance from the prior, nats of each dimension: (D,)."""
        return gaussian.moments_to_prior(posterior.mu.mean(0), posterior.mu.var(0, correction=0))

    def update(self, losses: Losses, t: int) -> Tensor:
        """Both sides learn from the same codes, or neither does: one alone would get ahead of the other."""
        assert losses.critic is not None
        sides = (self.updaters["all"], losses.loss), (self.updaters["critic"], losses.critic)
        finite = torch.stack([updater.backward(loss) for updater, loss in sides]).all()
        for updater, _ in sides:
            updater.step(t, finite)
        return finite

    def objective(self, nll: float, kl: Sequence[float]) -> float:
        """The nll of sentences given their codes, and the KL of all codes from the prior.

        A VAE's loss is these two and the mutual information, which is infinite for codes without a spread. The losses
        of the two sides say nothing here: each depends on the other side.
        """
        return nll + sum(kl)


def _logistic_loss(logits: Tensor) -> Tensor:
    """Sum of -log sigmoid: a scalar, in full precision."""
    return F.softplus(-logits.float()).sum()
