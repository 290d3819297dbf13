"""A training as a generator of events. It depends on no consumer: the command line, a notebook, a test and a
worker process iterate the same thing.

A run is a folder, written as it goes, so that it can be stopped at any moment and gone on with exactly: the
randomness of a step follows from the seed and the step's number, and nothing else is carried along but weights,
Adam's moments and the best loss so far.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from vae import checkpoint, latent, metrics
from vae.batches import Sampler
from vae.config import Config
from vae.corpus import Corpus
from vae.events import Evaluated, Event, Finished, Reconstruction, Said, Saved, Started, to_json
from vae.families.vae import SentenceVAE
from vae.meter import Meter
from vae.prepare import Prepared
from vae.state import Standing, load_state, save_state
from vae.store import Run, atomic_write
from vae.tokenizer import train_tokenizer

_EVALUATIONS = (0.01, 0.025, 0.05, *(i / 16 for i in range(1, 17)))  # as shares of the run
_EVALUATED_SENTENCES = 500
_SHOWN = 3
_TIMED_STEPS = 10


@dataclass(frozen=True, slots=True)
class About:
    """What the finished model will tell of itself."""

    name: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError: a text cannot stand in a model file."""
        checkpoint.check_text("name", self.name)
        checkpoint.check_text("attribution", self.attribution)


def train(
    config: Config | None,
    corpus: Corpus | None,
    folder: Path | str,
    *,
    start_from: Path | str | None = None,
    resume: bool = False,
    control: Callable[[], str] = lambda: "run",
    started: float | None = None,
    about: About | None = None,
) -> Iterator[Event]:
    """Train a model and tell what happens. Every event is appended to the run's folder as well.

    Args:
        config, corpus: None with `resume`, since what it takes to go on is in the folder.
        folder: the run's own, made if it is missing.
        start_from: a model file whose tokenizer, shape and weights to begin with (fine-tuning).
        resume: go on from the folder's saved state, to the same weights as a run that was never interrupted.
        control: asked before every step: "run"; "pause" saves the state and ends the generator; "stop" measures and
            saves the model, then ends it.
        started: `time.monotonic()` at which the user's wait began; `config.minutes` counts from it.
    Yields:
        Started, then Progress, Evaluated and Saved, then one Finished.
    Raises:
        ValueError: the folder holds no run to resume, or a parameter does not fit the text.
        CheckpointError: `start_from` cannot be used.
        CorpusError: the text is too small to train on.
    """
    run = Run(Path(folder))
    started = time.monotonic() if started is None else started
    if resume:
        trainer = _Trainer.resumed(run)
    else:
        if config is None or corpus is None:
            raise ValueError("a new run needs a config and a corpus")
        trainer = _Trainer.new(run, config, corpus, start_from, about or About(), started)
    for event in trainer.run_on(control, started):
        run.append_event(to_json(event))
        yield event


class _Trainer:
    """A run under way: its data, its model, and where it stands."""

    def __init__(self, run: Run, config: Config, about: About, source: str, data: Prepared) -> None:
        self.run, self.config, self.about, self.source, self.data = run, config, about, source, data
        if config.threads:
            torch.set_num_threads(config.threads)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.model = SentenceVAE(config, len(data.tokenizer))
        self.sampler = Sampler(data.train, batch=config.batch, seed=config.seed)
        self.step, self.seconds, self.best = 0, 0.0, math.inf

    @classmethod
    def new(
        cls, run: Run, config: Config, corpus: Corpus, start_from: Path | str | None, about: About, started: float
    ) -> _Trainer:
        base = checkpoint.load(start_from) if start_from else None
        if base:
            config = warm_start(config, base.config)
        config = replace(config, precision=_precision(config.precision))
        training, validation = corpus.split()
        if base:
            tokenizer = base.text_model.tokenizer
        else:
            tokenizer = train_tokenizer(training, config.tokenizer, config.vocabulary)
        data = Prepared.of(tokenizer, training, validation)
        run.folder.mkdir(parents=True, exist_ok=True)
        data.save(run)
        about = replace(about, name=about.name or corpus.name)
        trial = cls(run, config, about, corpus.name, data)  # to be timed, and thrown away
        self = cls(run, replace(config, steps=trial._steps(started)), about, corpus.name, data)
        if base:
            assert isinstance(base.text_model.model, SentenceVAE)
            self.model.load_state_dict(base.text_model.model.state_dict())
        described = {"config": self.config.to_dict(), "about": asdict(about), "source": corpus.name}
        atomic_write(run.config, json.dumps(described).encode())
        self._save_state()
        return self

    @classmethod
    def resumed(cls, run: Run) -> _Trainer:
        if not run.state.exists():
            raise ValueError(f"there is no run to resume in {run.folder.name}: start a new one")
        run.sweep()
        described = json.loads(run.config.read_bytes())
        config, about = Config.from_dict(described["config"]), About(**described["about"])
        self = cls(run, config, about, described["source"], Prepared.load(run))
        standing = load_state(run, self.model)
        self.step, self.seconds, self.best = standing.step, standing.seconds, standing.best
        return self

    def run_on(self, control: Callable[[], str], started: float) -> Iterator[Event]:
        config, total = self.config, self.config.steps
        due = {max(1, round(share * total)) for share in _EVALUATIONS}
        before = self.seconds
        yield Started(
            str(self.run.folder), len(self.data.train), len(self.data.held_out), len(self.data.tokenizer),
            sum(p.numel() for p in self.model.parameters()), config.latent, total, self.step,
        )  # fmt: skip
        meter = Meter()
        self.model.train()
        while self.step < total:
            wish = control()
            if wish == "pause":
                self._save_state()
                message = "Paused. Everything is saved; resume goes on from here."
                yield Finished(self.step, total, "paused", None, message)
                return
            if wish == "stop":
                break
            batch = self.sampler.batch(self.step)
            losses = self.model.step(batch, self.step)
            if not losses.finite:
                yield from self._diverged()
                return
            self.step += 1
            self.seconds = before + time.monotonic() - started
            meter.add(losses, int(batch.lengths.sum()))
            if meter.due() or self.step == total or self.step in due:
                yield meter.read(self.step, total, self.step / len(self.sampler), self.seconds)
            if self.step in due:
                yield from self._evaluate()
                self._save_state()
                meter.restart()
        if not self.run.best.exists():  # a model for now: the first regular evaluation of a resumed run replaces it
            yield from self._evaluate()
            self.best = math.inf
        self._save_state()
        reason = "done" if self.step >= total else "stopped"
        message = "Training is done." if reason == "done" else "Stopped. The best model so far is kept."
        yield Finished(self.step, total, reason, self._best_path, message)

    def _diverged(self) -> Iterator[Event]:
        """The update of this step was not applied, so the weights are still the last good ones."""
        if not self.run.best.exists():
            with suppress(ValueError):  # it may be too far gone to be measured
                yield from self._evaluate()
        kept = "The last good model is kept. " if self._best_path else ""
        yield Finished(
            self.step, self.config.steps, "diverged", self._best_path,
            f"The loss stopped being a number, so training stopped by itself. {kept}"
            "Try again with a lower learning rate.",
        )  # fmt: skip

    @property
    def _best_path(self) -> str | None:
        return str(self.run.best) if self.run.best.exists() else None

    def _evaluate(self) -> Iterator[Event]:
        """Measure, keep the model if it is the best so far, and say both."""
        use, event = self._measure()
        yield event
        free_bits = sum(max(self.config.free_bits, k) for k in use.kl)
        objective = use.nll + self.config.beta * free_bits  # at the final beta, so that early models do not win by it
        if objective < self.best:  # NaN is not
            self.best = objective
            self._save_model(use, event)
            yield Saved(self.step, str(self.run.best), True)

    def _measure(self) -> tuple[metrics.Use, Evaluated]:
        self.model.eval()
        use = metrics.use_of_latent(self._text_model, self.data.held_out[:_EVALUATED_SENTENCES])
        verdict = metrics.verdict(use)
        shown = self.data.held_out[:_SHOWN]
        said = latent.reconstruct(self._text_model, shown)
        samples = latent.sample(self._text_model, _SHOWN, seed=self.config.seed)
        self.model.train()
        return use, Evaluated(
            step=self.step, steps=self.config.steps, nll=use.nll, kl=sum(use.kl),
            mutual_information=use.mutual_information, mi_ceiling=use.mi_ceiling, active_units=use.active_units,
            latent=self.config.latent, latent_gain=use.latent_gain, sentences=use.sentences,
            level=verdict.level, verdict=verdict.text, advice=verdict.advice,
            reconstructions=tuple(
                Reconstruction(source, p.text, _rounded(p.z)) for source, p in zip(shown, said, strict=True)
            ),
            samples=tuple(Said(p.text, _rounded(p.z)) for p in samples),
        )  # fmt: skip

    @property
    def _text_model(self) -> latent.TextModel:
        return latent.TextModel(self.model, self.data.tokenizer, self.config.latent, self.data.max_tokens)

    def _save_model(self, use: metrics.Use, event: Evaluated) -> None:
        info = checkpoint.Info(
            name=self.about.name, trained_on=self.source, attribution=self.about.attribution,
            sentences=len(self.data.train), steps=self.step, parameters=sum(p.numel() for p in self.model.parameters()),
            max_tokens=self.data.max_tokens, level=event.level, verdict=event.verdict, nll=use.nll, kl=use.kl,
        )  # fmt: skip
        checkpoint.save(self.run.best, checkpoint.Checkpoint(self._text_model, self.config, info, self.data.seen))

    def _save_state(self) -> None:
        save_state(self.run, self.model, Standing(self.step, self.seconds, self.best))

    def _steps(self, started: float) -> int:
        """The length of the run in steps, from steps, minutes or epochs, whichever is given first."""
        config = self.config
        if config.steps:
            return config.steps
        if not config.minutes:
            return max(1, math.ceil(config.epochs * len(self.sampler)))
        update, evaluation = self._timing()
        left = 60 * config.minutes - (time.monotonic() - started) - len(_EVALUATIONS) * evaluation
        return max(1, int(left / update))

    def _timing(self) -> tuple[float, float]:
        """Seconds of an update and of an evaluation. The model is no longer of use behind it."""
        batches = [self.sampler.batch(turn) for turn in range(min(_TIMED_STEPS, len(self.sampler)))]
        for batch in batches:  # the first update of each shape pays for its kernels and its memory
            self.model.step(batch, 0)
        # of two times the shorter: what else the machine does makes an update longer, never shorter
        seconds = sum(min(_seconds(self.model.step, batch, 0) for _ in range(2)) for batch in batches)
        tokens = sum(int(batch.lengths.sum()) for batch in batches)
        update = seconds / tokens * len(self.data.train.flat) / len(self.sampler)
        with TemporaryDirectory(dir=self.run.folder) as scratch:
            saving = _seconds(save_state, Run(Path(scratch)), self.model, Standing(0, 0.0, 0.0))
        return update, _seconds(self._measure) + saving


def warm_start(config: Config, base: Config) -> Config:
    """The config of a fine-tuning: the base model's text and shape, no second autoencoder phase, smaller updates."""
    inherited = {
        name: getattr(base, name)
        for name in ("tokenizer", "vocabulary", "embedding", "encoder_hidden", "hidden", "latent", "bidirectional")
    }
    return replace(config, **inherited, autoencoder=0.0, warmup=0.0, learning_rate=config.learning_rate / 2)


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def _rounded(z: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, 3) for value in z)  # it is for looking at


def _precision(wish: str) -> str:
    if wish != "auto":
        return wish
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return "bfloat16" if native else "float32"
