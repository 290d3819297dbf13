"""The VAE's losses against a slow computation of their own, and what a step may and may not change."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from vae.config.config import Config
from vae.data.batches import Batch, Tokens
from vae.model.counter_rng import CounterRng
from vae.model.families.vae import SentenceVAE
from vae.text.tokenizer import BOS_ID, EOS_ID

VOCABULARY = 40


@pytest.fixture
def config() -> Config:
    return Config(
        embedding=8, encoder_hidden=9, hidden=10, latent=3, dropout=0.2, steps=100, learning_rate=0.01,
        precision="float32", autoencoder=0.2, warmup=0.4, beta=0.8, free_bits=0.1, bag_of_words=0.5,
    )  # fmt: skip


@pytest.fixture
def batch() -> Batch:
    return Tokens.of([[5, 6, 7, 5], [8], [], [39, 38, 37, 36, 35, 4]]).batch(range(4))


def model_of(config: Config) -> SentenceVAE:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = SentenceVAE(config, VOCABULARY)
        with torch.no_grad():
            model.bias.normal_()
            model.to_posterior.bias.normal_()
        return model


def weights(model: SentenceVAE) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def differing(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def slow_nll(model: SentenceVAE, sentence: list[int], z: Tensor) -> float:
    """-log p(x|z), a token at a time. z: (D,)."""
    state, total = model.begin(1, z[None]), 0.0
    for seen, said in zip([BOS_ID, *sentence], [*sentence, EOS_ID], strict=True):
        read = model.decoder.input_gates(model.embedding(torch.tensor([seen])))
        features, memory = model.decoder.advance(read, (state.gates, state.features), (state.h, state.c))
        state = state._replace(h=memory[0], c=memory[1])
        logits = [float(features[0] @ model.embedding.weight[i] + model.bias[i]) for i in range(VOCABULARY)]
        total += math.log(sum(map(math.exp, logits))) - logits[said]
    return total


def slow_bag(model: SentenceVAE, sentence: list[int], z: Tensor) -> float:
    logits: list[float] = (model.embedding.weight @ model.bag(z) + model.bias).tolist()
    normaliser = math.log(sum(map(math.exp, logits)))
    return sum(normaliser - logits[token] for token in sentence)


@torch.no_grad()
@pytest.mark.parametrize("t", [0, 19, 40, 99])
def test_losses_equal_a_slow_loop_over_tokens(config: Config, batch: Batch, t: int) -> None:
    model = model_of(config)
    losses = model.losses(batch, t)
    mu, logvar = model.posterior(batch)
    sentences = [row[: n - 1] for row, n in zip(batch.tokens.tolist(), batch.lengths.tolist(), strict=True)]
    nll = [slow_nll(model, sentence, z) for sentence, z in zip(sentences, mu, strict=True)]
    assert losses.nll.tolist() == pytest.approx(nll, rel=1e-4)

    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(losses.kl, kl, atol=1e-5, rtol=1e-5)

    beta = 0.8 * min(1.0, max(0.0, t / 100 - 0.2) / 0.4)
    assert losses.beta == pytest.approx(beta)
    bag = [slow_bag(model, sentence, z) for sentence, z in zip(sentences, mu, strict=True)]
    free = sum(max(0.1, float(kl[:, d].mean())) for d in range(3))
    assert losses.loss.item() == pytest.approx(sum(nll) / 4 + beta * free + 0.5 * sum(bag) / 4, rel=1e-4)


@torch.no_grad()
def test_nll_depends_on_neither_padding_nor_batch(config: Config, batch: Batch) -> None:
    model = model_of(config)
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    together = model.nll(batch, z)
    for row, length in enumerate(batch.lengths):
        one = slice(row, row + 1)
        alone = Batch(batch.tokens[one, :length], batch.lengths[one], batch.rows[one], 1)
        torch.testing.assert_close(model.nll(alone, z[row : row + 1])[0], together[row], atol=1e-4, rtol=0)


@torch.no_grad()
def test_marks_have_no_chance_but_the_end(config: Config) -> None:
    model = model_of(config)
    state = model.begin(2, torch.zeros(2, 3))
    logits, _ = model.advance(torch.tensor([BOS_ID, 7]), state)
    assert logits.shape == (2, VOCABULARY)
    assert (logits[:, :EOS_ID] == -math.inf).all()
    assert logits.isfinite().sum() == 2 * (VOCABULARY - EOS_ID)


def stepwise(model: SentenceVAE, batch: Batch, z: Tensor) -> Tensor:
    """The logits of each token, said one after another as in decoding: (B, T, V)."""
    with torch.inference_mode():
        state, said = model.begin(len(z), z), []
        for tokens in batch.inputs.T:
            logits, state = model.advance(tokens, state)
            said.append(logits)
        return torch.stack(said, 1)


def plain(model: SentenceVAE, batch: Batch, z: Tensor) -> Tensor:
    """The same by `torch.nn.LSTM`, in double precision."""
    parts = [copy.deepcopy(part).double() for part in (model.embedding, model.decoder.lstm, model.decoder.features)]
    embedding, lstm, features = parts
    h, c = copy.deepcopy(model.decoder.first).double()(z.double()).chunk(2, -1)
    beside = z.double()[:, None].expand(-1, batch.tokens.shape[1], -1)
    states, _ = lstm(torch.cat([embedding(batch.inputs), beside], -1), (h.tanh()[None], c[None]))
    logits = features(torch.cat([states, beside], -1)) @ embedding.weight.T + model.bias.double()
    logits[..., :EOS_ID] = -math.inf
    return logits.float()


@torch.no_grad()
@pytest.mark.parametrize("rows", [1, 4, 40])
@pytest.mark.parametrize("learning", [True, False])
def test_decoding_says_what_the_plain_lstm_says(config: Config, batch: Batch, learning: bool, rows: int) -> None:
    model, repeated = model_of(config).train(learning), Tokens.of([[5, 6, 7, 5]] * rows).batch(range(rows))
    z = torch.randn(rows, 3, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(stepwise(model, repeated, z), plain(model, repeated, z), atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("change", ["training", "by hand", "other weights", "another precision"])
def test_decoding_follows_every_change_of_the_weights(config: Config, batch: Batch, change: str) -> None:
    model, other, z = model_of(config).eval(), model_of(replace(config, seed=2)), torch.ones(4, 3)
    before = stepwise(model, batch, z)
    if change == "training":
        model.train()
        with torch.enable_grad():
            for t in range(3):
                model.step(batch, t)
        model.eval()
    elif change == "by hand":
        model.embedding.weight.mul_(1.5)
    elif change == "other weights":
        for parameter in other.parameters():
            parameter.mul_(1.5)
        model.load_state_dict(other.state_dict())
    else:
        model.double()
    if change == "another precision":
        assert stepwise(model, batch, z.double()).dtype == torch.float64
    else:
        after = stepwise(model, batch, z)
        assert not torch.allclose(after, before, atol=1e-3)
        torch.testing.assert_close(after, plain(model, batch, z), atol=1e-5, rtol=0)


def test_free_bits_leave_a_dimension_alone_until_it_costs_more(config: Config, batch: Batch) -> None:
    settings = replace(config, bag_of_words=0.0, autoencoder=0.0, warmup=0.0)
    for free_bits, flows in ((4.0, False), (0.0, True)):
        gradients, losses = [], []
        for beta in (0.0, 1.0):
            model = model_of(replace(settings, free_bits=free_bits, beta=beta))
            losses.append(model.losses(batch, 50).loss)
            gradients.append(torch.autograd.grad(losses[-1], model.to_posterior.weight)[0])
        assert bool((gradients[1] - gradients[0]).abs().sum() > 1e-6) is flows
        if not flows:
            assert (losses[1] - losses[0]).item() == pytest.approx(3 * 4.0, rel=1e-4)


def test_gradient_reaches_every_parameter(config: Config, batch: Batch) -> None:
    model = model_of(replace(config, free_bits=0.0))
    model.losses(batch, 90, CounterRng(1, 90, batch.rows)).loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_steps_lower_the_loss(config: Config, batch: Batch) -> None:
    model = model_of(replace(config, autoencoder=1.0, warmup=0.0))
    before = model.losses(batch, 0).loss.item()
    for t in range(60):
        assert model.step(batch, t).finite
    assert model.losses(batch, 0).loss.item() < 0.8 * before


def test_noise_of_a_step_follows_from_seed_and_step_alone(config: Config, batch: Batch) -> None:
    first, again, other_seed = model_of(config), model_of(config), model_of(replace(config, seed=2))
    torch.manual_seed(5)
    torch.rand(3)  # the global generator has no say
    a, b, c = (model.step(batch, 7) for model in (first, again, other_seed))
    assert torch.equal(a.loss, b.loss)
    assert not differing(weights(first), weights(again))
    assert not torch.equal(a.loss, c.loss)
    assert not torch.equal(a.loss, model_of(config).step(batch, 8).loss)


def test_training_is_noisy_and_measuring_is_not(config: Config, batch: Batch) -> None:
    model = model_of(config)
    assert torch.equal(model.losses(batch, 5).loss, model.losses(batch, 5).loss)
    noisy = [model.losses(batch, 5, CounterRng(s, 5, batch.rows)).loss.item() for s in range(3)]
    assert len(set(noisy)) == 3


@pytest.mark.parametrize("poisoned", ["bias", "embedding.weight", "to_posterior.weight"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_step_that_is_not_finite_changes_nothing_and_says_so(
    config: Config, batch: Batch, poisoned: str, value: float
) -> None:
    model = model_of(config)
    assert model.step(batch, 0).finite  # so that Adam has moments to lose
    moments = {name: moment.clone() for name, moment in model.updaters["all"].state().items()}
    with torch.no_grad():
        model.get_parameter(poisoned).view(-1)[-1] = value
    before = weights(model)
    assert not model.step(batch, 1).finite
    after = weights(model)
    assert all(torch.equal(before[name].nan_to_num(), after[name].nan_to_num()) for name in before)
    assert not differing(moments, model.updaters["all"].state())


def test_update_is_clipped_and_at_the_scheduled_rate(config: Config, batch: Batch) -> None:
    model = model_of(replace(config, clip=0.01))
    model.step(batch, 50)
    norm = sum(float(p.grad.square().sum()) for p in model.parameters() if p.grad is not None) ** 0.5
    assert norm == pytest.approx(0.01, rel=1e-3)
    rate = 0.01 * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (0.5 - 0.02) / 0.98)))
    assert model.updaters["all"].rate == pytest.approx(rate)


def test_loaded_moments_go_on_as_the_saved_ones(config: Config, batch: Batch) -> None:
    model, other = model_of(config), model_of(config)
    for t in range(3):
        model.step(batch, t)
    other.load_state_dict(model.state_dict())
    other.updaters["all"].load_state({name: value.clone() for name, value in model.updaters["all"].state().items()})
    model.step(batch, 3)
    other.step(batch, 3)
    assert not differing(weights(model), weights(other))


def test_half_precision_stays_near_full_precision(config: Config, batch: Batch) -> None:
    full, half = model_of(config), model_of(replace(config, precision="bfloat16"))
    assert half.step(batch, 9).loss.item() == pytest.approx(full.step(batch, 9).loss.item(), rel=0.02)
    assert {value.dtype for value in half.state_dict().values()} == {torch.float32}


def test_state_without_z_comes_from_the_prior(config: Config) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        z = model_of(config).begin(5000).z
    assert z.shape == (5000, 3)
    assert z.mean().abs() < 0.05
    assert z.std().item() == pytest.approx(1, abs=0.05)


def test_wild_codes_are_bounded_in_spread(config: Config, batch: Batch) -> None:
    model = model_of(config)
    with torch.no_grad():
        model.to_posterior.bias.fill_(1e6)
    assert (model.posterior(batch).logvar <= 4).all()


def test_model_that_spoke_and_then_learned_speaks_with_what_it_learned(config: Config, batch: Batch) -> None:
    model = model_of(config).eval()
    tokens, z = torch.tensor([BOS_ID, 7]), torch.ones(2, 3)
    with torch.no_grad():
        before, _ = model.advance(tokens, model.begin(2, z))
    for t in range(5):
        model.step(batch, t)
    with torch.no_grad():
        after, _ = model.advance(tokens, model.begin(2, z))
    copied = model_of(config).eval()
    copied.load_state_dict(model.state_dict())
    with torch.no_grad():
        expected, _ = copied.advance(tokens, copied.begin(2, z))
    torch.testing.assert_close(after, expected)
    assert not torch.equal(before, after)
