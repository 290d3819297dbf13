"""The words and values that the Train tab makes of a run, and what it lets into a config."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.config.presets import PRESETS
from vae.messages import durations
from vae.messages.message import Message
from vae.model.checkpoint import Checkpoint
from vae.serving.jobs import status_messages
from vae.serving.jobs.pace import Forecast
from vae.serving.jobs.service import Status
from vae.serving.visitors import run_history
from vae.serving.visitors.run_history import ModelFate, RunHistory
from vae.serving.visitors.session import BUNDLED
from vae.serving.visitors.trainings import PARAMETERS, configure
from vae.serving.visitors.visitors import Visitors
from vae.text.corpus import Corpus
from vae.training.events import Evaluated, Finished, Progress, Reconstruction, Sample, Started, public
from vae.training.train import train
from vae.ui.components.run_progress import progress
from vae.ui.train import view
from vae.ui.train.knobs import KNOBS, STEPS, chosen, fitting, knob
from vae.ui.train.screen import RunScreen

STARTED = Started("/server/run", 95, 5, 300, 10_000, 4, 200, 0)
PROGRESS = Progress(50, 200, 1.5, 30.0, 20.0, 4.0, 0.5, 1234.0, 10.0, 31.0)
EVALUATED = Evaluated(
    step=100, steps=200, nll=21.0, kl=4.5, mutual_information=3.0, mi_ceiling=4.0, active_units=4, latent=4,
    latent_gain=6.0, sentences=5, level="healthy", verdict="Healthy.", advice="Go on.",
    reconstructions=(Reconstruction("a cat", "a dog", (0.1,)), Reconstruction("a sun", "a sun", (0.2,))),
    samples=(Sample("one", (0.3,)), Sample("two", (0.4,))),
)  # fmt: skip
FINISHED = Finished(200, 200, "done", "/server/run/best.safetensors", "Training is done.")


CANCELLED, FAILED = status_messages.CANCELLED, Message("text", text="It broke off.")


def status(state: str, **more: Any) -> Status:
    return Status(**{"state": state, "place": 0, "message": Message("text", text=""), "model": None, **more})


def told(*events: Any) -> RunHistory:
    history = RunHistory()
    history.add(events)
    return history


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Forecast(200.0, True, 0, 0.0), ["It takes about 3 minutes on this machine now."]),
        (Forecast(200.0, False, 0, 0.0), ["nothing else to do it takes roughly 3 minutes"]),
        (Forecast(40.0, True, 3, 120.0), ["number 3 in the queue and begin in about 2 minutes", "about 40 seconds"]),
        (Forecast(None, False, 1, None), ["number 1 in the queue; how long that waits is not known"]),
        (Forecast(None, True, 0, 0.0), []),
    ],
)
def test_no_more_is_told_of_a_training_before_it_than_is_known(known: Forecast, words: list[str]) -> None:
    said = list(map(str, view.forecast(known)))
    assert len(said) == len(words)
    assert all(part in sentence for part, sentence in zip(words, said, strict=True))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"), (7.4, "7 seconds"), (42, "40 seconds"), (58, "1 minute"), (200, "3 minutes"),
        (7200, "2.0 hours"), (math.inf, "an unknown time"), (math.nan, "an unknown time"),
    ],
)  # fmt: skip
def test_duration_is_said_as_one_would_say_it(seconds: float, words: str) -> None:
    assert durations.duration(seconds) == words


def test_progress_of_a_running_run_says_step_time_left_and_speed() -> None:
    shown = progress(status("running"), told(STARTED, PROGRESS))
    assert shown == {"share": 0.25, "text": "Step 50 of 200 · 30 seconds left · 1,234 tokens a second"}


def test_waiting_run_is_told_its_place_and_that_it_begins_by_itself() -> None:
    shown = progress(status("waiting", place=1, message=Message("text", text="Yours is next.")), RunHistory())
    assert shown is not None
    assert shown["text"].startswith("Yours is next. It starts by itself")


def test_later_chart_values_overlap_and_add_the_new_points() -> None:
    history = told(STARTED, *(replace(PROGRESS, step=step) for step in range(1, 51)))
    whole = view.chart(history)
    assert whole["reset"]
    assert len(whole["points"]) == 50
    drawn = history.mark
    history.add([replace(PROGRESS, step=51)])
    part = view.chart(history, after=drawn)
    assert not part["reset"]
    assert [point["step"] for point in part["points"]] == list(range(50 - view.OVERLAP + 1, 52))


def test_long_run_is_thinned_evenly_and_keeps_every_evaluation() -> None:
    history = RunHistory()
    drawn: dict[bool, list[int]] = {}  # by the page, from what it is sent
    after = run_history.NOTHING_DRAWN
    for step in range(1, 5001):
        history.add([replace(PROGRESS, step=step)])
        if step % 50 == 0:
            history.add([replace(EVALUATED, step=step)])
        sent = view.chart(history, after=after)
        after = history.mark
        drawn = {} if sent["reset"] else drawn
        for point in sent["points"]:
            steps = drawn.setdefault(point["valid"], [0])
            if point["step"] > steps[-1]:
                steps.append(point["step"])
    train, valid = (drawn[kind][1:] for kind in (False, True))
    assert run_history.MAX_POINTS / 2 <= len(train) < run_history.MAX_POINTS
    assert len({b - a for a, b in pairwise(train)}) == 1
    assert train[-1] > 4980
    assert valid == list(range(50, 5001, 50))
    assert [point["step"] for point in view.chart(history)["points"]] == [*train, *valid]


def test_resumed_run_takes_back_what_it_tells_anew() -> None:
    steps = [replace(PROGRESS, step=step) for step in (10, 20, 30)]
    history = told(STARTED, *steps, replace(EVALUATED, step=30), replace(STARTED, step=20))
    assert [point["step"] for point in view.chart(history)["points"]] == [10, 20]


def test_numbers_that_are_none_are_not_drawn() -> None:
    history = told(STARTED, replace(PROGRESS, nll=math.nan), replace(PROGRESS, kl=math.inf))
    assert view.chart(history)["points"] == []


def test_changed_sentences_are_marked_since_the_last_look() -> None:
    later = replace(
        EVALUATED, reconstructions=(Reconstruction("a cat", "a cat", (0.1,)), EVALUATED.reconstructions[1]),
        samples=(Sample("one", (0.3,)), Sample("three", (0.4,))),
    )  # fmt: skip
    first, second = told(EVALUATED), told(EVALUATED, later)
    assert [row["marked"] for row in view.reconstructions(first) or []] == [False, False]
    assert [row["marked"] for row in view.reconstructions(second) or []] == [True, False]
    assert [row["marked"] for row in view.samples(second) or []] == [False, True]


def test_verdict_waits_until_it_can_be_told() -> None:
    assert view.verdict(RunHistory())["level"] == "unknown"
    assert view.verdict(told(replace(EVALUATED, step=2, level="collapsed")))["level"] == "unknown"
    assert view.verdict(told(EVALUATED)) == {"level": "healthy", "text": "Healthy. Go on."}


def test_language_model_shows_its_loss_alone_and_says_what_it_lacks() -> None:
    history = RunHistory("lm")
    assert view.reconstructions(history) == FAMILIES["lm"].limitation
    history.add([STARTED, replace(PROGRESS, kl=0.0), replace(EVALUATED, kl=0.0, latent=0, reconstructions=())])
    assert set(view.chart(history)["series"]) == {"nll"}
    assert view.verdict(history) == {"level": "unknown", "text": view.NO_SPACE}
    assert view.reconstructions(history) == FAMILIES["lm"].limitation
    assert view.samples(history)


def test_every_family_names_what_its_chart_draws() -> None:
    assert all(spec.curves for spec in FAMILIES.values())
    assert "KL" not in FAMILIES["aae"].curves.values()


@pytest.mark.parametrize(
    ("state", "model", "use", "kind", "words"),
    [
        ("done", "best", "", "busy", "being loaded"),
        ("done", "best", "used", "done", "the model is in use now"),
        ("done", "best", "kept", "done", "Another model is in use now"),
        ("done", "best", "gone", "note", "make room"),
        ("stopped", "best", "used", "done", "Stopped at step 200"),
        ("stopped", None, "", "note", "Cancelled"),
        ("paused", None, "", "note", "Resume continues exactly there"),
        ("failed", None, "", "error", "It broke off."),
        ("diverged", "best", "used", "error", "is in use. Lower the learning rate"),
        ("diverged", "best", "kept", "error", "was kept. Lower the learning rate"),
    ],
)
def test_rest_is_said_with_what_to_do(state: str, model: str | None, use: ModelFate, kind: str, words: str) -> None:
    message = {"stopped": status_messages.STOPPED, "paused": status_messages.PAUSED_SAVED, "done": status_messages.DONE}
    cancelled = state == "stopped" and model is None
    rests = status(state, model=model, message=message.get(state, FAILED) if not cancelled else CANCELLED)
    shown = view.note(rests, told(STARTED, PROGRESS, FINISHED), use)
    assert shown is not None
    assert shown["kind"] == kind
    assert words in shown["text"]


def test_what_the_server_did_by_itself_is_said_as_it_says_it() -> None:
    shown = view.note(status("paused", message=status_messages.unwatched(1800)), told(STARTED, PROGRESS))
    unwatched = "Nobody watched it for 30 minutes, so it was saved. Resume goes on from there."
    assert shown == {"kind": "note", "text": unwatched}
    rests = status("stopped", model="best", message=status_messages.time_limit(3600))
    shown = view.note(rests, told(STARTED, PROGRESS), "used")
    assert shown is not None
    limit = "It reached the limit of 1 hour for a training on this server, and ended: the model is in use now."
    assert shown["text"].startswith(limit)


@pytest.mark.parametrize(
    ("state", "kept", "words"),
    [
        ("paused", "Paused. Everything is saved; resume goes on from here.", "Paused at step 50. Resume continues"),
        ("paused", "Paused while it waited; Resume queues it again.", "Paused at step 50. Resume continues exactly"),
        ("paused", "Paused. Resume goes on from there.", "Paused at step 50. Resume continues exactly there."),
        ("paused", "Nobody watched it for 2 hours, so it was saved. Resume goes on from there.", "Nobody watched it"),
        ("stopped", "Stopped; its best model is kept.", "Stopped at step 50: the model is in use now."),
        ("stopped", "Stopped. The best model so far is kept.", "Stopped at step 50: the model is in use now."),
        ("stopped", "The limit of 60 minutes for one training was reached, so it ended. Its best model is kept.",
         "The limit of 60 minutes for one training was reached, so it ended: the model is in use now."),
        ("done", "Training is done.", "Done: the model is in use now."),
    ],
)  # fmt: skip
def test_records_of_servers_whose_messages_had_no_keys_are_told_as_they_were(state: str, kept: str, words: str) -> None:
    rests = status(state, model="best", message=status_messages.from_record(kept))
    shown = view.note(rests, told(STARTED, PROGRESS), "used")
    assert shown is not None
    assert shown["text"].startswith(words)
    assert str(rests.message) == kept


def test_model_that_cannot_be_used_is_told_with_the_reason() -> None:
    shown = view.note(status("done", model="best"), told(FINISHED), problem="The disk is full.")
    assert shown == {"kind": "error", "text": "The disk is full."}


@pytest.mark.parametrize(
    ("now", "use", "offered"),
    [
        (status("running"), "", {"pause", "stop"}),
        (status("paused"), "", {"resume", "stop"}),
        (status("failed"), "", {"start", "resume", "stop"}),
        (status("failed", resumable=False), "", {"start"}),
        (status("failed", resumable=False, model="best"), "", {"start", "stop"}),
        (status("done", model="best"), "", {"start"}),
        (status("done", model="best"), "used", {"start", "go_on", "download"}),
        (status("done", model="best"), "kept", {"start", "download"}),
        (status("done", model="best"), "gone", {"start"}),
    ],
)
def test_run_at_rest_offers_only_what_can_still_be_done(now: Status, use: ModelFate, offered: set[str]) -> None:
    shown = RunScreen().show(now, RunHistory(), use)
    buttons = dict(zip(("start", "pause", "resume", "stop", "go_on", "download"), shown[6:12], strict=True))
    assert {
        name for name, new in buttons.items() if new.get("visible", True) and new.get("interactive", True)
    } == offered


def test_every_setting_that_the_page_offers_is_possible_whatever_the_others() -> None:
    for preset in PRESETS:
        for name in STEPS:
            control = knob(name)
            for value in (control.minimum, control.maximum):
                assert getattr(configure(preset, {name: value}), name) == value


@pytest.mark.parametrize("family", FAMILIES)
def test_settings_that_a_family_hides_change_nothing_that_it_learns(
    family: str, config: Config, corpus: Corpus, tmp_path: Path
) -> None:
    base = replace(config, family=family, steps=6, autoencoder=0.2, warmup=0.2)
    changed = {
        name: next(choice for choice in PARAMETERS[name].choices if choice != getattr(base, name))
        if PARAMETERS[name].choices
        else not getattr(base, name) if PARAMETERS[name].kind is bool
        else PARAMETERS[name].kind(getattr(base, name) + (1 if PARAMETERS[name].kind is int else 0.125))
        for name in FAMILIES[family].unused_settings
    }  # fmt: skip
    assert changed
    losses = []
    for place, wanted in enumerate((base, replace(base, **changed))):
        events = list(train(wanted, corpus, tmp_path / str(place)))
        losses.append([event.nll for event in events if isinstance(event, Evaluated)])
    assert losses[0] == losses[1]


def test_only_settings_that_change_something_can_be_set(
    tmp_path: Path, model_path: Path, checkpoint: Checkpoint
) -> None:
    visitors = Visitors(tmp_path / "data", model_path)
    visitor = visitors.get(visitors.start())
    always = {"hidden", "minutes", "learning_rate", "seed"}
    shape = {"latent", "hidden", "pooling", "autoencoder", "cycles"}
    for family, start_from, there, gone in (
        ("vae", "", {"latent", *always}, {"adversarial"}),
        ("lm", "", always, {"latent"}),
        ("lm", BUNDLED, always, {"latent"}),  # which is none of these
        ("vae", BUNDLED, always - shape, shape),
    ):
        _, kept, *updates = fitting(visitor, family, start_from)
        shown = {name for name, update in zip(KNOBS, updates, strict=True) if update["visible"]}
        assert there <= shown
        assert not gone & shown
        assert ("Fine-tuning keeps" in kept) == (shape <= gone)
    assert f"latent size {checkpoint.config.latent}, " in kept
    assert "layer norm no" in kept
    with pytest.raises(ValueError, match="Family must be one of"):
        fitting(visitor, "gan", "")
    everything = [True] * len(KNOBS)
    assert set(KNOBS) - set(chosen(everything, BUNDLED)) == {"autoencoder", "beta_schedule", "cycles", "decoder_reset"}
    assert set(chosen(everything, "")) == set(KNOBS)


def test_settings_that_advice_names_are_on_the_page() -> None:
    assert {"learning_rate", "beta", "free_bits", "word_dropout", "autoencoder"} <= set(KNOBS)


def test_public_events_name_no_place_on_the_server_and_are_json() -> None:
    events = (STARTED, replace(PROGRESS, loss=math.nan), EVALUATED, FINISHED)
    text = json.dumps([public(event) for event in events], allow_nan=False)
    assert "/server" not in text
    assert json.loads(text)[2]["reconstructions"][0]["source"] == "a cat"


def test_configure_changes_a_preset_and_takes_whole_floats() -> None:
    config = configure("quick", {"latent": 8.0, "beta": 1, "minutes": 0})
    assert (config.latent, config.beta, config.minutes) == (8, 1, 0)


@pytest.mark.parametrize(
    ("preset", "changes"),
    [("none", {}), (None, {}), ("quick", {"latent": 8.5}), ("quick", {"latent": None}), ("quick", {"beta": math.nan}),
     ("quick", {"threads": 4}), ("quick", {"tokenizer": "pickle"}), ("quick", {"seed": -1})],
)  # fmt: skip
def test_configure_refuses_what_does_not_fit(preset: object, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"preset|parameter|needs|must"):
        configure(preset, changes)


def test_trend_of_what_does_not_change_is_that_itself() -> None:
    history = told(*(replace(PROGRESS, step=step) for step in (1, 2, 7, 40, 200)))
    assert {(point["nll_trend"], point["kl_trend"]) for point in history.train} == {(20.0, 4.0)}


def test_trend_is_calmer_than_what_it_follows_and_follows_it() -> None:
    steps = 10_000
    easy_and_hard = [
        replace(PROGRESS, step=step, steps=steps, nll=(40 if step < 5_000 else 20) + (5 if step % 20 else -5))
        for step in range(10, steps + 1, 10)
    ]
    history = told(*easy_and_hard)
    trend = {point["step"]: point["nll_trend"] for point in history.train}
    before, after = (value for step, value in trend.items() if step in (max(s for s in trend if s < 5_000), max(trend)))
    assert before == pytest.approx(40, abs=1)
    assert after == pytest.approx(20, abs=1)


def test_trend_weighs_by_steps_not_by_events() -> None:
    few = told(*(replace(PROGRESS, step=step, steps=10_000, nll=10.0 * step) for step in (100, 200)))
    many = told(
        *(replace(PROGRESS, step=step, steps=10_000, nll=1_000.0) for step in range(10, 101, 10)),
        replace(PROGRESS, step=200, steps=10_000, nll=2_000.0),
    )
    assert few.train[-1]["nll_trend"] == pytest.approx(many.train[-1]["nll_trend"], rel=0.02)
