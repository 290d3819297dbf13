"""The maths of diagonal Gaussians, against torch.distributions and against draws."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from vae.model import gaussian


@pytest.fixture
def posterior() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    mu = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    return mu, 1.5 * torch.randn(5, 3, generator=generator, dtype=torch.float64)


def test_kl_equals_that_of_torch(posterior: tuple[Tensor, Tensor]) -> None:
    mu, logvar = posterior
    expected = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(gaussian.kl_to_prior(mu, logvar), expected)


def test_kl_equals_the_mean_of_draws(posterior: tuple[Tensor, Tensor]) -> None:
    mu, logvar = posterior
    normal = Normal(mu, (0.5 * logvar).exp())
    with torch.random.fork_rng():
        torch.manual_seed(1)
        z = normal.sample((200_000,))
    drawn = normal.log_prob(z) - Normal(0.0, 1.0).log_prob(z)  # (S, B, D)
    error = 5 * drawn.std(0) / len(z) ** 0.5
    assert ((gaussian.kl_to_prior(mu, logvar) - drawn.mean(0)).abs() < error + 1e-12).all()


def test_kl_is_zero_at_the_prior_only() -> None:
    zero = torch.zeros(1, 4)
    assert gaussian.kl_to_prior(zero, zero).tolist() == [[0.0] * 4]
    assert (gaussian.kl_to_prior(zero + 0.1, zero) > 0).all()
    assert (gaussian.kl_to_prior(zero, zero - 0.1) > 0).all()


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match=r"mu is \(2, 3\) and logvar \(2, 1\)"):
        gaussian.kl_to_prior(torch.zeros(2, 3), torch.zeros(2, 1))
    with pytest.raises(ValueError, match="shapes must be equal"):
        gaussian.sample(torch.zeros(2, 3), torch.zeros(3))


def test_log_prob_equals_that_of_torch(posterior: tuple[Tensor, Tensor]) -> None:
    mu, logvar = posterior
    z = torch.randn(7, 5, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    expected = Independent(Normal(mu, (0.5 * logvar).exp()), 1).log_prob(z)  # (7, 5)
    torch.testing.assert_close(gaussian.log_prob(z, mu, logvar), expected)


def test_draws_have_the_mean_and_spread_asked_for() -> None:
    mu, logvar = torch.tensor([[1.0, -2.0]]).expand(100_000, 2), torch.tensor([[0.0, -2.0]]).expand(100_000, 2)
    z = gaussian.sample(mu, logvar, torch.Generator().manual_seed(1))
    torch.testing.assert_close(z.mean(0), mu[0], atol=0.02, rtol=0)
    torch.testing.assert_close(z.std(0), (0.5 * logvar[0]).exp(), atol=0.02, rtol=0)
    assert abs(torch.corrcoef(z.T)[0, 1]) < 0.02


def test_draws_follow_from_the_generator_alone(posterior: tuple[Tensor, Tensor]) -> None:
    first, again, other = (gaussian.sample(*posterior, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_gradient_passes_through_a_draw(posterior: tuple[Tensor, Tensor]) -> None:
    mu, logvar = (part.clone().requires_grad_() for part in posterior)
    z = gaussian.sample(mu, logvar, torch.Generator().manual_seed(1))
    z.sum().backward()
    # z = mu + eps * exp(logvar / 2): dz/dmu = 1, dz/dlogvar = (z - mu) / 2
    torch.testing.assert_close(mu.grad, torch.ones_like(mu))
    torch.testing.assert_close(logvar.grad, ((z - mu) / 2).detach())


def test_gradient_of_an_expectation_is_unbiased() -> None:
    # E[z^2] = mu^2 + exp(logvar), so the gradients are 2 mu and exp(logvar)
    mu = torch.full((400_000, 1), 0.7, requires_grad=True)
    logvar = torch.full((400_000, 1), -0.4, requires_grad=True)
    gaussian.sample(mu, logvar, torch.Generator().manual_seed(5)).square().sum().backward()
    assert mu.grad is not None
    assert logvar.grad is not None
    assert mu.grad.mean().item() == pytest.approx(1.4, abs=0.02)
    assert logvar.grad.mean().item() == pytest.approx(torch.tensor(-0.4).exp().item(), abs=0.02)
