"""The prior of a plain VAE."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae.model import gaussian
from vae.model.priors.interface import Prior
from vae.model.priors.standard_normal import StandardNormal


def test_log_density_is_that_of_torch() -> None:
    prior: Prior = StandardNormal(3)
    z = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(1)).double()
    torch.testing.assert_close(prior.log_prob(z), Normal(0.0, 1.0).log_prob(z.float()).double().sum(-1))


def test_samples_follow_from_the_generator() -> None:
    prior = StandardNormal(2)
    first, again, other = (prior.sample(20_000, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == (20_000, 2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.mean().item() == pytest.approx(0, abs=0.02)
    assert first.std().item() == pytest.approx(1, abs=0.02)


def test_kl_is_the_mean_log_ratio_of_the_densities() -> None:
    prior: Prior = StandardNormal(2)
    mu, logvar = torch.tensor([[0.5, -1.0]]), torch.tensor([[-1.0, 0.2]])
    z = mu + (0.5 * logvar).exp() * torch.randn(100_000, 2, generator=torch.Generator().manual_seed(1))
    ratio = gaussian.log_prob(z, mu, logvar) - prior.log_prob(z)
    assert prior.kl(mu, logvar).sum().item() == pytest.approx(ratio.mean().item(), abs=0.02)


def test_no_dimensions_have_density_one() -> None:
    prior = StandardNormal(0)
    assert prior.log_prob(prior.sample(3)).tolist() == [0, 0, 0]


def test_kl_is_that_of_torch() -> None:
    mu, logvar = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1))
    expected = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(StandardNormal(3).kl(mu, logvar), expected)
