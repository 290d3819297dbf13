"""Pure maths of diagonal Gaussians. Everything is in nats."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LOG_2PI = math.log(2 * math.pi)


def kl_to_prior(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(q(z|x) || N(0, I)) of a diagonal Gaussian, per sentence and dimension.

    Args:
        mu, logvar: posterior mean and log-variance, (B, D).
    Returns:
        (B, D), nats, >= 0: sum over D for a sentence's KL; it is not averaged over B.
    Raises:
        ValueError: the shapes differ.
    Source: Kingma & Welling 2014, arXiv:1312.6114, App. B.
    """
    _same_shape(mu, logvar)
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar)


def moments_to_prior(mean: Tensor, variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)), elementwise: how far points of these moments are from the prior, (D,) each."""
    variance = variance.clamp(min=math.exp(-12))  # of a single point, or of equal ones, it is 0
    return kl_to_prior(mean, variance.log())


def sample(mu: Tensor, logvar: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """z = mu + eps * std with eps ~ N(0, I): a draw that gradients pass through.

    Args:
        mu, logvar: (..., D).
    Returns:
        (..., D).
    Source: Kingma & Welling 2014, arXiv:1312.6114, section 2.4.
    """
    _same_shape(mu, logvar)
    eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
    return mu + eps * (0.5 * logvar).exp()


def log_prob(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log N(z; mu, diag(exp(logvar))), summed over the last dimension.

    Args:
        z, mu, logvar: broadcastable to (..., D).
    Returns:
        (...), nats.
    """
    return -0.5 * ((z - mu).square() * (-logvar).exp() + logvar + _LOG_2PI).sum(-1)


def mutual_information(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """I(x; z) of B sentences by one z of each, (B, D) all: a scalar, nats, at most ln B.

    q(z) is the mixture of the same B posteriors.
    Source: Hoffman & Johnson 2016, ELBO surgery; Dieng et al. 2019, arXiv:1807.04863.
    """
    log_q = torch.stack([log_prob(row, mu, logvar) for row in z])  # (B, B): of z_i under posterior j
    return (log_q.diagonal() - log_q.logsumexp(1) + math.log(len(z))).mean()


def _same_shape(mu: Tensor, logvar: Tensor) -> None:
    if mu.shape != logvar.shape:
        raise ValueError(f"mu is {tuple(mu.shape)} and logvar {tuple(logvar.shape)}: their shapes must be equal")
