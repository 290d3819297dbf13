"""Training: the same run twice, a run interrupted anywhere, one that fails, and one that learns."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from support.processes import Child
from torch import Tensor

from vae.config.config import Config
from vae.metrics import latent_use, text_scores
from vae.model.checkpoint import Checkpoint, CheckpointError, load, save
from vae.model.families.vae import SentenceVAE
from vae.model.text_model import encode, reconstruct, sample
from vae.text.corpus import Corpus, read_corpus
from vae.training.events import Evaluated, Event, Finished, Progress, Saved, Started, from_json
from vae.training.plan import RunDescription
from vae.training.train import train


class KilledError(Exception):
    """Thrown into a training from outside, at any step."""


def at(step: int, wish: str) -> Callable[[], str]:
    """A control that asks for something before a step, counted from the start or the resumption of a run."""
    turns = iter(range(10**9))

    def control() -> str:
        if next(turns) < step:
            return "run"
        if wish == "kill":
            raise KilledError
        return wish

    return control


def state(folder: Path) -> dict[str, Tensor]:
    """Weights and Adam's moments of a run."""
    return load_file(folder / "state.safetensors")


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(value, b[name]) for name, value in a.items())


def last(events: Iterator[Event]) -> Finished:
    *_, event = events
    assert isinstance(event, Finished)
    return event


def told(folder: Path) -> list[Event]:
    return [from_json(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def evaluations(folder: Path) -> list[Evaluated]:
    """The evaluations that stand: a resumed run takes back those behind the step that it starts again at."""
    standing: list[Evaluated] = []
    for event in told(folder):
        if isinstance(event, Started):
            standing = [before for before in standing if before.step <= event.step]
        elif isinstance(event, Evaluated):
            standing.append(event)
    return standing


def objective(config: Config, events: list[Event], step: int) -> float:
    """What the best model has least of, from a run's own log of the step."""
    (event,) = [event for event in events if isinstance(event, Evaluated) and event.step == step]
    return event.nll + config.beta * max(event.kl, config.free_bits * config.latent)


def resume(folder: Path, control: Callable[[], str] = lambda: "run") -> Finished:
    return last(train(None, None, folder, resume=True, control=control))


@pytest.fixture(scope="module")
def whole(config: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert last(train(config, corpus, folder)).reason == "done"
    return folder


def assert_as_uninterrupted(folder: Path, whole: Path) -> None:
    assert same(state(folder), state(whole))
    assert evaluations(folder) == evaluations(whole)
    assert same(load_file(folder / "best.safetensors"), load_file(whole / "best.safetensors"))


def test_same_config_and_text_give_the_same_run(whole: Path, config: Config, corpus: Corpus, tmp_path: Path) -> None:
    torch.rand(5)  # the global generator has no say
    last(train(config, corpus, tmp_path))
    assert_as_uninterrupted(tmp_path, whole)


def test_another_seed_gives_another_run(whole: Path, config: Config, corpus: Corpus, tmp_path: Path) -> None:
    last(train(replace(config, seed=2), corpus, tmp_path))
    assert not same(state(tmp_path), state(whole))


def test_training_leaves_the_global_generator_alone(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    last(train(replace(config, steps=2), corpus, tmp_path))
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize("first", [0, 1, 13])
def test_run_paused_and_resumed_is_as_if_it_never_was(
    whole: Path, config: Config, corpus: Corpus, tmp_path: Path, first: int
) -> None:
    paused = last(train(config, corpus, tmp_path, control=at(first, "pause")))
    assert (paused.reason, paused.step, paused.path) == ("paused", first, None)
    again = resume(tmp_path, at(5, "pause"))
    assert (again.reason, again.step) == ("paused", first + 5)
    assert resume(tmp_path).reason == "done"
    assert_as_uninterrupted(tmp_path, whole)
    started = [event.step for event in told(tmp_path) if isinstance(event, Started)]
    assert started == [0, first, first + 5]


def test_run_resumed_in_a_fresh_process_is_as_if_it_never_was(
    whole: Path, config: Config, corpus: Corpus, tmp_path: Path
) -> None:
    last(train(config, corpus, tmp_path, control=at(11, "pause")))
    with closing(Child(resume_and_tell_imports, tmp_path)) as child:
        status, imported, told = child.ended()
    assert status == 0, told
    assert_as_uninterrupted(tmp_path, whole)
    assert not {"torch._dynamo", "sympy"} & set(imported.split())  # torch's compiler, which would take it seconds


def resume_and_tell_imports(folder: Path) -> None:
    resume(folder)
    print(*sys.modules)


@pytest.mark.parametrize("step", [1, 7, 29])
def test_run_killed_between_saves_and_resumed_is_as_if_it_never_was(
    whole: Path, config: Config, corpus: Corpus, tmp_path: Path, step: int
) -> None:
    with pytest.raises(KilledError):
        last(train(config, corpus, tmp_path, control=at(step, "kill")))
    assert resume(tmp_path).reason == "done"
    assert_as_uninterrupted(tmp_path, whole)


def test_events_only_grow_when_a_run_is_resumed(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        last(train(config, corpus, tmp_path, control=at(13, "kill")))
    before = (tmp_path / "events.jsonl").read_bytes()
    last(train(None, None, tmp_path, resume=True))
    assert (tmp_path / "events.jsonl").read_bytes().startswith(before)


@pytest.mark.parametrize("kind", [Started, Progress, Evaluated, Saved])
def test_run_whose_reader_left_and_resumed_is_as_if_it_never_was(
    whole: Path, config: Config, corpus: Corpus, tmp_path: Path, kind: type[Event]
) -> None:
    events = train(config, corpus, tmp_path)
    assert any(isinstance(event, kind) and (event.step >= 10 or kind is Started) for event in events)
    events.close()  # type: ignore[attr-defined]
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"event": "prog')  # torn by a kill
    (tmp_path / ".state.safetensors.x.tmp").write_bytes(b"half")
    assert resume(tmp_path).reason == "done"
    assert_as_uninterrupted(tmp_path, whole)
    assert not list(tmp_path.glob(".*.tmp"))


def test_finished_run_resumed_ends_at_once(whole: Path, config: Config, corpus: Corpus, tmp_path: Path) -> None:
    last(train(config, corpus, tmp_path))
    before = state(tmp_path)
    again = resume(tmp_path)
    assert (again.reason, again.step, again.path) == ("done", config.steps, str(tmp_path / "best.safetensors"))
    assert same(state(tmp_path), before)


@pytest.mark.parametrize("step", [0, 9])
def test_stopped_run_leaves_a_model_and_can_go_on(
    whole: Path, config: Config, corpus: Corpus, tmp_path: Path, step: int
) -> None:
    stopped = last(train(config, corpus, tmp_path, control=at(step, "stop")))
    assert (stopped.reason, stopped.step) == ("stopped", step)
    assert stopped.path is not None
    model = load(stopped.path)
    assert len(sample(model.text_model, 3)) == 3
    assert model.info.steps <= step
    assert resume(tmp_path).reason == "done"
    assert same(state(tmp_path), state(whole))
    assert (tmp_path / "best.safetensors").read_bytes() == (whole / "best.safetensors").read_bytes()


def test_run_stopped_while_beta_rises_keeps_the_model_of_that_moment(
    config: Config, corpus: Corpus, tmp_path: Path
) -> None:
    config = replace(config, steps=40, autoencoder=0.25, warmup=0.5)
    stopped = last(train(config, corpus, tmp_path, control=at(23, "stop")))
    assert stopped.path is not None
    model = load(stopped.path)
    assert model.info.steps == 23
    kept, weights = load_file(stopped.path), state(tmp_path)
    assert all(torch.equal(weights[f"model.{name}"].half(), kept[name]) for name in model.text_model.model.state_dict())


@pytest.mark.parametrize("family", ["vae", "lm", "aae"])
def test_run_stopped_in_its_first_seconds_keeps_the_model_of_that_moment(
    config: Config, corpus: Corpus, tmp_path: Path, family: str
) -> None:
    config = replace(config, family=family, steps=400, autoencoder=0.0, warmup=0.0)
    stopped = last(train(config, corpus, tmp_path, control=at(23, "stop")))
    assert stopped.path is not None
    info = load(stopped.path).info
    assert (info.steps, info.level) == (23, "unknown")  # none of the evaluations before it


@pytest.mark.parametrize("end", ["done", "stop"])
def test_model_that_is_kept_has_a_prior_fitted_to_its_codes(
    corpus: Corpus, config: Config, tmp_path: Path, end: str
) -> None:
    control = at(23, "stop") if end == "stop" else at(0, "run")
    last(train(config, corpus, tmp_path, control=control))
    kept = load(tmp_path / "best.safetensors")
    assert kept.text_model.fitted is not None
    means = encode(kept.text_model, corpus.sentences).mu.clone()
    fitted, normal = kept.text_model.fitted.log_prob(means), kept.text_model.model.prior.log_prob(means)
    assert fitted.mean() > normal.mean()


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_run_under_way_cannot_be_begun_or_resumed_again(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    first = train(config, corpus, tmp_path)
    assert isinstance(next(first), Started)
    for second in (train(None, None, tmp_path, resume=True), train(config, corpus, tmp_path)):
        with pytest.raises(ValueError, match="another process is working"):
            next(second)
    assert last(first).reason == "done"
    assert resume(tmp_path).reason == "done"


def test_new_run_keeps_nothing_of_an_earlier_one_in_its_folder(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    last(train(config, corpus, tmp_path))
    stopped = last(train(replace(config, seed=2), corpus, tmp_path, control=at(0, "stop")))
    assert stopped.step == 0
    assert stopped.path is not None
    assert load(stopped.path).info.steps == 0
    assert sum(isinstance(event, Started) for event in told(tmp_path)) == 1


@pytest.mark.parametrize("folder", ["none", "empty"])
def test_resuming_what_is_no_run_is_an_error(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=f"no run to resume in {folder}"):
        next(train(None, None, tmp_path / folder, resume=True))


def test_new_run_without_config_or_text_is_an_error(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a config and a corpus"):
        next(train(config, None, tmp_path / "run"))


def test_events_on_disk_are_those_told(training: tuple[Path, list[Event]], learned: Config) -> None:
    folder, events = training
    assert told(folder) == events
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert (events[-1].reason, events[-1].step) == ("done", learned.steps)
    steps = [event.step for event in events]
    assert steps == sorted(steps)
    for event in events:
        if isinstance(event, Progress | Evaluated):
            assert event.steps == learned.steps
            assert all(math.isfinite(value) for value in (event.nll, event.kl))
    assert max(i for i, e in enumerate(events) if isinstance(e, Evaluated)) > len(events) - 4  # measured at the end


def test_started_counts_what_there_is(training: tuple[Path, list[Event]], corpus: Corpus, learned: Config) -> None:
    started = training[1][0]
    assert isinstance(started, Started)
    assert (started.sentences, started.validation) == (190, 10)
    assert (started.latent, started.steps, started.step) == (learned.latent, learned.steps, 0)
    model = load(training[0] / "best.safetensors")
    assert started.vocabulary == len(model.text_model.tokenizer)
    assert started.parameters == model.info.parameters
    assert isinstance(model.text_model.model, SentenceVAE)
    assert started.parameters == sum(p.numel() for p in model.text_model.model.parameters())


def test_progress_follows_the_schedule(training: tuple[Path, list[Event]], learned: Config) -> None:
    told_ = [event for event in training[1] if isinstance(event, Progress)]
    assert told_[-1].step == learned.steps
    assert told_[-1].seconds_left < told_[0].seconds_left  # the last evaluation, and the end
    assert told_[0].beta == 0  # an autoencoder first
    assert told_[-1].beta == pytest.approx(learned.beta)
    assert told_[-1].epoch == pytest.approx(learned.steps / (190 / learned.batch), rel=0.1)
    assert all(event.tokens_per_second > 0 for event in told_)
    assert [event.seconds for event in told_] == sorted(event.seconds for event in told_)


def test_training_learns_to_reconstruct_from_z(
    training: tuple[Path, list[Event]], checkpoint: Checkpoint, corpus: Corpus
) -> None:
    _, held_out = corpus.split()
    tm = checkpoint.text_model
    with torch.random.fork_rng():
        torch.manual_seed(1)
        blank = SentenceVAE(checkpoint.config, len(tm.tokenizer)).eval()
    untrained = latent_use.measure_latent_use(replace(tm, model=blank), held_out)
    trained = latent_use.measure_latent_use(tm, held_out)
    assert trained.nll < untrained.nll / 4
    assert trained.nll + sum(trained.kl) < (untrained.nll + sum(untrained.kl)) / 2
    assert trained.latent_gain > 3
    assert trained.active_units == tm.latent
    bleu, nothing = (
        text_scores.bleu([p.text for p in reconstruct(model, held_out)], held_out)
        for model in (tm, replace(tm, model=blank))
    )
    assert bleu > nothing + 30


def test_best_model_is_the_one_with_the_lowest_objective(training: tuple[Path, list[Event]], learned: Config) -> None:
    events = training[1]
    best = load(training[0] / "best.safetensors").info
    saved = [event for event in events if isinstance(event, Saved)]
    assert all(event.best and event.path == str(training[0] / "best.safetensors") for event in saved)
    assert saved[-1].step == best.steps
    (measured,) = [event for event in events if isinstance(event, Evaluated) and event.step == best.steps]
    assert (best.nll, sum(best.kl)) == pytest.approx((measured.nll, measured.kl))
    assert (best.level, best.verdict) == (measured.level, measured.verdict)


def test_evaluation_shows_held_out_sentences_and_samples(training: tuple[Path, list[Event]], corpus: Corpus) -> None:
    _, held_out = corpus.split()
    measured = [event for event in training[1] if isinstance(event, Evaluated)]
    for event in measured:
        assert [shown.source for shown in event.reconstructions] == held_out[:3]
        assert len(event.samples) == 3
        assert event.sentences == len(held_out)
    assert len({event.reconstructions for event in measured}) > 3  # they change as it learns
    assert len({said.z for event in measured for said in event.samples}) == 3  # at the same points throughout


def test_held_out_sentences_are_not_trained_on(whole: Path, corpus: Corpus) -> None:
    training, held_out = corpus.split()
    assert set(training).isdisjoint(held_out)
    model = load(whole / "best.safetensors")
    assert all(map(model.is_new, held_out))
    assert not any(map(model.is_new, training))
    assert model.info.sentences == len(training)


def test_text_of_two_sentences_trains(config: Config, tmp_path: Path) -> None:
    for kind in ("bpe", "unigram", "word", "char"):
        folder = tmp_path / kind
        finished = last(train(replace(config, tokenizer=kind, steps=3), read_corpus(b"One.\nTwo."), folder))
        assert finished.reason == "done"
        assert finished.path is not None
        assert load(finished.path).info.level == "unknown"  # one sentence tells nothing


def test_minutes_become_steps_and_count_from_the_start(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    timed = replace(config, steps=0, minutes=30.0)
    begun = train(timed, corpus, tmp_path / "long")
    started = next(begun)
    begun.close()  # type: ignore[attr-defined]
    assert started.steps > 100  # type: ignore[union-attr]
    kept = json.loads((tmp_path / "long" / "config.json").read_text())["config"]
    assert (kept["steps"], kept["minutes"]) == (started.steps, 30.0)  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="about 0 steps of this model now, too few to learn from: 200 steps take"):
        next(train(timed, corpus, tmp_path / "late", started=time.monotonic() - 31 * 60))


def test_run_of_a_length_in_minutes_follows_its_pace_and_its_plan_keeps_the_steps(
    config: Config, corpus: Corpus, tmp_path: Path
) -> None:
    def slow() -> str:
        time.sleep(0.02)  # as beside other programs that began when it had been timed
        evaluated = [event.step for event in told(tmp_path) if isinstance(event, Evaluated)]
        return "pause" if evaluated and evaluated[-1] > 150 else "run"

    started, *_, paused = train(replace(config, steps=0, minutes=0.15), corpus, tmp_path, control=slow)
    assert isinstance(started, Started)
    assert isinstance(paused, Finished)
    assert paused.reason == "paused"
    assert 200 <= paused.steps < started.steps
    kept = json.loads((tmp_path / "config.json").read_text())["config"]
    assert kept["steps"] == paused.steps
    resumed, *_, finished = train(None, None, tmp_path, resume=True)
    assert isinstance(resumed, Started)
    assert isinstance(finished, Finished)
    assert (resumed.steps, resumed.step) == (paused.steps, paused.step)
    kept = json.loads((tmp_path / "config.json").read_text())["config"]
    assert finished.reason == "done"
    assert finished.step == finished.steps == kept["steps"]
    assert load(finished.path or "").config.steps == finished.steps


def test_timing_leaves_no_trace_in_the_weights(whole: Path, config: Config, corpus: Corpus, tmp_path: Path) -> None:
    timed = replace(config, steps=0, minutes=30.0)
    next(train(timed, corpus, tmp_path / "timed"))
    next(train(config, corpus, tmp_path / "plain"))
    assert same(state(tmp_path / "timed"), state(tmp_path / "plain"))


def test_epochs_become_steps(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    started = next(train(replace(config, steps=0, epochs=2.5), corpus, tmp_path))
    assert started.steps == pytest.approx(2.5 * 190 / 16, rel=0.2)  # type: ignore[union-attr]


def poison(folder: Path, value: float) -> None:
    """Put a value into the saved weights of a run, as one that says so itself: without the checksum of the old ones."""
    path = folder / "state.safetensors"
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    del metadata["sum"]
    tensors = load_file(path)
    tensors["model.bias"][7] = value
    save_file(tensors, path, metadata)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_run_whose_loss_is_no_number_ends_with_the_last_good_model(
    config: Config, corpus: Corpus, tmp_path: Path, value: float
) -> None:
    last(train(config, corpus, tmp_path, control=at(12, "pause")))
    good = (tmp_path / "best.safetensors").read_bytes()
    poison(tmp_path, value)
    finished = resume(tmp_path)
    assert (finished.reason, finished.step) == ("diverged", 12)
    assert finished.path is not None
    assert Path(finished.path).read_bytes() == good
    assert len(sample(load(finished.path).text_model, 2)) == 2
    assert "learning rate" in finished.message


def test_run_that_never_was_finite_ends_without_a_model(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    last(train(config, corpus, tmp_path, control=at(0, "pause")))
    poison(tmp_path, math.nan)
    finished = resume(tmp_path)
    assert (finished.reason, finished.step, finished.path) == ("diverged", 0, None)
    assert "kept" not in finished.message
    assert not (tmp_path / "best.safetensors").exists()


def test_fast_learning_ends_in_order(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    fast = replace(config, learning_rate=0.1, clip=1000.0, steps=60, beta=10.0)
    finished = last(train(fast, corpus, tmp_path))
    assert finished.reason in ("done", "diverged")
    assert finished.path is not None
    assert load(finished.path).info.steps <= 60


def test_warm_start_keeps_the_tokenizer_and_begins_where_the_model_was(
    model_path: Path, checkpoint: Checkpoint, config: Config, corpus: Corpus, tmp_path: Path
) -> None:
    new = [s.replace("red ball", "quiet apple") for s in corpus.sentences if "red ball" in s]  # known words, said anew
    other = read_corpus("\n".join(new).encode(), "class.txt", layout="lines")
    settings = replace(config, steps=20, latent=9, hidden=64, tokenizer="word", learning_rate=0.02)
    finished = last(train(settings, other, tmp_path / "warm", start_from=model_path))
    assert finished.path is not None
    tuned = load(finished.path)
    assert tuned.text_model.tokenizer.model == checkpoint.text_model.tokenizer.model
    assert (tuned.config.latent, tuned.config.hidden) == (checkpoint.config.latent, checkpoint.config.hidden)
    assert tuned.config.autoencoder == 0
    assert tuned.info.trained_on == "class.txt"
    assert not any(map(tuned.is_new, [*corpus.split()[0], *other.split()[0]]))  # its base learned from the first
    assert all(map(tuned.is_new, set(corpus.split()[1]) - set(other.sentences)))
    last(train(replace(config, steps=20, learning_rate=0.02), other, tmp_path / "cold"))
    warm, cold = evaluations(tmp_path / "warm"), evaluations(tmp_path / "cold")
    assert warm[0].nll < cold[0].nll / 2  # after one step
    assert warm[-1].nll < cold[-1].nll / 2
    assert warm[-1].nll < warm[0].nll


def test_warm_started_run_resumes_exactly(
    model_path: Path, checkpoint: Checkpoint, config: Config, corpus: Corpus, tmp_path: Path
) -> None:
    short = replace(config, steps=12)
    unlisted = tmp_path / "unlisted.safetensors"
    save(unlisted, replace(checkpoint, seen=np.empty(0, np.uint32)))
    finished = last(train(short, corpus, tmp_path / "whole", start_from=unlisted))
    assert finished.path is not None
    assert load(finished.path).is_new("Never said.") is None  # its base may have learned from it
    last(train(short, corpus, tmp_path / "parts", start_from=model_path, control=at(5, "pause")))
    assert resume(tmp_path / "parts").reason == "done"
    assert same(state(tmp_path / "parts"), state(tmp_path / "whole"))


def test_start_from_something_else_is_an_error(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("no model")
    with pytest.raises(CheckpointError):
        next(train(config, corpus, tmp_path / "run", start_from=tmp_path / "text.safetensors"))


def test_model_tells_where_it_comes_from(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    description = RunDescription("Toys", "Our own text, CC0.")
    finished = last(train(replace(config, steps=1), corpus, tmp_path / "a", description=description))
    assert finished.path is not None
    info = load(finished.path).info
    assert (info.name, info.attribution, info.trained_on) == ("Toys", "Our own text, CC0.", "toy.txt")
    unnamed = last(train(replace(config, steps=1), corpus, tmp_path / "b"))
    assert unnamed.path is not None
    assert load(unnamed.path).info.name == "toy.txt"


@pytest.mark.parametrize("description", [{"name": "x" * 2001}, {"attribution": "\udcff"}])
def test_text_that_no_model_file_can_hold_is_refused_before_training(description: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(description))):
        RunDescription(**description)


def test_half_precision_trains(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    finished = last(train(replace(config, precision="bfloat16", steps=8), corpus, tmp_path))
    assert finished.reason == "done"
    measured = evaluations(tmp_path)
    assert measured[-1].nll < measured[0].nll


def test_model_of_a_run_whose_encoder_learns_last_is_the_newest(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    steep = replace(config, steps=400, learning_rate=0.02)
    base = last(train(steep, corpus, tmp_path / "base")).path
    alone = replace(config, steps=300, encoder_last=1.0)  # whose losses rise, and whose means come nearer
    finished = last(train(alone, corpus, tmp_path / "run", start_from=base))
    assert finished.path is not None
    measured = evaluations(tmp_path / "run")
    assert measured[-1].nll > measured[0].nll
    kept = load(finished.path).text_model.model.state_dict()
    newest = {name.removeprefix("model."): value for name, value in state(tmp_path / "run").items()}
    assert all(torch.equal(value, newest[name].half().float()) for name, value in kept.items())
