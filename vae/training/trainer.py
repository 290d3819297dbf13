"""A run under way: its data, its model, how far it is, and its events."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from vae.config.config import Config
from vae.config.fine_tuning import begins_anew
from vae.data.batches import Batch, Sampler
from vae.data.prepare import Base, Control, prepare
from vae.data.prepared_text import PreparedText
from vae.messages.message import Message, UserError
from vae.metrics import diagnosis, latent_use
from vae.model import checkpoint, schedules, text_model
from vae.model.families.base import DecoderModel
from vae.model.families.registry import build
from vae.system import distributed, resources
from vae.text.corpus import Corpus
from vae.text.text_file import TextFile
from vae.training.duration import evaluation_steps, fastest_threads, resolve_steps, steps_at_pace
from vae.training.events import Evaluated, Event, Finished, Saved, Started
from vae.training.measurement import measure
from vae.training.plan import Plan, RunDescription, device_of, resolve_config
from vae.training.plateau import Plateau
from vae.training.prior_fit import fit_prior
from vae.training.progress import ProgressMeter
from vae.training.resume_state import ResumePoint, load_state, save_state
from vae.training.run_folder import Run


class Trainer:
    """A run under way: its data, its model, and how far it is.

    Three ways lead to one: `new` prepares the text and decides the length, `resume` goes on from the saved state, and
    `load` begins the run that a folder describes. `events` then trains.
    """

    def __init__(self, run: Run, plan: Plan, data: PreparedText) -> None:
        self.run, self.plan, self.config, self.data = run, plan, plan.config, data
        config = plan.config
        ranks, local_ranks = distributed.world_size(), distributed.local_world_size()
        if config.batch % ranks:
            raise UserError(Message("training.unequal_shares", sentences=config.batch, processes=ranks))
        if config.threads or local_ranks > 1:
            torch.set_num_threads(config.threads or max(1, resources.cores() // local_ranks))
        self.device = device_of(config.device)
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())), self.device:
            torch.manual_seed(config.seed)
            self.model = build(config, len(data.tokenizer))
        self.model.say_only(data.tokenizer.known)
        self.sampler = Sampler(
            data.train, batch=config.batch // ranks, seed=config.seed, rank=distributed.rank(), world_size=ranks,
            equal_lengths=config.equal_lengths,
        )  # fmt: skip
        self.evaluation_steps = evaluation_steps(config, len(self.sampler))
        self.step, self.seconds, self.best, self.plateau = 0, 0.0, math.inf, Plateau()

    @classmethod
    def new(
        cls, run: Run, config: Config | None, text: Corpus | TextFile | None, validation: Corpus | TextFile | None,
        start_from: Path | str | None, description: RunDescription, control: Control, started: float,
    ) -> Trainer:  # fmt: skip
        """At the first step of a run that this prepares. Parameters as of `train`; rank 0 alone has config and text."""
        base = None
        with distributed.rank_zero_first():
            if distributed.rank() == 0:
                if config is None or text is None:
                    raise UserError(Message("training.no_config_or_corpus"))
                for path in (run.state, run.best, run.events):  # of an earlier run
                    path.unlink(missing_ok=True)
                base = checkpoint.load(start_from) if start_from else None
                start = time.monotonic()
                config = resolve_config(config, base.config if base else None, distributed.world_size())
                before = Base(base.text_model.tokenizer, base.learned_from, base.text_model.lexicon) if base else None
                prepare(text, run.folder, config, validation=validation, base=before, control=control)
                Plan(config, replace(description, name=description.name or text.name), text.name).save(run)
                if isinstance(text, TextFile) and text.is_large:  # its preparation may take longer than all the minutes
                    started += time.monotonic() - start
            trial = cls.load(run)  # to be timed, and thrown away
        threads = trial.config.threads
        if not threads and trial.device.type == "cpu" and distributed.world_size() == 1 and torch.get_num_threads() > 1:
            threads = fastest_threads(trial.sampler, trial._timed_update)
        steps = resolve_steps(
            trial.config, trial.sampler, trial._timed_update, trial._timed_evaluation, started
        )  # fmt: skip
        self = cls(run, replace(trial.plan, config=replace(trial.config, steps=steps, threads=threads)), trial.data)
        with distributed.rank_zero_first():
            if distributed.rank() == 0:
                if base:
                    assert isinstance(base.text_model.model, DecoderModel)
                    self.model.load_state_dict(base.text_model.model.state_dict())
                    if begins_anew(self.config):
                        self.model.reset_decoder()
                self.plan.save(run)
                self._save_state()
            else:
                load_state(run, self.model)
        return self

    @classmethod
    def resume(cls, run: Run) -> Trainer:
        """At the step where the folder's saved state is."""
        with distributed.rank_zero_first():
            if distributed.rank() == 0:
                run.remove_leftovers()
        self = cls.load(run)
        point = load_state(run, self.model)
        self.step, self.seconds, self.best, self.plateau = point.step, point.seconds, point.best, point.plateau
        self.model.halve_learning_rate(self.plateau.halvings)
        return self

    @classmethod
    def load(cls, run: Run) -> Trainer:
        """At the first step of the run that the folder describes."""
        if not run.config.exists():  # the first process has just written it
            raise UserError(Message("training.folder_not_shared", folder=str(run.folder)))
        return cls(run, Plan.load(run), PreparedText.load(run.folder))

    def events(self, control: Control, started: float) -> Iterator[Event]:
        """Train to the end, or until `control` asks for a pause or a stop. Parameters as of `train`."""
        seconds_before = self.seconds
        yield Started(
            str(self.run.folder), len(self.data.train), len(self.data.held_out), len(self.data.tokenizer),
            sum(p.numel() for p in self.model.parameters()), self.model.latent, self.config.steps, self.step,
            self.config.family,
        )  # fmt: skip
        guess = min(self.data.evaluated, len(self.data.held_out)) / self.config.batch
        meter, agreement = ProgressMeter(self.evaluation_steps, guess), distributed.Agreement()
        finite, first = torch.tensor(True, device=self.device), distributed.rank() == 0
        self.model.train()
        while self.step < self.config.steps and not self.plateau.is_over(self.config):
            request = control()
            pause, stop, report = agreement(request == "pause", request == "stop", first and meter.due())
            if report and meter.steps:
                yield self._progress(meter)
            if pause:
                self._save_state()
                yield self._finished("paused", Message("training.paused"), path=None)
                return
            if stop:
                break
            batch = self.sampler.batch(self.step).to(self.device)
            try:
                losses = self.model.step(batch, self.step)
            except distributed.LostError:
                self._save_state()  # of the last step that was made
                raise
            finite = losses.finite & finite
            if self._may_sync(self.step + 1 in self.evaluation_steps) and not finite:
                yield from self._diverged()
                return
            self.step += 1
            self.seconds = seconds_before + time.monotonic() - started
            meter.add(losses, batch)
            if self.step in self.evaluation_steps:  # the last one is
                yield self._progress(meter)
                halvings = self.plateau.halvings
                yield from self._evaluate()
                self._follow_plateau(halvings)
                self._save_state()
                meter.evaluated()
                self.seconds = seconds_before + time.monotonic() - started
                self._plan_for(steps_at_pace(self.config, self.step, self.seconds, meter.steps_within))
                meter.plan_for(self.evaluation_steps)
        if not self.run.best.exists() or (self.step < self.config.steps and self._settling):  # the next replaces it
            yield from self._evaluate()
            self.best = math.inf
        self._fit_prior()
        self._save_state()
        if self.step >= self.config.steps or self.plateau.is_over(self.config):
            yield self._finished("done", Message("training.done"), self._best_path)
        else:
            yield self._finished("stopped", Message("training.stopped"), self._best_path)

    def _finished(self, reason: str, message: Message, path: str | None) -> Finished:
        return Finished(self.step, self.config.steps, reason, path, str(message))

    def _timed_update(self, batch: Batch, t: int) -> bool:
        """A step from beginning to end, to be timed."""
        return bool(self.model.step(batch.to(self.device), t).finite)

    def _may_sync(self, required: bool) -> bool:
        """Whether to look at a result of this step: a GPU is still at work on it, and would be waited for."""
        return self.device.type == "cpu" or required or self.step % 32 == 31

    def _progress(self, meter: ProgressMeter) -> Event:
        return meter.read(self.step, self.config.steps, self.step / len(self.sampler), self.seconds)

    def _diverged(self) -> Iterator[Event]:
        """The update of this step was not applied, so the weights are still the last good ones."""
        if not self.run.best.exists():
            with suppress(ValueError):  # it may be too far gone to be measured
                yield from self._evaluate()
        message = Message("training.diverged_but_kept") if self._best_path else Message("training.diverged")
        yield self._finished("diverged", message, self._best_path)

    @property
    def _best_path(self) -> str | None:
        return str(self.run.best) if self.run.best.exists() else None

    def _evaluate(self) -> Iterator[Event]:
        """Measure, and save the model if it is the best so far: the first process does it for all."""
        if distributed.rank():
            return
        use, event = self._measure()
        yield event
        objective = self.model.objective(use.nll, use.kl)
        if self.config.patience and not self._settling:
            self.plateau = self.plateau.observe(objective, round(self.step / len(self.sampler)), self.config)
        if self._settling or objective < self.best:  # NaN is not
            self.best = math.inf if self._settling else objective
            self._save_model(use, event)
            yield Saved(self.step, str(self.run.best), True)

    def _follow_plateau(self, halvings_before: int) -> None:
        """After an evaluation that has halved the rate: on with the best weights, in all processes."""
        if not self.config.patience:
            return
        halvings = distributed.broadcast_from_first(self.plateau.halvings)
        if halvings == halvings_before:
            return
        self.plateau = replace(self.plateau, halvings=halvings)  # which the first process alone knew
        self.model.halve_learning_rate(halvings)
        if self.run.best.exists():
            best = self._load_best().text_model.model
            assert isinstance(best, DecoderModel)
            self.model.load_state_dict(best.state_dict())
            self.model.reset_moments()

    def _plan_for(self, steps: int) -> None:
        """Go on to this end; the plan keeps it, so that a run which is resumed has the same."""
        if steps == self.config.steps:
            return
        self.config = replace(self.config, steps=steps)
        self.plan = replace(self.plan, config=self.config)
        self.model.plan_for(steps)
        self.evaluation_steps = evaluation_steps(self.config, len(self.sampler))
        if distributed.rank() == 0:
            self.plan.save(self.run)

    def _load_best(self) -> checkpoint.Checkpoint:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):  # building a model draws weights
            return checkpoint.load(self.run.best, self.device)

    @property
    def _settling(self) -> bool:
        """Whether models cannot be compared with others of the run, so that the newest counts as the best.

        A plateau schedule compares from its first epoch on: it goes back to the best of them.
        """
        early = not self.config.patience and self.step < diagnosis.ENOUGH_STEPS
        return early or schedules.changes_the_loss(self.step / self.config.steps, self.config)

    def _measure(self) -> tuple[latent_use.LatentUse, Evaluated]:
        self.model.eval()
        measured = measure(
            self._text_model, self.data.held_out, self.data.evaluated, step=self.step, steps=self.config.steps,
            seed=self.config.seed,
        )  # fmt: skip
        self.model.train()
        return measured

    @property
    def _text_model(self) -> text_model.TextModel:
        return text_model.TextModel(self.model, self.data.tokenizer, self.data.max_tokens, lexicon=self.data.lexicon)

    def _save_model(self, use: latent_use.LatentUse, event: Evaluated) -> None:
        info = checkpoint.Info(
            name=self.plan.about.name, trained_on=self.plan.source, attribution=self.plan.about.attribution,
            sentences=len(self.data.train), steps=self.step, parameters=sum(p.numel() for p in self.model.parameters()),
            max_tokens=self.data.max_tokens, level=event.level, verdict=event.verdict, nll=use.nll, kl=use.kl,
        )  # fmt: skip
        checkpoint.save(
            self.run.best, checkpoint.Checkpoint(self._text_model, self.config, info, self.data.seen_hashes)
        )

    def _fit_prior(self) -> None:
        """Give the best model the prior from which its samples are drawn: the first process does it for all."""
        if distributed.rank() or not self.run.best.exists():
            return
        best = self._load_best()
        fitted = fit_prior(best.text_model.model, self.data.train, self.config.seed)
        checkpoint.save(self.run.best, replace(best, text_model=replace(best.text_model, fitted=fitted)))

    def _save_state(self) -> None:
        if distributed.rank() == 0:
            save_state(self.run, self.model, ResumePoint(self.step, self.seconds, self.best, self.plateau))

    def _timed_evaluation(self) -> None:
        """All that belongs to an evaluation, to be timed; nothing of it stays."""
        self._measure()
        with TemporaryDirectory(dir=self.run.folder) as scratch:
            save_state(Run(Path(scratch)), self.model, ResumePoint(0, 0.0, 0.0))
