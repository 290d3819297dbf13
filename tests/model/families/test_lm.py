"""The language model: its probabilities are exact, what it says follows them, what it lacks is told in a sentence."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from support import reference
from torch import Tensor

from vae.cli import main
from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.data.batches import Batch, Tokens
from vae.metrics import likelihood
from vae.model import text_model
from vae.model.checkpoint import load
from vae.model.counter_rng import CounterRng
from vae.model.families.lm import LanguageModel
from vae.model.generation import generate
from vae.text.corpus import Corpus
from vae.text.tokenizer import EOS_ID
from vae.training.events import Evaluated, Event, Finished, Progress, from_json, to_json
from vae.training.train import train

VOCABULARY = 40


@pytest.fixture
def sizes() -> Config:
    return Config(
        family="lm", embedding=8, hidden=10, dropout=0.2, steps=100, learning_rate=0.01, precision="float32"
    )  # fmt: skip


@pytest.fixture
def batch() -> Batch:
    return Tokens.of([[5, 6, 7, 5], [8], [], [39, 38, 37, 36, 35, 4]]).batch(range(4))


def model_of(config: Config, vocabulary: int = VOCABULARY) -> LanguageModel:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = LanguageModel(config, vocabulary)
        with torch.no_grad():
            model.bias.normal_()
            for parameter in model.decoder.first.parameters():
                parameter.normal_()
        return model


@torch.no_grad()
def test_loss_is_the_nll_of_a_slow_loop_over_tokens(sizes: Config, batch: Batch) -> None:
    model, nowhere = model_of(sizes), torch.empty(4, 0)
    nll = [reference.nll(model, sentence, torch.empty(0)) for sentence in reference.sentences(batch)]
    losses = model.losses(batch, 50)
    assert losses.nll.tolist() == pytest.approx(nll, rel=1e-4)
    assert losses.loss.item() == pytest.approx(sum(nll) / 4, rel=1e-4)
    assert model.nll(batch, nowhere).tolist() == pytest.approx(nll, rel=1e-4)
    assert (losses.kl.shape, losses.beta) == ((4, 0), 0.0)
    assert [tuple(part.shape) for part in model.posterior(batch)] == [(4, 0)] * 2


@torch.no_grad()
def test_bound_on_the_nll_is_the_nll_whatever_the_number_of_draws(sizes: Config, run: Path) -> None:
    tm = load(run / "best.safetensors").text_model
    sentences = ["the cat sees a letter.", "a dog", ""]
    model = tm.model
    assert isinstance(model, LanguageModel)
    exact = [reference.nll(model, ids, torch.empty(0)) for ids in tm.tokenizer.encode(sentences)]
    for samples in (1, 7):
        assert likelihood.nll_iw(tm, sentences, samples=samples).tolist() == pytest.approx(exact, rel=1e-4)


def of_two_words(end: float) -> tuple[LanguageModel, Callable[[list[list[int]]], Tensor]]:
    """A model of two words, next to never another mark, whose sentences are as short as `end` makes them; and the
    probabilities that it gives to sentences."""
    model = model_of(Config(family="lm", embedding=8, hidden=10), 6).eval()
    with torch.no_grad():
        model.embedding.weight.normal_(std=0.5, generator=torch.Generator().manual_seed(2))
        model.bias.copy_(torch.tensor([-60.0, -60.0, -60.0, end, 0.3, -0.4]))

    def probabilities(sentences: list[list[int]]) -> Tensor:
        batch = Tokens.of(sentences).batch(range(len(sentences)))
        return (-model.nll(batch, torch.empty(len(sentences), 0))).double().exp()

    return model, probabilities


def of_length(n: int) -> list[list[int]]:
    return [list(words) for words in itertools.product((4, 5), repeat=n)]


def test_probabilities_of_all_short_sentences_add_up_to_nearly_one_and_never_more() -> None:
    _, probabilities = of_two_words(end=2.0)
    sums = list(itertools.accumulate(probabilities(of_length(n)).sum().item() for n in range(9)))
    assert sums == sorted(sums)
    assert 0.999 < sums[-1] <= 1 + 1e-6
    assert sums[0] < 0.9


def test_what_is_drawn_is_as_frequent_as_it_is_likely() -> None:
    model, probabilities = of_two_words(end=1.0)
    n = 20_000
    with torch.inference_mode():
        drawn = generate(
            model, model.begin(n), n, max_tokens=12, temperature=1.0, generator=torch.Generator().manual_seed(1)
        )
    counts = Counter(map(tuple, drawn))
    sentences = [words for length in range(4) for words in of_length(length)]
    expected = probabilities(sentences).tolist()
    assert max(expected) < 0.9
    for words, p in zip(sentences, expected, strict=True):
        assert abs(counts[tuple(words)] - n * p) < 4 * math.sqrt(n * p * (1 - p)) + 1, words


def test_no_word_before_the_next_one_is_ever_blanked(sizes: Config, batch: Batch) -> None:
    losses = [
        model_of(replace(sizes, word_dropout=p, dropout=0.0)).losses(batch, 5, CounterRng(1, 5, batch.rows)).loss.item()
        for p in (0.0, 0.9)
    ]
    assert losses[0] == losses[1] == model_of(sizes).losses(batch, 5).loss.item()


def test_dropout_is_for_learning_alone(sizes: Config, batch: Batch) -> None:
    model = model_of(sizes)
    assert len({model.losses(batch, 5, CounterRng(s, 5, batch.rows)).loss.item() for s in range(3)}) == 3
    assert model.losses(batch, 5).loss.item() == model.losses(batch, 6).loss.item()


def test_gradient_reaches_every_parameter(sizes: Config, batch: Batch) -> None:
    model = model_of(sizes)
    model.losses(batch, 90, CounterRng(1, 90, batch.rows)).loss.backward()  # type: ignore[no-untyped-call]
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_reading_and_writing_share_one_table(sizes: Config) -> None:
    tables = [name for name, value in model_of(sizes, 77).state_dict().items() if 77 in value.shape]
    assert tables == ["bias", "embedding.weight"]


@pytest.fixture(scope="module")
def settings(config: Config) -> Config:
    return replace(config, family="lm")


@pytest.fixture(scope="module")
def told(settings: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    folder = tmp_path_factory.mktemp("lm") / "run"
    return folder, list(train(settings, corpus, folder))


@pytest.fixture(scope="module")
def run(told: tuple[Path, list[Event]]) -> Path:
    return told[0]


def test_run_resumed_is_as_if_it_never_was_interrupted(
    run: Path, settings: Config, corpus: Corpus, tmp_path: Path
) -> None:
    calls = iter(range(10**9))
    *_, paused = train(settings, corpus, tmp_path, control=lambda: "pause" if next(calls) >= 13 else "run")
    assert isinstance(paused, Finished)
    assert (paused.reason, paused.step) == ("paused", 13)
    *_, done = train(None, None, tmp_path, resume=True)
    assert isinstance(done, Finished)
    assert done.reason == "done"
    assert (tmp_path / "best.safetensors").read_bytes() == (run / "best.safetensors").read_bytes()
    states = [load_file(folder / "state.safetensors") for folder in (tmp_path, run)]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_same_seed_gives_the_same_file_and_another_seed_another(
    run: Path, settings: Config, corpus: Corpus, tmp_path: Path
) -> None:
    for seed in (1, 2):
        list(train(replace(settings, seed=seed), corpus, tmp_path / str(seed)))
        again = (tmp_path / str(seed) / "best.safetensors").read_bytes()
        assert (again == (run / "best.safetensors").read_bytes()) is (seed == 1)


def test_events_tell_of_words_and_of_no_space(told: tuple[Path, list[Event]]) -> None:
    for event in told[1]:
        assert from_json(to_json(event)) == event
        if isinstance(event, Evaluated):
            assert (event.latent, event.kl, event.active_units, event.reconstructions) == (0, 0, 0, ())
            assert (event.level, event.advice) == ("unknown", "")
            assert "no latent space" in event.verdict
            assert [said.z for said in event.samples] == [()] * 3
        if isinstance(event, Progress):
            assert (event.kl, event.beta) == (0, 0)
            assert event.loss == pytest.approx(event.nll, rel=1e-5)
    nll = [event.nll for event in told[1] if isinstance(event, Evaluated)]
    assert nll[-1] < nll[0] - 5


def test_loaded_model_says_what_the_trained_one_said(told: tuple[Path, list[Event]]) -> None:
    checkpoint = load(told[0] / "best.safetensors")
    assert (checkpoint.config.family, checkpoint.info.kl, checkpoint.text_model.latent) == ("lm", (), 0)
    saved = [event for event in told[1] if isinstance(event, Evaluated)][-1]
    assert [p.text for p in text_model.sample(checkpoint.text_model, 3, seed=1)] == [
        said.text for said in saved.samples
    ]
    begun = text_model.sample(checkpoint.text_model, 5, start="the cat")
    assert all(point.text.startswith("the cat") for point in begun)


def test_fine_tuning_goes_on_from_a_model_of_the_family_alone(
    run: Path, model_path: Path, settings: Config, corpus: Corpus, tmp_path: Path
) -> None:
    begun = load(run / "best.safetensors").info.nll
    tuned = train(settings, corpus, tmp_path / "tuned", start_from=run / "best.safetensors")
    first = next(event for event in tuned if isinstance(event, Evaluated))
    assert first.nll == pytest.approx(begun, abs=2)
    with pytest.raises(ValueError, match=r"of the family vae \(Variational autoencoder\).*one of the family lm"):
        next(train(settings, corpus, tmp_path / "other", start_from=model_path))


@pytest.mark.parametrize(
    "arguments",
    [
        ("interpolate", "MODEL", "the cat sees a letter.", "a dog wants the red ball."),
        ("reconstruct", "MODEL", "FILE"),
        ("sample", "MODEL", "--start", "the cat", "--from-start"),
    ],
)
def test_command_that_needs_a_space_says_in_a_sentence_that_there_is_none(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    (tmp_path / "text.txt").write_text("the cat sees a letter.\n")
    places = {"MODEL": str(run / "best.safetensors"), "FILE": str(tmp_path / "text.txt")}
    assert main.main([places.get(word, word) for word in arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"error: {FAMILIES['lm'].limitation} Choose a model of another family.\n"


def test_end_mark_alone_is_a_sentence(sizes: Config) -> None:
    model = model_of(sizes)
    batch = Tokens.of([[]]).batch([0])
    assert batch.tokens.tolist() == [[EOS_ID]]
    assert model.nll(batch, torch.empty(1, 0)).item() == pytest.approx(
        reference.nll(model, [], torch.empty(0)), rel=1e-4
    )
