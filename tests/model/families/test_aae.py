"""The adversarial autoencoder: its losses against a slow computation, who learns from which, and what codes become."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from support import reference
from support.runs import follow
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from vae.cli import main
from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.data.batches import Batch, Sampler, Tokens
from vae.metrics import diagnosis, latent_use
from vae.model import interpolation, text_model
from vae.model.checkpoint import CheckpointError, load, loads
from vae.model.counter_rng import CounterRng
from vae.model.families.aae import AdversarialAutoencoder
from vae.model.families.interface import Posterior
from vae.model.families.registry import build
from vae.serving.jobs.service import Jobs
from vae.serving.limits import Limits
from vae.text.corpus import Corpus
from vae.training.events import Evaluated, Event, Finished, Progress, from_json, to_json
from vae.training.train import train

VOCABULARY = 40


@pytest.fixture
def sizes() -> Config:
    return Config(
        family="aae", embedding=8, encoder_hidden=9, hidden=10, latent=3, dropout=0.2, steps=100, learning_rate=0.01,
        precision="float32", autoencoder=0.2, warmup=0.4, adversarial=3.0, bag_of_words=0.5, encoder_noise=0.3,
    )  # fmt: skip


@pytest.fixture
def batch() -> Batch:
    return Tokens.of([[5, 6, 7, 5], [8], [], [39, 38, 37, 36, 35, 4]]).batch(range(4))


def model_of(config: Config) -> AdversarialAutoencoder:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = AdversarialAutoencoder(config, VOCABULARY)
        with torch.no_grad():
            model.bias.normal_()
            model.to_posterior.bias.normal_()
            model.critic[-1].bias.normal_()
        return model


def weights(model: AdversarialAutoencoder) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def differing(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def taken_for_a_draw(model: AdversarialAutoencoder, z: Tensor) -> float:
    """The probability that the critic gives a point, by hand. z: (D,)."""
    w = {name: value.double() for name, value in model.critic.state_dict().items()}
    x = z.double()
    for layer in (0, 2):
        x = w[f"{layer}.weight"] @ x + w[f"{layer}.bias"]
        x = torch.where(x > 0, x, 0.2 * x)
    return 1 / (1 + math.exp(-float(w["4.weight"] @ x + w["4.bias"])))


@torch.no_grad()
@pytest.mark.parametrize("t", [0, 19, 40, 99])
def test_losses_equal_a_slow_computation(sizes: Config, batch: Batch, t: int) -> None:
    model = model_of(sizes)
    losses = model.losses(batch, t)
    z, logvar = model.posterior(batch)
    assert (logvar == -12).all()
    pairs = list(zip(reference.sentences(batch), z, strict=True))
    nll = [reference.nll(model, *pair) for pair in pairs]
    assert losses.nll.tolist() == pytest.approx(nll, rel=1e-4)

    moments = kl_divergence(Normal(z.mean(0), z.std(0, correction=0)), Normal(0.0, 1.0))
    torch.testing.assert_close(losses.kl, moments.expand(4, -1), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(model.divergence(Posterior(z, logvar)), moments, atol=1e-5, rtol=1e-4)

    weight = 3.0 * min(1.0, max(0.0, t / 100 - 0.2) / 0.4)
    assert losses.beta == pytest.approx(weight)
    fooling = sum(-math.log(taken_for_a_draw(model, code)) for code in z) / 4
    bag = sum(reference.bag(model, *pair) for pair in pairs) / 4
    assert losses.loss.item() == pytest.approx(sum(nll) / 4 + weight * fooling + 0.5 * bag, rel=1e-4)


def test_critic_is_a_classifier_of_codes_and_draws_that_is_not_steep(sizes: Config, batch: Batch) -> None:
    model = model_of(replace(sizes, dropout=0.0, encoder_noise=0.0, word_dropout=0.0))
    losses = model.losses(batch, 50, CounterRng(1, 50, batch.rows))
    draws, codes = CounterRng(1, 50, batch.rows).normal(3), model.posterior(batch).mu.detach()
    wrong = [-math.log(taken_for_a_draw(model, z)) for z in draws]
    wrong += [-math.log(1 - taken_for_a_draw(model, z)) for z in codes]
    slopes, step = 0.0, 1e-3
    for z in draws.double():
        for d in range(3):
            ends = [taken_for_a_draw(model, z + sign * step * torch.eye(3)[d]) for sign in (1, -1)]
            slopes += ((math.log(ends[0] / (1 - ends[0])) - math.log(ends[1] / (1 - ends[1]))) / (2 * step)) ** 2
    assert losses.critic is not None
    assert losses.critic.item() == pytest.approx(sum(wrong) / 8 + slopes / 2 / 4, rel=1e-3)


def test_each_side_learns_from_its_own_loss_alone(sizes: Config, batch: Batch) -> None:
    model = model_of(sizes)
    critics = {name for name, _ in model.named_parameters() if name.startswith("critic")}
    losses = model.losses(batch, 90, CounterRng(1, 90, batch.rows))
    assert losses.critic is not None
    for loss, learns in ((losses.critic, critics), (losses.loss, set(dict(model.named_parameters())) - critics)):
        model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        reached = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
        assert reached == learns
    assert {id(p) for p in model.updaters["critic"].parameters} == {id(p) for p in model.critic.parameters()}
    assert len(model.updaters["all"].parameters) + len(critics) == len(list(model.parameters()))


def test_noise_changes_what_the_encoder_reads_and_not_what_is_to_be_said(sizes: Config, batch: Batch) -> None:
    clean = replace(sizes, dropout=0.0, word_dropout=0.0, encoder_noise=0.0)
    for noise, changes in ((0.0, False), (0.9, True)):
        model = model_of(replace(clean, encoder_noise=noise))
        told, silent = model.losses(batch, 90, CounterRng(1, 90, batch.rows)), model.losses(batch, 90)
        assert (not torch.equal(told.kl, silent.kl)) is changes
        read = torch.where(batch.tokens > 3, 1, batch.tokens)  # all words blanked
        if changes:
            model = model_of(replace(clean, encoder_noise=0.9))
            blanked = model.posterior(batch._replace(tokens=read)).mu[:2]  # nothing of so few words is left
            with torch.no_grad():
                nll = [reference.nll(model, x, z) for x, z in zip(reference.sentences(batch)[:2], blanked, strict=True)]
            assert told.nll[:2].tolist() == pytest.approx(nll, rel=1e-4)


def test_measuring_is_quiet_and_training_is_noisy(sizes: Config, batch: Batch) -> None:
    model = model_of(sizes)
    assert torch.equal(model.losses(batch, 5).loss, model.losses(batch, 5).loss)
    assert model.losses(batch, 5).critic is None
    assert len({model.losses(batch, 5, CounterRng(s, 5, batch.rows)).loss.item() for s in range(3)}) == 3


@pytest.mark.parametrize(
    "poisoned", ["bias", "to_posterior.weight", "critic.0.weight", "critic.4.bias", "decoder.features.bias"]
)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_step_that_is_not_finite_on_either_side_changes_neither(
    sizes: Config, batch: Batch, poisoned: str, value: float
) -> None:
    model = model_of(sizes)
    assert model.step(batch, 50).finite  # so that Adam has moments to lose
    moments = {name: moment.clone() for name, moment in model.optimiser_state().items()}
    with torch.no_grad():
        model.get_parameter(poisoned).view(-1)[-1] = value
    before = weights(model)
    assert not model.step(batch, 51).finite
    after = weights(model)
    assert all(torch.equal(before[name].nan_to_num(), after[name].nan_to_num()) for name in before)
    assert not differing(moments, model.optimiser_state())


def test_loaded_moments_of_both_sides_go_on_as_the_saved_ones(sizes: Config, batch: Batch) -> None:
    model, other = model_of(sizes), model_of(sizes)
    for t in range(3):
        model.step(batch, t)
    other.load_state_dict(model.state_dict())
    other.load_optimiser_state({name: value.clone() for name, value in model.optimiser_state().items()})
    assert {name.split(".")[0] for name in model.optimiser_state()} == {"all", "critic"}
    model.step(batch, 3)
    other.step(batch, 3)
    assert not differing(weights(model), weights(other))


def test_shares_of_a_step_add_up_to_the_whole(sizes: Config) -> None:
    rows = Tokens.of([[5, 6, 7, 5], [8], [9, 9], [39, 38, 37, 36, 35, 4]])
    model = model_of(sizes)
    whole = model.losses(rows.batch(range(4)), 60, CounterRng(1, 60, torch.arange(4)))
    parts = [rows.batch([i, i + 2], 4) for i in range(2)]
    shares = [model.losses(part, 60, CounterRng(1, 60, part.rows)) for part in parts]
    assert whole.critic is not None
    assert sum(share.loss.item() for share in shares) == pytest.approx(whole.loss.item(), rel=1e-5)
    critics = [share.critic.item() for share in shares if share.critic is not None]
    assert sum(critics) == pytest.approx(whole.critic.item(), rel=1e-5)


def distance_of_codes(adversarial: float) -> tuple[float, float]:
    """How far codes are from the prior after a short training, in nats; and the nll of a sentence."""
    config = Config(
        family="aae", embedding=16, encoder_hidden=16, hidden=32, latent=2, steps=300, learning_rate=0.003, batch=32,
        precision="float32", autoencoder=0.0, warmup=0.1, adversarial=adversarial, dropout=0.0, word_dropout=0.0,
        encoder_noise=0.1, bag_of_words=0.0,
    )  # fmt: skip
    tokens = Tokens.of([[4 + i, 12 + j, 20 + k] for i in range(8) for j in range(8) for k in range(8)])
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = build(config, VOCABULARY)
    sampler = Sampler(tokens, batch=config.batch, seed=1)
    for t in range(config.steps):
        losses = model.step(sampler.batch(t), t)
        assert losses.finite
    everything = tokens.batch(range(len(tokens)))
    with torch.no_grad():
        return model.divergence(model.posterior(everything)).sum().item(), model.losses(everything, 0).nll.mean().item()


def test_codes_approach_the_prior_because_of_the_critic() -> None:
    free, nll = distance_of_codes(0.0)
    held, nll_held = distance_of_codes(3.0)
    assert held < 0.5
    assert free > 5
    assert nll_held < nll + 1  # and they tell as much


@pytest.fixture(scope="module")
def settings(config: Config) -> Config:
    return replace(config, family="aae")


@pytest.fixture(scope="module")
def run(settings: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    folder = tmp_path_factory.mktemp("aae") / "run"
    return folder, list(train(settings, corpus, folder))


def test_run_resumed_is_as_if_it_never_was_interrupted(
    run: tuple[Path, list[Event]], settings: Config, corpus: Corpus, tmp_path: Path
) -> None:
    calls = iter(range(10**9))
    *_, paused = train(settings, corpus, tmp_path, control=lambda: "pause" if next(calls) >= 13 else "run")
    assert isinstance(paused, Finished)
    assert (paused.reason, paused.step) == ("paused", 13)
    *_, done = train(None, None, tmp_path, resume=True)
    assert isinstance(done, Finished)
    assert done.reason == "done"
    assert (tmp_path / "best.safetensors").read_bytes() == (run[0] / "best.safetensors").read_bytes()
    states = [load_file(folder / "state.safetensors") for folder in (tmp_path, run[0])]
    assert states[0].keys() == states[1].keys()
    assert not differing(*states)


def test_same_seed_gives_the_same_file_and_another_seed_another(
    run: tuple[Path, list[Event]], settings: Config, corpus: Corpus, tmp_path: Path
) -> None:
    model = (run[0] / "best.safetensors").read_bytes()
    for seed in (1, 2):
        list(train(replace(settings, seed=seed), corpus, tmp_path / str(seed)))
        assert ((tmp_path / str(seed) / "best.safetensors").read_bytes() == model) is (seed == 1)


def test_events_tell_of_codes_and_name_no_mutual_information(run: tuple[Path, list[Event]], settings: Config) -> None:
    for event in run[1]:
        assert from_json(to_json(event)) == event
        if isinstance(event, Evaluated):
            assert event.mutual_information is None
            assert event.latent == 4
            assert len(event.reconstructions) == 3
            assert event.verdict.startswith(
                ("Healthy: the codes", "Unsettled: the codes", "Weak: the codes", "There is too little", "Collapsed")
            )
        if isinstance(event, Progress):
            assert 0 <= event.beta <= settings.adversarial
            assert event.kl >= 0


def test_loaded_model_says_what_the_trained_one_says(run: tuple[Path, list[Event]], corpus: Corpus) -> None:
    checkpoint = load(run[0] / "best.safetensors")
    tm = checkpoint.text_model
    assert (checkpoint.config.family, len(checkpoint.info.kl), tm.spec.name) == ("aae", 4, "aae")
    saved = [event for event in run[1] if isinstance(event, Evaluated)][-1]
    assert [point.text for point in text_model.sample(tm, 3, prior="normal", seed=1)] == [
        said.text for said in saved.samples
    ]
    a, b = corpus.sentences[:2]
    assert len(interpolation.interpolate(tm, a, b, steps=5)) == 5
    assert text_model.reconstruct(tm, [a])[0].z == pytest.approx(interpolation.interpolate(tm, a, b)[0].z, abs=1e-4)
    use = latent_use.measure_latent_use(tm, corpus.sentences[:50])
    assert use.mutual_information is None
    mu = text_model.encode(tm, corpus.sentences[:50]).mu
    expected = kl_divergence(Normal(mu.mean(0), mu.std(0, correction=0)), Normal(0.0, 1.0))
    assert use.kl == pytest.approx(tuple(expected.tolist()), rel=1e-4)


def test_best_model_has_the_least_of_reconstruction_and_distance(settings: Config) -> None:
    model = build(settings, VOCABULARY)
    assert model.objective(20.0, (0.5, 0.25, 0.0, 0.0)) == 20.75


def test_fine_tuning_goes_on_from_a_model_of_the_family_alone(
    run: tuple[Path, list[Event]], model_path: Path, settings: Config, corpus: Corpus, tmp_path: Path
) -> None:
    tuned = [*train(settings, corpus, tmp_path / "tuned", start_from=run[0] / "best.safetensors")]
    first = next(event for event in tuned if isinstance(event, Evaluated))
    untrained = next(event for event in run[1] if isinstance(event, Evaluated))
    assert first.nll < untrained.nll - 1
    with pytest.raises(ValueError, match=r"of the family vae \(Variational autoencoder\).*one of the family aae"):
        next(train(settings, corpus, tmp_path / "other", start_from=model_path))


@pytest.mark.parametrize("family", ["aae", "lm"])
def test_worker_trains_a_model_of_the_family(settings: Config, corpus: Corpus, tmp_path: Path, family: str) -> None:
    jobs = Jobs(tmp_path, limits=Limits(slots=1))
    try:
        status, events = follow(jobs, "ada", jobs.submit("ada", replace(settings, family=family, steps=5), corpus))
    finally:
        jobs.close()
    assert (status.state, status.family) == ("done", family)
    assert any(isinstance(event, Evaluated) for event in events)
    assert status.model is not None
    assert load(status.model).config.family == family


def use_of(**changes: Any) -> latent_use.LatentUse:
    good = latent_use.LatentUse(
        nll=20.0, kl=(0.1, 0.2, 0.05, 0.05), mutual_information=None, mi_sentences=1000, active_units=4,
        latent_gain=9.0, sentences=500, spec=FAMILIES["aae"],
    )  # fmt: skip
    return replace(good, **changes)


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({}, "healthy", "Healthy: the codes lie like the bell curve (0.4 nats off), and the decoder listens to them."),
        ({"kl": (0.0,) * 4}, "healthy", "Healthy: the codes lie like the bell curve (0.0 nats off)"),
        ({"kl": (1.0,) * 4}, "weak", "Unsettled: the codes lie 4 nats off the bell curve"),
        ({"active_units": 1}, "weak", "Weak: the codes tell something, but little: 1 of 4 dimensions are in use."),
        ({"latent_gain": 2.0}, "weak", "Weak: the codes tell something, but little: another sentence's z costs"),
        ({"latent_gain": 0.1, "kl": (9.0,) * 4}, "collapsed", "Collapsed: the decoder does not listen to the codes"),
        ({"nll": math.nan}, "unknown", "The figures are not numbers."),
        ({"sentences": 5}, "unknown", "There is too little to tell"),
    ],
)
def test_verdict_speaks_of_codes_and_the_critic(changes: dict[str, Any], level: str, words: str) -> None:
    found = diagnosis.verdict(use_of(**changes))
    assert found.level == level
    text, advice = str(found.text), str(found.advice or "")
    assert text.startswith(words)
    assert not any(word in text + advice for word in ("free bits", "beta", "KL"))
    assert ("critic" in advice) is (level in ("weak", "collapsed"))


def test_family_that_does_not_exist_is_refused_in_a_model_file(run: tuple[Path, list[Event]]) -> None:
    data = (run[0] / "best.safetensors").read_bytes()
    with pytest.raises(CheckpointError, match="family is 'gan': it must be one of vae, lm, aae"):
        loads(data.replace(b'\\"family\\": \\"aae\\"', b'\\"family\\": \\"gan\\"'))
    with pytest.raises(CheckpointError, match="a checksum differs"):
        loads(data.replace(b'\\"family\\": \\"aae\\"', b'\\"family\\": \\"vae\\"'))


def test_commands_train_tune_and_speak(
    run: tuple[Path, list[Event]], model_path: Path, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, tuned, mine = tmp_path / "toy.txt", str(tmp_path / "tuned.safetensors"), str(run[0] / "best.safetensors")
    text.write_text("\n".join(corpus.sentences), encoding="utf-8")
    brief = ["--steps", "3", "--threads", "1", "--precision", "float32"]
    assert main.main(["train", str(text), "--output", tuned, "--from", mine, *brief]) == 0
    assert load(tuned).config.family == "aae"  # as the model that it began with
    assert "distance from the prior" in capsys.readouterr().err
    assert main.main(["interpolate", tuned, *corpus.sentences[:2], "--steps", "4"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert main.main(["sample", tuned, "-n", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main.main(["train", str(text), "--output", tuned, "--from", str(model_path), "--family", "aae", *brief]) == 2
    assert "error: the model to start from is of the family vae" in capsys.readouterr().err


def test_single_sentence_has_a_finite_distance(sizes: Config) -> None:
    model = model_of(sizes)
    one = Tokens.of([[5, 6]]).batch([0])
    assert model.losses(one, 50).kl.isfinite().all()
    assert model.step(one, 50).finite
