"""A prior fitted to the codes of real sentences after training: a Gaussian of full covariance, or some of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_LOG_2PI = math.log(2 * math.pi)
_COMPONENTS = (1, 4, 8)  # tried
_ITERATIONS = 12  # of EM
_HELD_OUT = 5  # every so many-th point tells which fit is the best
_RIDGE = 1e-4  # least variance of any direction, and that much of the mean one: few codes span few directions
_FARTHEST = 1e4  # of a code's numbers, which a model file keeps in 16 bits


@dataclass(frozen=True, slots=True)
class GaussianMixture:
    """p(z) = sum_k weights_k N(means_k, factors_k factors_k^T): K Gaussians over D dimensions.

    Args:
        weights: (K,), positive, of sum 1.  means: (K, D).
        factors: (K, D, D), lower triangular with a positive diagonal: Cholesky's of the covariances.
    Source: Ghosh et al. 2020, arXiv:1903.12436 (a density fitted to the codes after training).
    """

    weights: Tensor
    means: Tensor
    factors: Tensor

    @property
    def mean(self) -> Tensor:
        """Of all codes: (D,)."""
        return self.weights @ self.means

    def sample(self, n: int, generator: torch.Generator | None = None, spread: float = 1.0) -> Tensor:
        """n draws: (n, D) float32. `spread` scales how far each one lies from its Gaussian's mean."""
        chosen = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], 1, generator=generator)
        return self.means[chosen] + spread * torch.bmm(self.factors[chosen], noise)[..., 0]

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z): (N, D) -> (N,), nats."""
        return self._joint(z).logsumexp(1)

    def _joint(self, z: Tensor) -> Tensor:
        """log of weights_k N(z; k): (N, D) -> (N, K)."""
        terms = []
        for weight, mean, factor in zip(self.weights, self.means, self.factors, strict=True):
            inverse = torch.linalg.solve_triangular(factor, torch.eye(len(mean), dtype=z.dtype), upper=False)
            scaled = (z - mean) @ inverse.t()  # (N, D)
            terms.append(weight.log() - factor.diagonal().log().sum() - 0.5 * (scaled.square() + _LOG_2PI).sum(1))
        return torch.stack(terms, 1)


def fit(z: Tensor, seed: int = 1) -> GaussianMixture | None:
    """The mixture under which codes that it was not fitted to are likeliest, of a few numbers of Gaussians.

    Args:
        z: codes, (N, D) float32, such as the posterior means of N sentences.
        seed: of where the Gaussians begin.
    Returns:
        None where there are too few codes to tell, or the codes are no numbers or far too large ones.
    Source: Dempster et al. 1977 (EM); the covariances are drawn to that of all codes as by an inverse-Wishart prior
    that weighs as much as 2 * D codes.
    """
    held_out = torch.arange(len(z)) % _HELD_OUT == 0
    train, test = z[~held_out], z[held_out]
    if len(train) < 16 or not (z.abs() < _FARTHEST).all():  # NaN is not
        return None
    possible = [k for k in _COMPONENTS if k == 1 or len(train) >= 2 * k * z.shape[1]]
    fits = [_expectation_maximisation(train, k, seed) for k in possible]
    return max(fits, key=lambda mixture: float(mixture.log_prob(test).mean()))


def _expectation_maximisation(z: Tensor, k: int, seed: int) -> GaussianMixture:
    """k Gaussians fitted to codes (N, D), from k codes drawn at random."""
    centre = z.mean(0)
    whole = torch.cov(z.t())
    whole = whole + _RIDGE * (1 + whole.diagonal().mean()) * torch.eye(z.shape[1], dtype=z.dtype)
    generator = torch.Generator().manual_seed(seed)
    means = z[torch.randperm(len(z), generator=generator)[:k]]
    scale = whole.diagonal().sqrt()
    nearest = torch.cdist(z / scale, means / scale).argmin(1)
    share = torch.nn.functional.one_hot(nearest, k).to(z.dtype)  # (N, K), of each code in each Gaussian
    mixture = GaussianMixture(torch.ones(1, dtype=z.dtype), centre[None], _factor(whole)[None])
    for _ in range(_ITERATIONS if k > 1 else 0):
        counts = share.sum(0)  # (K,)
        means = (share.t() @ z + centre) / (counts + 1)[:, None]  # one code's worth of the centre, for an empty one
        prior_weight, factors = 2.0 * z.shape[1], []
        for j in range(k):
            away = z - means[j]
            covariance = ((share[:, j, None] * away).t() @ away + prior_weight * whole) / (counts[j] + prior_weight)
            factors.append(_factor(covariance))
        mixture = GaussianMixture((counts + 1) / (len(z) + k), means, torch.stack(factors))
        share = mixture._joint(z).softmax(1)
    return mixture


def _factor(covariance: Tensor) -> Tensor:
    """Cholesky's factor, in double precision: directions that no code takes have next to no variance."""
    factor: Tensor = torch.linalg.cholesky(covariance.double())
    return factor.to(covariance.dtype)
