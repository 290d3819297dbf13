"""How a model uses its latent space. Everything in nats a sentence, evaluation mode, nothing dropped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae.config.families import FAMILIES, FamilySpec
from vae.data.batches import Tokens
from vae.messages.message import Message, UserError
from vae.metrics.likelihood import nll_at
from vae.model import gaussian
from vae.model.families.interface import Posterior
from vae.model.text_model import TextModel, encode

_MI_SENTENCES = 1000
_ACTIVE_VARIANCE = 0.01


@dataclass(frozen=True, slots=True)
class LatentUse:
    """How a model uses its latent space on a set of sentences."""

    nll: float  # reconstruction, with one z drawn a sentence
    kl: tuple[float, ...]  # of each dimension: the model's `divergence`
    mutual_information: float | None  # None where codes have no spread: a number would be infinite
    mi_sentences: int
    active_units: int
    latent_gain: float
    sentences: int
    spec: FamilySpec = FAMILIES["vae"]

    @property
    def elbo(self) -> float:
        return -(self.nll + sum(self.kl))

    @property
    def mi_ceiling(self) -> float:
        """The largest value that the estimator can give: ln N."""
        return math.log(max(1, self.mi_sentences))


@torch.inference_mode()
def measure_latent_use(tm: TextModel, sentences: Sequence[str], *, seed: int = 1) -> LatentUse:
    """How much the latent space carries, and whether the decoder listens to it.

    Raises:
        UserError: there is no sentence.
    """
    if not sentences:
        raise UserError(Message("metrics.no_sentences"))
    posterior = encode(tm, sentences)
    generator = torch.Generator().manual_seed(seed)
    z = gaussian.sample(*posterior, generator)  # (B, D)
    # a cycle through a random order: each sentence gets another one's z
    order = torch.randperm(len(z), generator=generator)
    other = torch.empty_like(order)
    other[order] = order.roll(1)
    tokens = Tokens.of(tm.tokenizer.encode(sentences))
    own = nll_at(tm.model, tokens, z)
    gain = nll_at(tm.model, tokens, z[other]) - own
    information, n = mutual_information(posterior, seed=seed)
    return LatentUse(
        nll=own.mean().item(),
        kl=tuple(tm.model.divergence(posterior).tolist()),
        mutual_information=information if tm.spec.has_likelihood else None,
        mi_sentences=n,
        active_units=active_units(posterior.mu),
        latent_gain=gain.mean().item(),
        sentences=len(sentences),
        spec=tm.spec,
    )


def mutual_information(posterior: Posterior, *, seed: int = 1) -> tuple[float, int]:
    """I(x; z) under the encoder, and the number N of sentences that it was estimated from.

    One z a sentence; q(z) is the mixture of the same N posteriors, so that the estimate cannot exceed ln N;
    clamped at 0.
    Source: Hoffman & Johnson 2016, ELBO surgery; Dieng et al. 2019, arXiv:1807.04863.
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(posterior.mu), generator=generator)[:_MI_SENTENCES]
    mu, logvar = posterior.mu[chosen], posterior.logvar[chosen]
    z = gaussian.sample(mu, logvar, generator)
    return max(0.0, gaussian.mutual_information(z, mu, logvar).item()), len(z)


def active_units(mu: Tensor) -> int:
    """Dimensions whose posterior mean varies over the sentences, Var_x[mu] > 0.01. mu: (B, D).

    Source: Burda et al. 2016, arXiv:1509.00519, section 5.1.
    """
    return int((mu.var(0, correction=0) > _ACTIVE_VARIANCE).sum()) if mu.numel() else 0
