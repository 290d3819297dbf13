"""Each recipe against posterior collapse does what its source says: a test fails when its line is gone."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from vae.config.config import Config
from vae.data.batches import Batch, Tokens
from vae.model import checkpoint, gaussian, text_model
from vae.model.counter_rng import CounterRng
from vae.model.families.vae import SentenceVAE
from vae.model.layers.corruption import corrupt
from vae.text.corpus import Corpus
from vae.text.tokenizer import BOS_ID, EOS_ID, UNK_ID
from vae.training.plan import resolve_config
from vae.training.train import train

VOCABULARY = 40
KINDS = ("blank", "drop", "substitute", "shuffle")


@pytest.fixture
def bare() -> Config:
    """A tiny model without any recipe, beta 1 from the start."""
    return Config(
        embedding=8, encoder_hidden=9, hidden=10, latent=3, dropout=0.0, steps=100, learning_rate=0.01,
        precision="float32", autoencoder=0.0, warmup=0.0, free_bits=0.0, bag_of_words=0.0, word_dropout=0.0,
        encoder_noise=0.0,
    )  # fmt: skip


@pytest.fixture
def batch() -> Batch:
    return Tokens.of([[5, 6, 7, 5], [8], [9, 10, 11], [39, 38, 37, 36, 35, 4]]).batch(range(4))


def model_of(config: Config) -> SentenceVAE:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = SentenceVAE(config, VOCABULARY)
        with torch.no_grad():
            model.bias.normal_()
            model.to_posterior.bias.normal_()
            model.to_posterior.weight[: config.latent].mul_(30)  # codes that differ
        return model.train()


def deaf(model: SentenceVAE) -> SentenceVAE:
    """The same, of a decoder to which z is nothing."""
    with torch.no_grad():
        model.decoder.first.weight.zero_()
        model.decoder.lstm.weight_ih_l0[:, 8:].zero_()
        model.decoder.features.weight[:, 10:].zero_()
    return model


def weights(model: SentenceVAE) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(before: dict[str, Tensor], model: SentenceVAE) -> set[str]:
    return {name for name, value in model.state_dict().items() if not torch.equal(before[name], value)}


def noise_of(batch: Batch, t: int = 0) -> CounterRng:
    return CounterRng(1, t, batch.rows)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("constant", [0, 0, 2, 2, 2, 2, 2, 2, 2, 2]),
        ("linear", [0, 0, 0, 0.5, 1, 1.5, 2, 2, 2, 2]),
        ("logistic", [0, 0, 0, 0.09, 1, 1.91, 2, 2, 2, 2]),
        ("cyclical", [0, 0, 0, 2, 0, 2, 2, 2, 2, 2]),
    ],
)
def test_beta_schedule_weighs_the_kl(bare: Config, batch: Batch, kind: str, expected: list[float]) -> None:
    config = replace(bare, beta=2.0, autoencoder=0.2, warmup=0.4, beta_schedule=kind, cycles=2)
    model = model_of(config)
    for turn, beta in enumerate(expected):
        losses = model.losses(batch, 10 * turn)
        assert losses.beta == pytest.approx(beta, abs=0.02)
        expected_loss = (losses.nll.sum() + losses.beta * losses.kl.sum()).item() / 4
        assert losses.loss.item() == pytest.approx(expected_loss, rel=1e-5)


def test_free_bits_are_those_of_each_dimension_or_of_all_together(bare: Config, batch: Batch) -> None:
    costs = {}
    for on in ("dimension", "sentence"):
        model = model_of(replace(bare, free_bits=3.0, free_bits_on=on))
        with torch.no_grad():
            losses = model.losses(batch, 0)
        costs[on] = losses.loss.item() - losses.nll.mean().item()
        kl = losses.kl.mean(0).tolist()
        assert max(kl) > 3 > min(kl)  # so that the two differ
        assert model.objective(7.0, kl) == pytest.approx(7 + costs[on], rel=1e-5)
    assert costs["dimension"] == pytest.approx(sum(max(3.0, k) for k in kl), rel=1e-4)
    assert costs["sentence"] == pytest.approx(max(9.0, sum(kl)), rel=1e-4)


def test_free_bits_on_the_sentence_leave_all_alone_below_the_target(bare: Config, batch: Batch) -> None:
    gradients = {}
    for free_bits in (0.0, 4.0):
        for beta in (0.0, 1.0):
            model = model_of(replace(bare, free_bits=free_bits, free_bits_on="sentence", beta=beta))
            (gradients[free_bits, beta],) = torch.autograd.grad(model.losses(batch, 0).loss, model.to_posterior.weight)
    assert torch.equal(gradients[4.0, 0.0], gradients[4.0, 1.0])
    assert not torch.equal(gradients[0.0, 0.0], gradients[0.0, 1.0])


def kl_of(model: SentenceVAE, tokens: Tensor, lengths: Tensor) -> Tensor:
    return gaussian.kl_to_prior(*model.posterior(Batch(tokens, lengths, torch.arange(len(tokens)), len(tokens))))


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_encoder_reads_with_noise_and_the_decoder_is_to_say_the_sentence(bare: Config, batch: Batch, kind: str) -> None:
    config = replace(bare, encoder_noise=0.6, noise_kind=kind)
    model = model_of(config)
    losses = model.losses(batch, 0, noise_of(batch))
    read, lengths = corrupt(batch.tokens, batch.lengths, kind, 0.6, VOCABULARY, noise_of(batch))
    assert not torch.equal(read, batch.tokens)
    torch.testing.assert_close(losses.kl, kl_of(model, read, lengths))
    torch.testing.assert_close(model.losses(batch, 0).kl, kl_of(model, batch.tokens, batch.lengths))


def corrupted(kind: str, p: float = 0.5) -> tuple[Tensor, Tensor, Tensor]:
    """2,000 sentences of 1 to 12 different words, and what noise makes of them: rows before, after, and lengths."""
    rows = [list(range(4, 4 + 1 + i % 12)) for i in range(2000)]
    batch = Tokens.of(rows).batch(range(2000))
    ids, lengths = corrupt(batch.tokens, batch.lengths, kind, p, VOCABULARY, noise_of(batch))
    places = torch.arange(ids.shape[1])
    assert torch.equal(ids == EOS_ID, places == lengths[:, None] - 1)  # one end mark, the last of all
    assert (ids[places >= lengths[:, None]] == 0).all()
    assert (ids[places < lengths[:, None] - 1] != 0).all()
    return batch.tokens, ids, lengths


def test_dropped_words_are_gone_and_the_others_keep_their_order() -> None:
    before, after, lengths = corrupted("drop", 0.3)
    rows = [[i for i in row if i > EOS_ID] for row in after.tolist()]
    assert [len(row) + 1 for row in rows] == lengths.tolist()
    assert all(row == sorted(set(row)) for row in rows)
    words = int((before > EOS_ID).sum())
    assert sum(map(len, rows)) / words == pytest.approx(0.7, abs=0.02)


def test_substituted_words_are_any_of_the_vocabulary() -> None:
    before, after, _ = corrupted("substitute", 0.3)
    words = before > EOS_ID
    differ = (before != after)[words]
    assert differ.float().mean().item() == pytest.approx(0.3 * (1 - 1 / 36), abs=0.02)
    assert set(after[words][differ].tolist()) == set(range(4, VOCABULARY))


def test_shuffled_words_stay_near_their_places() -> None:
    before, after, _ = corrupted("shuffle")
    assert torch.equal(after.sort(1).values, before.sort(1).values)
    moved = (after - before)[after > EOS_ID]  # a word's id tells its place
    assert moved.abs().max() == 3
    assert 0.3 < (moved != 0).float().mean() < 0.9


def test_noise_of_a_sentence_does_not_hang_on_its_batch() -> None:
    batch = Tokens.of([[5, 6, 7, 8, 9, 10], [11, 12, 13, 14, 15, 16, 17, 18, 19]]).batch(range(2))
    for kind in KINDS:
        both, lengths = corrupt(batch.tokens, batch.lengths, kind, 0.5, VOCABULARY, noise_of(batch))
        one, length = corrupt(
            batch.tokens[:1, :7], batch.lengths[:1], kind, 0.5, VOCABULARY, CounterRng(1, 0, batch.rows[:1])
        )
        assert torch.equal(one[0], both[0, :7])
        assert length[0] == lengths[0]


@torch.no_grad()
def test_word_dropout_takes_the_words_from_the_decoder_and_nothing_else(bare: Config, batch: Batch) -> None:
    model = deaf(model_of(replace(bare, word_dropout=1.0)))
    losses = model.losses(batch, 0, noise_of(batch))
    blanked = torch.where(batch.inputs > EOS_ID, UNK_ID, batch.inputs)
    assert (blanked[:, 0] == BOS_ID).all()
    features = model.decoder(model.embedding(blanked), torch.zeros(4, 3))
    log_p = (features @ model.embedding.weight.T + model.bias).log_softmax(-1)
    expected = -(log_p.gather(2, batch.tokens[..., None])[..., 0] * batch.mask).sum(1)
    torch.testing.assert_close(losses.nll, expected)
    torch.testing.assert_close(losses.kl, kl_of(model, batch.tokens, batch.lengths))


def test_bag_of_words_teaches_z_where_the_decoder_is_deaf_to_it(bare: Config, batch: Batch) -> None:
    gradients = {}
    for weight in (0.0, 1.0):
        model = deaf(model_of(replace(bare, bag_of_words=weight, beta=0.0)))
        (gradients[weight],) = torch.autograd.grad(model.losses(batch, 0).loss, model.to_posterior.weight)
    assert not gradients[0.0].any()
    assert gradients[1.0].any()


@torch.no_grad()
def test_normalised_codes_have_the_given_spread_in_each_batch(bare: Config, batch: Batch) -> None:
    model = model_of(replace(bare, batch_norm=0.6))
    assert model.norm is not None
    model.norm.centre.copy_(torch.tensor([1.0, 0.0, -2.0]))
    x = model.embedding(batch.tokens)
    mu, logvar = model._posterior(x, batch.lengths, batch.global_size)
    torch.testing.assert_close(mu.mean(0), model.norm.centre)
    torch.testing.assert_close(mu.var(0, correction=0), torch.full((3,), 0.36), rtol=0.01, atol=0)
    kl = model.losses(batch, 0, noise_of(batch)).kl
    torch.testing.assert_close(kl, gaussian.kl_to_prior(mu, logvar))
    assert (kl.mean(0) >= 0.18 * 0.99).all()  # as promised: half the spread's square


def test_moments_of_late_batches_serve_outside_of_training(bare: Config, batch: Batch) -> None:
    model = model_of(replace(bare, batch_norm=0.6, learning_rate=1e-6))
    assert model.norm is not None
    for t in range(60):
        model.step(batch, t)
    with torch.no_grad():
        one = [slice(row, row + 1) for row in range(4)]
        alone = [model.posterior(Batch(batch.tokens[i], batch.lengths[i], batch.rows[i], 1)).mu for i in one]
        together = model._posterior(model.embedding(batch.tokens), batch.lengths, 4).mu
    torch.testing.assert_close(torch.cat(alone), together, atol=0.05, rtol=0)
    assert "norm.moments" in model.state_dict()


def test_step_that_is_not_finite_leaves_the_moments(bare: Config, batch: Batch) -> None:
    model = model_of(replace(bare, batch_norm=0.6))
    model.step(batch, 0)
    with torch.no_grad():
        model.embedding.weight[5] = math.nan
    assert model.norm is not None
    before = model.norm.moments.clone()
    assert not model.step(batch, 1).finite
    assert torch.equal(model.norm.moments, before)


def test_decoder_is_reset_when_the_autoencoder_phase_ends(bare: Config, batch: Batch) -> None:
    config = replace(bare, autoencoder=0.2, decoder_reset=True, learning_rate=1e-6)
    model, other = model_of(config), model_of(replace(config, decoder_reset=False))
    for t in range(20):
        model.step(batch, t)
        other.step(batch, t)
    assert not changed(weights(other), model)
    before = weights(model)
    model.step(batch, 20)
    far = {name for name, value in model.state_dict().items() if (value - before[name]).abs().max() > 1e-3}
    assert far == {name for name in before if name.startswith("decoder.")}
    moments = model.updaters["all"].moments
    assert {float(moments[p]["step"]) for p in model.decoder.parameters()} == {1.0}
    assert float(moments[model.embedding.weight]["step"]) == 21.0
    before = weights(model)
    model.step(batch, 21)
    assert max(float((value - before[name]).abs().max()) for name, value in model.state_dict().items()) < 1e-3


def test_new_decoder_follows_from_the_seed_alone(bare: Config, batch: Batch) -> None:
    config = replace(bare, autoencoder=0.2, decoder_reset=True)
    first, again, other = model_of(config), model_of(config), model_of(replace(config, seed=2))
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    for model in (first, again, other):
        model.step(batch, 20)
        assert torch.equal(torch.random.get_rng_state(), state)
        torch.rand(3) if model is not other else None
        state = torch.random.get_rng_state()
    assert not changed(weights(first), again)
    assert changed(weights(first), other) >= {"decoder.lstm.weight_hh_l0"}


def test_fine_tuning_resets_no_decoder(bare: Config, batch: Batch) -> None:
    config = replace(bare, autoencoder=0.3, warmup=0.3, decoder_reset=True, learning_rate=2e-6)
    model = model_of(resolve_config(config, config, 1))
    before = weights(model)
    for t in range(4):
        model.step(batch, t)
    assert max(float((value - before[name]).abs().max()) for name, value in model.state_dict().items()) < 1e-3


def test_encoder_alone_learns_first_while_it_lags(bare: Config, batch: Batch) -> None:
    config = replace(bare, aggressive=3)
    model, before = model_of(config), weights(model_of(config))
    model._train_encoder(batch, 0)
    encoders = {name for name in before if name.startswith(("encoder.", "to_posterior."))}
    assert changed(before, model) == encoders
    assert {float(model.encoder_updater.moments[p]["step"]) for p in model.encoder.parameters()} == {3.0}
    for t in range(4):
        model.encoder_updater.active = t < 2
        model.step(batch, t)
    assert {float(model.encoder_updater.moments[p]["step"]) for p in model.encoder.parameters()} == {9.0}


def test_aggressive_updates_wait_for_the_kl(bare: Config, batch: Batch) -> None:
    model = model_of(replace(bare, aggressive=3, autoencoder=0.5))
    model.step(batch, 10)
    assert not model.encoder_updater.moments
    model.step(batch, 50)
    assert model.encoder_updater.moments


def test_step_can_be_timed_before_the_length_is_known(bare: Config, batch: Batch) -> None:
    model = model_of(replace(bare, steps=0, aggressive=2, decoder_reset=True, autoencoder=0.1, batch_norm=0.6))
    assert model.step(batch, 0).finite
    model.config = replace(model.config, autoencoder=0.0)
    assert model.step(batch, 0).finite


def test_aggressive_updates_end_when_the_information_stops_rising(bare: Config) -> None:
    encoder_updater = model_of(replace(bare, aggressive=1)).encoder_updater  # a window is two steps long
    told = [1.0, 1.2, 1.1, 1.3, 1.0, 1.2]
    active = []
    for t, information in enumerate(told):
        encoder_updater.observe(torch.tensor(information), t)
        active.append(encoder_updater.active)
    assert active == [True, True, True, True, True, False]


def test_information_of_a_batch_is_that_of_its_codes() -> None:
    mu = torch.tensor([[0.0], [100.0], [200.0], [300.0]])
    same, apart = torch.zeros(4, 1), mu + 0.5
    assert gaussian.mutual_information(apart, mu, torch.zeros(4, 1)).item() == pytest.approx(math.log(4), abs=1e-4)
    assert gaussian.mutual_information(same, same, torch.zeros(4, 1)).item() == pytest.approx(0, abs=1e-6)


def drawn_by_hand(model: SentenceVAE, z: Tensor, uniforms: Tensor, temperature: float) -> list[list[int]]:
    """A sentence for each z, a token at a time, each where the probabilities added up pass its number."""
    sentences = []
    for row in range(len(z)):
        state, token, said = model.begin(1, z[row : row + 1]), BOS_ID, list[int]()
        for turn in range(uniforms.shape[1]):
            logits, state = model.advance(torch.tensor([token]), state)
            logits[:, :EOS_ID] = -math.inf
            passed = (logits / temperature).softmax(-1)[0].cumsum(0)
            token = int((passed <= uniforms[row, turn] * passed[-1]).sum())
            if token == EOS_ID:
                break
            said.append(token)
        sentences.append(said)
    return sentences


def test_encoder_alone_learns_last_from_whole_sentences_and_the_means_of_its_codes(bare: Config, batch: Batch) -> None:
    config = replace(bare, encoder_last=0.5, encoder_noise=0.5, word_dropout=0.5, dropout=0.5)
    model = model_of(config)
    before = weights(model)
    model.step(batch, 49)
    assert "decoder.lstm.weight_hh_l0" in changed(before, model)
    before = weights(model)
    expected = model.losses(batch, 50)
    assert model.step(batch, 50).loss.item() == pytest.approx(expected.loss.item(), rel=1e-6)
    encoders = {name for name in before if name.startswith(("encoder.", "to_posterior."))}
    assert changed(before, model) == encoders
    losses = [model.step(batch, t).nll.mean().item() for t in range(51, 100)]
    assert losses[-1] < expected.nll.mean().item()
    assert changed(before, model) == encoders


def test_rate_of_the_encoder_alone_falls_anew(bare: Config, batch: Batch) -> None:
    model, rates = model_of(replace(bare, encoder_last=0.5)), dict[int, float]()
    for t in (2, 49, 50, 51, 75, 99):
        model.step(batch, t)
        rates[t] = model.updaters["all" if t < 50 else "last"].rate
    assert rates[49] < rates[2] == pytest.approx(0.01)
    assert rates[50] < rates[51] == pytest.approx(0.005)  # half of it, after a short rise
    assert rates[51] > rates[75] > rates[99]


def test_model_to_go_on_with_can_have_its_encoder_trained_alone(bare: Config, batch: Batch) -> None:
    config = replace(bare, encoder_last=1.0, autoencoder=0.1, warmup=0.3)
    model = model_of(resolve_config(config, config, 1))
    before = weights(model)
    for t in range(3):
        assert model.step(batch, t).beta == 1.0
    assert changed(before, model) == {name for name in before if name.startswith(("encoder.", "to_posterior."))}


ALL: dict[str, object] = {
    "batch_norm": 0.6, "decoder_reset": True, "aggressive": 2, "noise_kind": "drop", "pooling": "attention",
    "z_to": "inputs", "layer_norm": True, "free_bits_on": "sentence", "beta_schedule": "cyclical", "encoder_last": 0.2,
}  # fmt: skip


@pytest.fixture(scope="module")
def all_on(config: Config) -> Config:
    return Config.from_dict({**config.to_dict(), **ALL, "autoencoder": 0.4, "warmup": 0.4, "steps": 20})


@pytest.fixture(scope="module")
def whole(all_on: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipes") / "run"
    list(train(all_on, corpus, folder))
    return folder


# before the reset, behind it, while the encoder leads, and while it learns alone
@pytest.mark.parametrize("first", [8, 9, 13, 17])
def test_run_with_all_recipes_resumed_is_as_if_it_never_stopped(
    whole: Path, all_on: Config, corpus: Corpus, tmp_path: Path, first: int
) -> None:
    turns = iter(range(10**9))
    control: Callable[[], str] = lambda: "pause" if next(turns) == first else "run"  # noqa: E731
    list(train(all_on, corpus, tmp_path, control=control))
    list(train(None, None, tmp_path, resume=True))
    resumed, expected = (load_file(folder / "state.safetensors") for folder in (tmp_path, whole))
    assert resumed.keys() == expected.keys()
    assert "adam.encoder.going" in expected
    assert all(torch.equal(value, expected[name]) for name, value in resumed.items())


def test_model_with_all_recipes_survives_its_file_and_is_fine_tuned(
    whole: Path, config: Config, corpus: Corpus, tmp_path: Path
) -> None:
    model = checkpoint.load(whole / "best.safetensors")
    assert {name: getattr(model.config, name) for name in ALL} == ALL
    assert len(text_model.sample(model.text_model, 3)) == 3
    list(train(replace(config, steps=3), corpus, tmp_path, start_from=whole / "best.safetensors"))
    tuned = checkpoint.load(tmp_path / "best.safetensors").config
    assert (tuned.pooling, tuned.z_to, tuned.batch_norm) == ("attention", "inputs", 0.6)
