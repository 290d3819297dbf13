"""The setting of published text VAEs: tables of their own, first weights, plain SGD, free bits of each sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from vae.config.config import Config
from vae.config.presets import PUBLISHED
from vae.data.batches import Batch, Tokens
from vae.model.counter_rng import CounterRng
from vae.model.families.registry import build
from vae.model.families.vae import SentenceVAE

VOCABULARY = 40


@pytest.fixture
def config() -> Config:
    return replace(
        PUBLISHED.config, embedding=8, encoder_hidden=9, hidden=11, latent=3, precision="float32", steps=100,
        warmup=0.0,
    )  # fmt: skip


@pytest.fixture
def batch() -> Batch:
    return Tokens.of([[5, 6, 7, 5], [8, 9, 10, 11], [39, 38, 37, 36]]).batch(range(3))


def model_of(config: Config) -> SentenceVAE:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = build(config, VOCABULARY)
    assert isinstance(model, SentenceVAE)
    return model


@pytest.mark.parametrize("z_to", ["state+inputs", "state+inputs+output"])
def test_a_token_at_a_time_gives_what_all_at_once_give(config: Config, batch: Batch, z_to: str) -> None:
    model = model_of(replace(config, z_to=z_to, initial_weights="scaled", bag_of_words=0.1))
    with torch.no_grad():
        z = model.posterior(batch).mu
        at_once = model.losses(batch, 99).nll
        torch.testing.assert_close(model.nll(batch, z), at_once)
        logits = model.logits(batch, z).log_softmax(-1).gather(2, batch.tokens[..., None])[..., 0].sum(1)
        torch.testing.assert_close(-logits, at_once, rtol=0.05, atol=0.5)  # it leaves out the marks
        state, total = model.begin(3, z), torch.zeros(3)
        for seen, said in zip(batch.inputs.unbind(1), batch.tokens.unbind(1), strict=True):
            step, state = model.advance(seen, state)
            total -= step.log_softmax(-1)[torch.arange(3), said]
    torch.testing.assert_close(total, at_once, rtol=0.05, atol=0.5)


def test_output_of_its_own_says_known_pieces_alone_and_learns_from_all(config: Config, batch: Batch) -> None:
    model = model_of(replace(config, initial_weights="scaled"))
    known = np.arange(VOCABULARY) % 2 == 1
    with torch.no_grad():
        z = model.posterior(batch).mu
        before = model.nll(batch, z), model.losses(batch, 99).nll
        model.say_only(known)
        step, _ = model.advance(batch.inputs[:, 0], model.begin(3, z))
        for logits in (step, model.logits(batch, z)[:, 0]):
            assert np.flatnonzero(logits[0].isfinite()).tolist() == [*range(3, VOCABULARY, 2)]
        assert all(
            torch.equal(*pair) for pair in zip(before, (model.nll(batch, z), model.losses(batch, 99).nll), strict=True)
        )
    assert model.state_dict().keys() == model_of(config).state_dict().keys()  # the mask is the tokenizer's


def test_first_weights_lie_within_their_ranges_and_follow_from_the_seed(config: Config) -> None:
    model, again = model_of(config), model_of(config)
    for name, value in model.state_dict().items():
        most = 0.1 if "embedding" in name else 0.01
        assert 0 < float(value.abs().max()) <= most, name
        assert value.numel() < 100 or float(value.abs().max()) > 0.9 * most, name
        assert torch.equal(value, again.state_dict()[name])
    assert not any("bias" in name for name in model.state_dict() if "." not in name)  # the output has none


def test_sgd_takes_the_clipped_gradient_at_its_rate_and_refuses_what_is_not_finite(
    config: Config, batch: Batch
) -> None:
    model = model_of(replace(config, clip=0.01, learning_rate=2.0))
    model.halve_learning_rate(1)
    before = {name: value.clone() for name, value in model.named_parameters()}
    assert model.step(batch, 3).finite
    gradients = {name: value.grad for name, value in model.named_parameters() if value.grad is not None}
    norm = sum(float(gradient.square().sum()) for gradient in gradients.values()) ** 0.5
    assert norm == pytest.approx(0.01, rel=1e-3)  # clipped in place
    for name, gradient in gradients.items():
        torch.testing.assert_close(model.get_parameter(name), before[name] - gradient)  # 2 halved once
    with torch.no_grad():
        model.output_table[7] = torch.nan
    before = {name: value.clone() for name, value in model.named_parameters()}
    assert not model.step(batch, 4).finite
    assert all(torch.equal(value.nan_to_num(), before[name].nan_to_num()) for name, value in model.named_parameters())


def test_encoder_reads_whole_sentences_and_the_decoder_never_the_same_words(config: Config, batch: Batch) -> None:
    model = model_of(config)
    x, _, _ = model.embed_inputs(batch, CounterRng(1, 1, batch.rows))
    assert torch.equal(x, model.embed_for_encoder(batch.tokens))
    assert {name.split(".")[0] for name, value in model.named_parameters() if value.shape[0] == VOCABULARY} == {
        "embedding", "encoder_embedding", "output",
    }  # fmt: skip


def test_free_bits_of_each_sentence_cost_as_much_as_they(config: Config, batch: Batch) -> None:
    model = model_of(replace(config, free_bits=1.2, beta=0.7, initial_weights="scaled"))
    with torch.no_grad():
        model.to_posterior.weight.mul_(30)  # codes that differ
    losses = model.losses(batch, 50)
    expected = losses.nll.mean() + 0.7 * losses.kl.clamp(min=1.2).sum(1).mean()
    assert 0 < int((losses.kl < 1.2).sum()) < losses.kl.numel()
    torch.testing.assert_close(losses.loss, expected)
