"""Figures of models whose true values are known in closed form or by quadrature."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from vae.config.families import FAMILIES
from vae.data.batches import Batch, Tokens
from vae.metrics.diagnosis import verdict
from vae.metrics.latent_use import LatentUse, active_units, measure_latent_use, mutual_information
from vae.metrics.likelihood import nll_at, nll_iw
from vae.model import gaussian
from vae.model.families.interface import Losses, Posterior
from vae.model.priors.interface import Prior
from vae.model.priors.standard_normal import StandardNormal
from vae.model.text_model import TextModel

SENTENCES = ["a", "the cat sees a letter.", "a dog", "our teacher wants some fresh bread.", "", "the girl paints."]


class Toy:
    """A latent model made of two formulas: log p(x|z), and a posterior that need not be the true one."""

    def __init__(
        self, nll: Callable[[Batch, Tensor], Tensor], posterior: Callable[[Batch], Posterior], latent: int,
        family: str = "vae",
    ) -> None:  # fmt: skip
        self._nll, self.posterior, self.latent, self.spec = nll, posterior, latent, FAMILIES[family]
        self.prior: Prior = StandardNormal(latent)

    device = torch.device("cpu")

    def nll(self, batch: Batch, z: Tensor) -> Tensor:
        times = len(z) // len(batch.tokens)
        repeated = Batch(*(part.repeat(times, *[1] * (part.ndim - 1)) for part in batch[:3]), times * batch.global_size)
        return self._nll(repeated, z)

    def step(self, batch: Batch, t: int) -> Losses:
        raise NotImplementedError

    losses = step

    def objective(self, nll: float, kl: Sequence[float]) -> float:
        raise NotImplementedError

    def divergence(self, posterior: Posterior) -> Tensor:
        return gaussian.kl_to_prior(*posterior).mean(0)

    def begin(self, n: int, z: Tensor | None = None) -> Any:
        raise NotImplementedError

    def advance(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        raise NotImplementedError


def evens(batch: Batch) -> tuple[Tensor, Tensor]:
    """How many tokens of each sentence have an even id, and how many an odd one."""
    even = ((batch.tokens % 2 == 0) & batch.mask).sum(1).float()
    return even, batch.lengths - even


def coins(batch: Batch, z: Tensor) -> Tensor:
    """Each token is even with probability sigmoid(2 z_0 + z_1): a model of parities."""
    even, odd = evens(batch)
    leaning = 2 * z[:, 0] + z[:, 1]
    return -(even * torch.nn.functional.logsigmoid(leaning) + odd * torch.nn.functional.logsigmoid(-leaning))


def rough_posterior(batch: Batch) -> Posterior:
    even, odd = evens(batch)
    lean = 0.3 * (even - odd) / (even + odd)
    return Posterior(torch.stack([lean, lean], 1), torch.full((len(lean), 2), -0.2))


def prior(batch: Batch) -> Posterior:
    return Posterior(torch.zeros(len(batch.tokens), 2), torch.zeros(len(batch.tokens), 2))


def true_nll(even: int, odd: int) -> float:
    """-log p(x) of the coins by quadrature over both dimensions."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    leaning = 2 * nodes[:, None] + nodes[None]
    likelihood = np.exp(-even * np.log1p(np.exp(-leaning)) - odd * np.log1p(np.exp(leaning)))
    return -math.log(float((weights[:, None] * weights * likelihood).sum() / (2 * math.pi)))


@pytest.fixture
def coin_model(text_model: TextModel) -> TextModel:
    return replace(text_model, model=Toy(coins, rough_posterior, 2))


@pytest.fixture
def truth(text_model: TextModel) -> Tensor:
    batch = Tokens.of(text_model.tokenizer.encode(SENTENCES)).batch(range(len(SENTENCES)))
    return torch.tensor([true_nll(int(e), int(o)) for e, o in zip(*evens(batch), strict=True)])


def test_bound_reaches_the_likelihood_found_by_quadrature(coin_model: TextModel, truth: Tensor) -> None:
    bound = nll_iw(coin_model, SENTENCES, samples=20_000)
    torch.testing.assert_close(bound, truth, atol=0.03, rtol=0)


def test_bound_falls_towards_the_likelihood_as_samples_grow(coin_model: TextModel, truth: Tensor) -> None:
    many = SENTENCES * 50  # the mean over 50 independent estimates of each
    gaps = [(nll_iw(coin_model, many, samples=s).double() - truth.repeat(50)).mean().item() for s in (1, 2, 4, 16, 64)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.3
    assert -0.02 < gaps[-1] < 0.1


def test_bound_of_one_sample_is_minus_the_elbo_on_average(coin_model: TextModel) -> None:
    many = SENTENCES * 400
    use = measure_latent_use(coin_model, many)
    assert nll_iw(coin_model, many, samples=1, seed=5).mean().item() == pytest.approx(-use.elbo, abs=0.1)


@pytest.mark.parametrize("samples", [1, 7])
def test_bound_is_exact_where_z_says_nothing(text_model: TextModel, samples: int) -> None:
    model = Toy(lambda batch, z: 1.5 * batch.lengths.float(), prior, 2)
    bound = nll_iw(replace(text_model, model=model), SENTENCES, samples=samples)
    lengths = [len(ids) + 1 for ids in text_model.tokenizer.encode(SENTENCES)]
    assert bound.tolist() == pytest.approx([1.5 * n for n in lengths], abs=1e-4)


def test_bound_is_exact_at_the_true_posterior(text_model: TextModel) -> None:
    # x is one number y told with noise of variance v: p(y) = N(0, 1 + v), and q is the true posterior
    v, y = 0.5, 0.8

    def nll(batch: Batch, z: Tensor) -> Tensor:
        return -gaussian.log_prob(torch.tensor([[y]]), z, torch.tensor([[v]]).log())

    def posterior(batch: Batch) -> Posterior:
        n = len(batch.tokens)
        return Posterior(torch.full((n, 1), y / (1 + v)), torch.full((n, 1), math.log(v / (1 + v))))

    bound = nll_iw(replace(text_model, model=Toy(nll, posterior, 1)), SENTENCES, samples=3)
    expected = 0.5 * (math.log(2 * math.pi * (1 + v)) + y**2 / (1 + v))
    assert bound.tolist() == pytest.approx([expected] * len(SENTENCES), abs=1e-4)


def test_bound_reaches_the_marginal_of_a_linear_gaussian_model(text_model: TextModel) -> None:
    # x = W z + noise of variance v, told of y, three numbers that hang on the sentence: p(y) = N(0, W W' + v I);
    # q is the true posterior, widened and moved aside, so that the weights have work to do
    w, v = torch.tensor([[1.0, 0.3], [-0.5, 0.8], [0.2, -1.1]]), 0.4
    precision = torch.eye(2) + w.t() @ w / v

    def told(batch: Batch) -> Tensor:
        even, odd = evens(batch)
        return torch.stack([even / 4, odd / 4, (even - odd) / 6], 1)

    def nll(batch: Batch, z: Tensor) -> Tensor:
        return -gaussian.log_prob(told(batch), z @ w.t(), torch.tensor(v).log())

    def posterior(batch: Batch) -> Posterior:
        mu = told(batch) @ w @ torch.linalg.inv(precision) / v + 0.1
        return Posterior(mu, (1.5 / precision.diagonal()).log().expand(len(mu), 2))

    marginal = torch.distributions.MultivariateNormal(torch.zeros(3), w @ w.t() + v * torch.eye(3))
    batch = Tokens.of(text_model.tokenizer.encode(SENTENCES)).batch(range(len(SENTENCES)))
    expected = -marginal.log_prob(told(batch))
    tm = replace(text_model, model=Toy(nll, posterior, 2))
    torch.testing.assert_close(nll_iw(tm, SENTENCES, samples=20_000), expected, atol=0.03, rtol=0)
    assert (nll_iw(tm, SENTENCES * 50, samples=1).mean() - expected.mean()).item() > 0.1  # of one draw it is not


def test_bound_tells_its_progress(coin_model: TextModel) -> None:
    told: list[float] = []
    nll_iw(coin_model, SENTENCES * 100, samples=2, progress=told.append)
    assert told == sorted(told)
    assert len(told) > 2
    assert told[-1] == 1


@torch.inference_mode()
def test_many_points_a_sentence_cost_what_they_cost_alone(text_model: TextModel) -> None:
    batch = Tokens.of(text_model.tokenizer.encode(SENTENCES)).batch([3, 1, 4])
    z = torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(1))
    together = text_model.model.nll(batch, z.flatten(0, 1)).view(5, 3)
    for points, found in zip(z, together, strict=True):
        torch.testing.assert_close(text_model.model.nll(batch, points), found, atol=1e-4, rtol=0)
    assert together.std(0).min() > 0.1  # z matters


def test_bound_keeps_the_order_of_the_sentences(coin_model: TextModel) -> None:
    forth = nll_iw(coin_model, SENTENCES, samples=3000)
    back = nll_iw(coin_model, SENTENCES[::-1], samples=3000)
    torch.testing.assert_close(forth, back.flip(0), atol=0.1, rtol=0)
    assert len({round(value, 2) for value in forth.tolist()}) > 3


def test_bound_follows_from_its_seed(coin_model: TextModel) -> None:
    first, again, other = (nll_iw(coin_model, SENTENCES, samples=2, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_bound_of_a_trained_model_does_not_hang_on_the_batch(text_model: TextModel) -> None:
    together = nll_at(text_model.model, Tokens.of(text_model.tokenizer.encode(SENTENCES)), torch.zeros(6, 4))
    for row, sentence in enumerate(SENTENCES):
        alone = nll_at(text_model.model, Tokens.of(text_model.tokenizer.encode([sentence])), torch.zeros(1, 4))
        assert alone.item() == pytest.approx(together[row].item(), abs=1e-3)


@pytest.mark.parametrize("samples", [0, -1])
def test_bound_without_samples_is_an_error(coin_model: TextModel, samples: int) -> None:
    with pytest.raises(ValueError, match=f"samples is {samples}"):
        nll_iw(coin_model, SENTENCES, samples=samples)


def channel(snr: tuple[float, ...], n: int, seed: int = 3) -> Posterior:
    """z = signal + noise of variance 1, the signal's variance being snr in each dimension."""
    mu = torch.randn(n, len(snr), generator=torch.Generator().manual_seed(seed)) * torch.tensor(snr).sqrt()
    return Posterior(mu, torch.zeros_like(mu))


@pytest.mark.parametrize("snr", [(0.5,), (3.0,), (1.0, 2.0), (8.0, 0.0)])
def test_information_equals_that_of_a_gaussian_channel(snr: tuple[float, ...]) -> None:
    found = np.mean([mutual_information(channel(snr, 1000, seed), seed=seed)[0] for seed in range(4)])
    assert found == pytest.approx(sum(0.5 * math.log1p(s) for s in snr), abs=0.06)


def test_information_is_none_where_all_codes_are_one() -> None:
    constant = Posterior(torch.full((500, 3), 0.7), torch.full((500, 3), -1.0))
    assert mutual_information(constant)[0] == pytest.approx(0, abs=1e-5)


def test_information_is_never_negative() -> None:
    for seed in range(20):
        assert mutual_information(channel((0.0001,), 5, seed), seed=seed)[0] >= 0


@pytest.mark.parametrize(("n", "used"), [(1, 1), (40, 40), (1000, 1000), (1700, 1000)])
def test_information_cannot_exceed_its_ceiling(n: int, used: int) -> None:
    far_apart = Posterior(100.0 * torch.arange(n)[:, None], torch.zeros(n, 1))
    found, counted = mutual_information(far_apart)
    assert counted == used
    assert found == pytest.approx(math.log(used), abs=1e-4)


def test_active_units_are_those_whose_mean_moves() -> None:
    base = torch.randn(4000, 1, generator=torch.Generator().manual_seed(1))
    base = (base - base.mean()) / base.std(unbiased=False)
    mu = base * torch.tensor([0.0, 0.0099, 0.0101, 1.0]).sqrt() + torch.tensor([5.0, 0.0, 0.0, 0.0])
    assert active_units(mu) == 2


def listening(spread: float) -> Toy:
    """log p(x|z) is highest at the sentence's own mean, which is its length."""

    def posterior(batch: Batch) -> Posterior:
        mu = batch.lengths.float()[:, None]
        return Posterior(mu, torch.full_like(mu, 2 * math.log(spread)))

    return Toy(lambda batch, z: 0.5 * (z[:, 0] - batch.lengths).square(), posterior, 1)


def test_gain_is_none_for_a_decoder_that_ignores_z(text_model: TextModel) -> None:
    model = Toy(lambda batch, z: batch.lengths.float(), rough_posterior, 2)
    use = measure_latent_use(replace(text_model, model=model), SENTENCES * 10)
    assert use.latent_gain == 0
    assert verdict(use).level == "collapsed"


def test_gain_is_what_anothers_z_costs(text_model: TextModel) -> None:
    tm = replace(text_model, model=listening(1e-4))
    two = SENTENCES[:2]
    short, long = (len(ids) + 1 for ids in text_model.tokenizer.encode(two))
    assert measure_latent_use(tm, two).latent_gain == pytest.approx(0.5 * (long - short) ** 2, rel=1e-3)


def test_gain_never_compares_a_sentence_with_itself(text_model: TextModel) -> None:
    # lengths 1, 2, 4, 8 ... lie so far apart that each one left with its own z would show in the mean
    sentences = [" ".join(["cat"] * n) for n in (1, 2, 4, 8, 16)]
    lengths = [len(ids) + 1 for ids in text_model.tokenizer.encode(sentences)]
    gains = {
        round(float(np.mean([0.5 * (a - lengths[j]) ** 2 for a, j in zip(lengths, order, strict=True)])), 2)
        for order in itertools.permutations(range(5))
        if all(i != j for i, j in enumerate(order))
    }
    tm = replace(text_model, model=listening(1e-5))
    for seed in range(8):
        found = measure_latent_use(tm, sentences, seed=seed).latent_gain
        assert min(abs(found - gain) for gain in gains) < 0.1


def test_use_gives_the_closed_form_kl_and_the_sampled_nll(text_model: TextModel) -> None:
    many = SENTENCES * 300
    use = measure_latent_use(replace(text_model, model=listening(0.5)), many)
    lengths = np.array([len(ids) + 1 for ids in text_model.tokenizer.encode(many)])
    kl = 0.5 * (lengths**2 + 0.25 - 1 - math.log(0.25))
    assert use.kl == pytest.approx((kl.mean(),), rel=1e-4)
    assert use.nll == pytest.approx(0.5 * 0.25, abs=0.01)  # half the variance of z
    assert use.elbo == pytest.approx(-(use.nll + use.kl[0]))
    assert (use.sentences, use.mi_sentences, use.mi_ceiling) == (len(many), 1000, math.log(1000))


def test_use_follows_from_its_seed_and_not_from_the_global_one(coin_model: TextModel) -> None:
    first = measure_latent_use(coin_model, SENTENCES, seed=1)
    torch.rand(1)
    assert measure_latent_use(coin_model, SENTENCES, seed=1) == first
    assert measure_latent_use(coin_model, SENTENCES, seed=2) != first


def test_nothing_to_measure_on_is_an_error(text_model: TextModel) -> None:
    with pytest.raises(ValueError, match="no sentence"):
        measure_latent_use(text_model, [])


HEALTHY = LatentUse(
    nll=20.0, kl=(2.0, 2.0, 2.0, 2.0), mutual_information=5.5, mi_sentences=1000, active_units=4, latent_gain=9.0,
    sentences=1000,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "healthy"),
        ({"active_units": 2}, "healthy"),
        ({"active_units": 1}, "weak"),
        ({"latent_gain": 2.9}, "weak"),
        ({"mutual_information": 2.4}, "weak"),
        ({"mutual_information": 1.6, "mi_sentences": 20, "sentences": 20}, "healthy"),  # near its ceiling of 3
        ({"kl": (11.0, 0.1, 0.1, 0.1)}, "weak"),  # an autoencoder still
        ({"latent_gain": 0.4}, "collapsed"),
        ({"kl": (0.2, 0.2, 0.2, 0.2)}, "collapsed"),
        ({"sentences": 19}, "unknown"),
        ({"nll": math.nan}, "unknown"),
        ({"kl": (math.inf, 0.0, 0.0, 0.0)}, "unknown"),
        ({"latent_gain": math.nan}, "unknown"),
        ({"sentences": 1, "mi_sentences": 1, "latent_gain": 0.0, "mutual_information": 0.0}, "unknown"),
    ],
)
def test_verdict_follows_the_figures(changes: dict[str, Any], level: str) -> None:
    found = verdict(replace(HEALTHY, **changes))
    assert found.level == level
    assert found.text
    assert bool(found.advice) is (level != "healthy")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"active_units": 1}, "1 of 4 dimensions"),
        ({"latent_gain": 2.94}, "2.9 nats"),
        ({"mutual_information": 2.44}, "2.4 nats"),
        ({"active_units": 1, "latent_gain": 2.94}, "1 of 4 dimensions are in use and another"),
    ],
)
def test_weak_verdict_names_what_is_low_and_nothing_else(changes: dict[str, Any], words: str) -> None:
    text = str(verdict(replace(HEALTHY, **changes)).text)
    assert words in text
    assert ("dimensions" in text) is ("active_units" in changes)


def test_verdict_on_few_sentences_says_so() -> None:
    assert "199 sentences" in str(verdict(replace(HEALTHY, sentences=199)).text)
    assert "sentences" not in str(verdict(replace(HEALTHY, sentences=200)).text)
