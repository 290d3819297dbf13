"""Figures of a model on sentences. Everything in nats a sentence, evaluation mode, nothing dropped."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae import gaussian
from vae.batches import Batch, Tokens, in_order
from vae.families import Posterior, SentenceModel
from vae.kinds import KINDS, Kind
from vae.latent import TextModel, encode

_MI_SENTENCES = 1000
_TOKENS, _TOKENS_GPU = 2**13, 2**17  # decoded at once
_ACTIVE_VARIANCE = 0.01
_FEW_SENTENCES, _TOO_FEW_SENTENCES = 200, 20
_UNSETTLED_KL = 2.5  # nats a dimension: as an autoencoder without a prior has
_UNSETTLED_CODES = 0.25  # nats a dimension: as at a third of the prior's variance, or at more than twice as much


@dataclass(frozen=True, slots=True)
class Use:
    """How a model uses its latent space on a set of sentences."""

    nll: float  # reconstruction, with one z drawn a sentence
    kl: tuple[float, ...]  # of each dimension: the model's `divergence`
    mutual_information: float | None  # None where codes have no spread: a number would be infinite
    mi_sentences: int
    active_units: int
    latent_gain: float
    sentences: int
    kind: Kind = KINDS["vae"]

    @property
    def elbo(self) -> float:
        return -(self.nll + sum(self.kl))

    @property
    def mi_ceiling(self) -> float:
        """The largest value that the estimator can give: ln N."""
        return math.log(max(1, self.mi_sentences))


@torch.inference_mode()
def use_of_latent(tm: TextModel, sentences: Sequence[str], *, seed: int = 1) -> Use:
    """How much the latent space carries, and whether the decoder listens to it.

    Raises:
        ValueError: there is no sentence.
    """
    if not sentences:
        raise ValueError("there is no sentence to measure on")
    posterior = encode(tm, sentences)
    generator = torch.Generator().manual_seed(seed)
    z = gaussian.sample(*posterior, generator)  # (B, D)
    # a cycle through a random order: everybody gets somebody else's z
    order = torch.randperm(len(z), generator=generator)
    other = torch.empty_like(order)
    other[order] = order.roll(1)
    tokens = Tokens.of(tm.tokenizer.encode(sentences))
    own = nll_at(tm.model, tokens, z)
    gain = nll_at(tm.model, tokens, z[other]) - own
    information, n = mutual_information(posterior, seed=seed)
    return Use(
        nll=own.mean().item(),
        kl=tuple(tm.model.divergence(posterior).tolist()),
        mutual_information=information if tm.kind.density else None,
        mi_sentences=n,
        active_units=active_units(posterior.mu),
        latent_gain=gain.mean().item(),
        sentences=len(sentences),
        kind=tm.kind,
    )


@torch.inference_mode()
def nll_at(model: SentenceModel, tokens: Tokens, z: Tensor) -> Tensor:
    """-log p(x|z) of n sentences at n points: z (n, D) -> (n,)."""
    device = model.device
    z, nll = z.to(device), torch.empty(len(tokens), device=device)
    for rows, batch in in_order(tokens):
        places = torch.from_numpy(rows).to(device)
        nll[places] = model.nll(batch.to(device), z[places])
    return nll.cpu()


@torch.inference_mode()
def nll_iw(
    tm: TextModel, sentences: Sequence[str], *, samples: int = 100, seed: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> Tensor:  # fmt: skip
    """The importance-weighted upper bound on -log p(x), of each sentence: (B,).

    -log 1/S sum_s p(x|z_s) p(z_s) / q(z_s|x); at S = 1 it is minus a one-sample ELBO, and it falls towards
    -log p(x) as S grows. Without a latent space it is exact, whatever S is.

    Args:
        progress: is told the share that is done, now and then.
    Raises:
        ValueError: samples is not positive.
    Source: Burda et al. 2016, arXiv:1509.00519.
    """
    if samples < 1:
        raise ValueError(f"samples is {samples}: it must be at least 1")
    samples = samples if tm.latent else 1
    tokens, device = Tokens.of(tm.tokenizer.encode(sentences)), tm.model.device
    generator = torch.Generator().manual_seed(seed)
    bound = torch.empty(len(tokens))
    done = 0
    for rows, batch in in_order(tokens, budget=512):
        batch = batch.to(device)
        posterior = Posterior(*(part.cpu() for part in tm.model.posterior(batch)))
        log_weights = []
        at_once = max(1, (_TOKENS_GPU if device.type == "cuda" else _TOKENS) // batch.tokens.numel())
        for first in range(0, samples, at_once):
            s = min(at_once, samples - first)
            log_weights.append(_log_weights(tm.model, batch, posterior, s, generator))
        total = torch.cat(log_weights).logsumexp(0) - math.log(samples)  # (B,)
        bound[torch.from_numpy(rows)] = -total
        done += int(batch.lengths.sum())
        progress(done / tokens.total)
    return bound


def _log_weights(
    model: SentenceModel, batch: Batch, posterior: Posterior, s: int, generator: torch.Generator
) -> Tensor:
    """log p(x|z) + log p(z) - log q(z|x) at s draws a sentence, made on the processor for any device: (s, B)."""
    mu, logvar = (part.expand(s, -1, -1) for part in posterior)  # (s, B, D)
    z = gaussian.sample(mu, logvar, generator)
    nll = model.nll(batch, z.flatten(0, 1).to(model.device)).view(s, -1).cpu()
    return -nll + gaussian.log_prior(z) - gaussian.log_prob(z, mu, logvar)


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
    return max(0.0, gaussian.information(z, mu, logvar).item()), len(z)


def active_units(mu: Tensor) -> int:
    """Dimensions whose posterior mean varies over the sentences, Var_x[mu] > 0.01. mu: (B, D).

    Source: Burda et al. 2016, arXiv:1509.00519, section 5.1.
    """
    return int((mu.var(0, correction=0) > _ACTIVE_VARIANCE).sum()) if mu.numel() else 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the figures mean. `level` is one of `events.LEVELS`."""

    level: str
    text: str
    advice: str


def verdict(use: Use) -> Verdict:
    """The state of a latent space in plain words, and what to change."""
    d, kl, n = len(use.kl), sum(use.kl), use.sentences
    little = f" Only {n} sentences were held out, so take this with a pinch of salt." if n < _FEW_SENTENCES else ""
    if not d:
        return Verdict("unknown", "A language model has no latent space, so there is nothing to collapse.", "")
    if n < _TOO_FEW_SENTENCES:
        held_out = "1 sentence was" if n == 1 else f"{n} sentences were"
        return Verdict(
            "unknown",
            f"Nobody can tell yet: only {held_out} held out to measure on.",
            "Judge by the reconstructions and samples, or bring a longer text.",
        )
    if not all(map(math.isfinite, (kl, use.nll, use.latent_gain))):
        return Verdict("unknown", "The figures are not numbers.", "Train again with a lower learning rate.")
    if not use.kind.density:
        return _verdict_on_codes(use, little)
    if kl < 1 or use.latent_gain < 0.5:
        return Verdict(
            "collapsed",
            f"Collapsed: the decoder does not listen to z, so every point says much the same.{little}",
            "Raise free bits or word dropout, lower beta, or give the autoencoder phase a larger part.",
        )
    if kl > _UNSETTLED_KL * d:
        return Verdict(
            "weak",
            f"Unsettled: z carries {kl:.0f} nats, so points drawn at random read badly.{little}",
            "Train on until beta has risen, or raise beta.",
        )
    lacks = _lacks(use)
    if lacks:
        return Verdict(
            "weak",
            f"Weak: z carries something, but little: {' and '.join(lacks)}.{little}",
            "Train longer, raise free bits or word dropout, or lower beta.",
        )
    active = f"all {d}" if use.active_units == d else f"{use.active_units} of {d}"
    return Verdict("healthy", f"Healthy: {active} dimensions carry information.{little}", "")


def _verdict_on_codes(use: Use, little: str) -> Verdict:
    """Of a family whose codes have no spread, and a critic instead of a KL term."""
    d, distance = len(use.kl), sum(use.kl)
    if use.latent_gain < 0.5:
        return Verdict(
            "collapsed",
            f"Collapsed: the decoder does not listen to the codes, so every point says much the same.{little}",
            "Give the critic less weight, or the autoencoder phase a larger part.",
        )
    if distance > _UNSETTLED_CODES * d:
        return Verdict(
            "weak",
            f"Unsettled: the codes lie {distance:.0f} nats off the bell curve, so points drawn at random read badly."
            f"{little}",
            "Train longer, or give the critic more weight.",
        )
    lacks = _lacks(use)
    if lacks:
        return Verdict(
            "weak",
            f"Weak: the codes tell something, but little: {' and '.join(lacks)}.{little}",
            "Train longer, or give the critic less weight.",
        )
    return Verdict(
        "healthy",
        f"Healthy: the codes lie like the bell curve ({distance:.1f} nats off), and the decoder listens to them."
        f"{little}",
        "",
    )


def _lacks(use: Use) -> list[str]:
    """What a latent space that does little is short of, in words."""
    d, information = len(use.kl), use.mutual_information
    lacks = []
    if use.active_units < 0.5 * d:
        lacks.append(f"{use.active_units} of {d} dimensions are in use")
    if use.latent_gain < 3:
        lacks.append(f"another sentence's z costs the decoder only {use.latent_gain:.1f} nats")
    if information is not None and information < 0.5 * min(use.mi_ceiling, 5.0):
        lacks.append(f"a z tells only {information:.1f} nats of its sentence")
    return lacks
