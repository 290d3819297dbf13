"""A plateau schedule: when the rate is halved, what a run does then, and that an interrupted run does the same."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from vae.config.config import Config
from vae.config.presets import PUBLISHED
from vae.model.checkpoint import load
from vae.model.families.base import DecoderModel
from vae.text.corpus import Corpus, read_corpus
from vae.training.events import Evaluated, Event, Finished, Started
from vae.training.plateau import Plateau
from vae.training.train import train

TINY = replace(
    PUBLISHED.config, embedding=16, encoder_hidden=24, hidden=24, latent=4, batch=16, precision="float32", threads=1,
    warmup=0.0, epochs=12.0, patience=1, patience_from=1, halvings=2, learning_rate=8.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def validation() -> Corpus:
    sentences = [f"{who} sees {what}." for who in ("the cat", "a bird", "my dog") for what in ("a letter", "an apple")]
    return read_corpus("\n".join(sentences).encode(), "valid.txt", layout="lines")


def stopping(at: int, wish: str = "pause") -> Callable[[], str]:
    turns = count()
    return lambda: wish if next(turns) >= at else "run"


def state(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and moments of a run, and where it stands but for the seconds."""
    with safe_open(folder / "state.safetensors", "pt") as file:
        standing = json.loads(file.metadata()["standing"])
    return load_file(folder / "state.safetensors"), {**standing, "seconds": 0}


def weights_in(file: Path | str) -> dict[str, Tensor]:
    """Of a model file."""
    model = load(file).text_model.model
    assert isinstance(model, DecoderModel)
    return model.state_dict()


@pytest.fixture(scope="module", params=["sgd", "adam"])
def config(request: pytest.FixtureRequest) -> Config:
    """Rates at which training gets worse now and then."""
    return replace(TINY, optimizer=request.param, learning_rate={"sgd": 8.0, "adam": 0.1}[request.param])


@pytest.fixture(scope="module")
def whole(
    config: Config, corpus: Corpus, validation: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Event]]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, list(train(config, corpus, folder, validation=validation))


@pytest.mark.parametrize(
    ("patience", "losses", "waited", "halvings"),
    [
        (2, [9, 8, 7, 6], [0, 0, 0, 0], [0, 0, 0, 0]),
        (2, [9, 9.5, 8, 8.5, 8.6], [0, 1, 0, 1, 0], [0, 0, 0, 0, 1]),
        (2, [9, 10, 11, 12, 11, 12, 13], [0, 1, 2, 0, 0, 1, 0], [0, 0, 0, 1, 1, 1, 2]),  # not before epoch 4
        (1, [9, 8, 7, 7, 7.1, 7.0, 7.1, math.nan], [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 2, 3]),
    ],
)
def test_rate_is_halved_after_epochs_without_a_better_loss(
    patience: int, losses: list[float], waited: list[int], halvings: list[int]
) -> None:
    config = replace(TINY, patience=patience, patience_from=3)
    plateau, found = Plateau(), []
    for epochs, loss in enumerate(losses, 1):
        plateau = plateau.observe(loss, epochs, config)
        found.append((plateau.waited, plateau.halvings))
    assert found == list(zip(waited, halvings, strict=True))


def test_run_goes_back_to_its_best_weights_and_ends_with_the_last_halving(
    config: Config, whole: tuple[Path, list[Event]]
) -> None:
    folder, events = whole
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.reason == "done"
    assert finished.step < finished.steps  # the schedule ended it
    weights, standing = state(folder)
    assert standing["plateau"]["halvings"] == config.halvings
    for name, value in weights_in(folder / "best.safetensors").items():
        assert torch.equal(weights[f"model.{name}"], value), name
    assert not [name for name in weights if name.startswith("adam.")]  # moments of weights that are gone


def test_best_model_is_that_of_the_least_loss_on_the_own_validation_file(
    config: Config, corpus: Corpus, validation: Corpus, whole: tuple[Path, list[Event]]
) -> None:
    folder, events = whole
    started = events[0]
    assert isinstance(started, Started)
    assert (started.sentences, started.validation) == (len(corpus.sentences), len(validation.sentences))
    measured = [event for event in events if isinstance(event, Evaluated)]
    steps_of_an_epoch = measured[0].step
    assert [event.step for event in measured] == [steps_of_an_epoch * (i + 1) for i in range(len(measured))]
    best = min(measured, key=lambda event: event.nll + max(event.kl, config.free_bits * config.latent))
    assert load(folder / "best.safetensors").info.steps == best.step
    assert {event.sentences for event in measured} == {len(validation.sentences)}


def test_run_interrupted_around_each_halving_is_as_if_it_never_was(
    config: Config, corpus: Corpus, validation: Corpus, whole: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    folder, events = whole
    epoch = next(event.step for event in events if isinstance(event, Evaluated))
    list(train(config, corpus, tmp_path, validation=validation, control=stopping(epoch + 1)))
    for steps in (epoch - 1, epoch, epoch + 2):
        *_, finished = train(None, None, tmp_path, resume=True, control=stopping(steps))
    *_, finished = train(None, None, tmp_path, resume=True)
    assert isinstance(finished, Finished)
    assert (finished.step, finished.reason) == (events[-1].step, "done")
    (weights, standing), (weights_whole, standing_whole) = state(tmp_path), state(folder)
    assert standing == standing_whole
    assert weights.keys() == weights_whole.keys()
    assert all(torch.equal(value, weights_whole[name]) for name, value in weights.items())
    assert (tmp_path / "best.safetensors").read_bytes() == (folder / "best.safetensors").read_bytes()


def test_state_of_before_plateaus_is_gone_on_with(corpus: Corpus, tmp_path: Path) -> None:
    config = replace(TINY, patience=0, steps=4)
    list(train(config, corpus, tmp_path, control=stopping(2)))
    weights, standing = state(tmp_path)
    del standing["plateau"]
    save_file(weights, tmp_path / "state.safetensors", {"standing": json.dumps(standing)})
    *_, finished = train(None, None, tmp_path, resume=True)
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.step) == ("done", 4)


def test_second_phase_keeps_the_encoder_and_begins_with_a_new_decoder(
    corpus: Corpus, validation: Corpus, tmp_path: Path
) -> None:
    first = replace(TINY, beta=0.0, epochs=1.0, patience=0)
    *_, finished = train(first, corpus, tmp_path / "first", validation=validation)
    assert isinstance(finished, Finished)
    assert finished.path
    second = replace(TINY, decoder_reset=True, warmup=0.5, learning_rate=0.25, steps=4)
    list(train(second, corpus, tmp_path / "second", start_from=finished.path, control=stopping(0)))
    config = json.loads((tmp_path / "second" / "config.json").read_text())["config"]
    assert (config["warmup"], config["learning_rate"]) == (0.5, 0.25)  # as given: it is no fine-tuning
    before = weights_in(finished.path)
    after = state(tmp_path / "second")[0]
    kept = {name for name, value in before.items() if torch.equal(value, after[f"model.{name}"])}
    forgotten = ("decoder.", "embedding.", "output.")
    assert kept == {name for name in before if not name.startswith(forgotten)}
    assert max(float(after[f"model.{name}"].abs().max()) for name in before if name.startswith("decoder.")) <= 0.01
