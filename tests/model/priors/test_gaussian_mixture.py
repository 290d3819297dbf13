"""The prior fitted to codes, against torch's own distributions and numbers with a known origin."""

from __future__ import annotations

import pytest
import torch
from torch import distributions

from vae.model.priors.gaussian_mixture import GaussianMixture, fit


def random_mixture(k: int, d: int) -> GaussianMixture:
    generator = torch.Generator().manual_seed(1)
    factors = torch.randn(k, d, d, generator=generator).tril(-1) + torch.diag_embed(
        torch.rand(k, d, generator=generator) + 0.2
    )
    weights = torch.rand(k, generator=generator) + 0.1
    return GaussianMixture(weights / weights.sum(), 3 * torch.randn(k, d, generator=generator), factors)


def test_log_prob_is_that_of_a_mixture_of_gaussians() -> None:
    prior = random_mixture(3, 4)
    parts = distributions.MultivariateNormal(prior.means, scale_tril=prior.factors)
    reference = distributions.MixtureSameFamily(distributions.Categorical(prior.weights), parts)
    z = torch.randn(50, 4)
    torch.testing.assert_close(prior.log_prob(z), reference.log_prob(z), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(prior.mean, reference.mean)


def test_draws_have_its_moments_and_a_spread_scales_them() -> None:
    prior = random_mixture(1, 3)
    for spread in (1.0, 0.5):
        z = prior.sample(20_000, torch.Generator().manual_seed(2), spread)
        torch.testing.assert_close(z.mean(0), prior.means[0], atol=0.05, rtol=0)
        torch.testing.assert_close(
            torch.cov(z.t()), spread**2 * prior.factors[0] @ prior.factors[0].t(), atol=0.1, rtol=0.05
        )


def test_one_gaussian_is_fitted_where_there_is_one() -> None:
    truth = random_mixture(1, 3)
    z = truth.sample(4000, torch.Generator().manual_seed(3))
    found = fit(z)
    assert found is not None
    fresh = truth.sample(4000, torch.Generator().manual_seed(4))
    assert found.log_prob(fresh).mean() == pytest.approx(truth.log_prob(fresh).mean().item(), abs=0.02)


def test_several_are_fitted_where_there_are_several() -> None:
    truth = GaussianMixture(
        torch.full((4,), 0.25), 8 * torch.eye(4)[:, :3] + torch.arange(4.0)[:, None], 0.5 * torch.eye(3).expand(4, 3, 3)
    )
    z = truth.sample(3000, torch.Generator().manual_seed(3))
    found = fit(z)
    assert found is not None
    assert len(found.weights) > 1
    fresh = truth.sample(3000, torch.Generator().manual_seed(4))
    one = distributions.MultivariateNormal(z.mean(0), torch.cov(z.t()))
    assert found.log_prob(fresh).mean() > one.log_prob(fresh).mean() + 0.5


def test_fit_follows_from_its_seed_and_survives_codes_that_are_all_one() -> None:
    z = random_mixture(2, 3).sample(500, torch.Generator().manual_seed(1))
    first, again = fit(z, 7), fit(z, 7)
    assert first is not None
    assert again is not None
    assert torch.equal(first.factors, again.factors)
    same = fit(torch.ones(100, 3))
    assert same is not None
    torch.testing.assert_close(same.sample(10), torch.ones(10, 3), atol=0.1, rtol=0)


@pytest.mark.parametrize("scale", [1.0, 30.0, 300.0])
@pytest.mark.parametrize("codes", [40, 60, 300])
def test_few_codes_in_many_dimensions_have_a_prior(codes: int, scale: float) -> None:
    found = fit(scale * torch.randn(codes, 128, generator=torch.Generator().manual_seed(1)))
    assert found is not None
    assert found.sample(100).isfinite().all()
    assert (found.factors.half().diagonal(dim1=1, dim2=2) > 0).all()


@pytest.mark.parametrize("z", [torch.zeros(3, 2), torch.full((100, 2), torch.nan), torch.full((100, 2), 1e5)])
def test_too_few_codes_or_none_that_are_numbers_give_no_prior(z: torch.Tensor) -> None:
    assert fit(z) is None
