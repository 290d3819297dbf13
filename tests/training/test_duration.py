"""What a training takes: told by its own pace, planned by the processor's time."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from vae.config.config import Config
from vae.data.batches import Batch, Sampler, Tokens
from vae.model.families.interface import Losses
from vae.serving.jobs.pace import Pace
from vae.training import duration, progress


class Clock:
    """A time that passes only when it is told to: of the wall, and of the processor beside other programs."""

    def __init__(self) -> None:
        self.wall = self.work = 0.0

    def pass_(self, work: float, share: float = 1.0) -> None:
        self.work += work
        self.wall += work / share

    def module(self) -> SimpleNamespace:
        wall, work = (lambda: self.wall), (lambda: self.work)
        return SimpleNamespace(monotonic=wall, perf_counter=wall, process_time=work)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    passing = Clock()
    for module in (duration, progress):
        monkeypatch.setattr(module, "time", passing.module())
    return passing


@pytest.fixture
def sampler() -> Sampler:
    return Sampler(Tokens.of([[5, 6, 7]] * 64), batch=16, seed=1)


@pytest.mark.parametrize(("share", "steps"), [(1.0, 580), (0.5, 280)])
def test_minutes_become_the_steps_that_the_share_of_the_machine_allows(
    clock: Clock, sampler: Sampler, share: float, steps: int
) -> None:
    def update(batch: Batch, t: int) -> None:
        clock.pass_(0.1, share)

    found = duration.resolve_steps(Config(minutes=1.0), sampler, update, lambda: clock.pass_(0.0), 0.0)
    assert found == pytest.approx(steps, rel=0.05)


def test_minutes_that_are_too_few_say_how_many_it_takes(clock: Clock, sampler: Sampler) -> None:
    def update(batch: Batch, t: int) -> None:
        clock.pass_(1.0, 0.5)

    with pytest.raises(ValueError, match="too few to learn from: 200 steps take about 7"):
        duration.resolve_steps(Config(minutes=1.0), sampler, update, lambda: None, 0.0)


@pytest.mark.parametrize(("together", "fastest"), [(0.5, 2), (0.9, 1), (4.0, 1)])
def test_a_second_thread_that_only_waits_is_left_out(
    clock: Clock, sampler: Sampler, together: float, fastest: int
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found = duration.fastest_threads(
            sampler, lambda batch, t: clock.pass_(1.0 if torch.get_num_threads() == 1 else together)
        )
        assert (found, torch.get_num_threads()) == (fastest, fastest)
    finally:
        torch.set_num_threads(before)


def test_time_left_follows_the_pace_and_counts_the_evaluations(clock: Clock, sampler: Sampler) -> None:
    meter = progress.ProgressMeter({50, 100}, guess=10)
    losses = Losses(torch.zeros(()), torch.zeros(16), torch.zeros(16, 4), 1.0)

    def told(step: int, share: float) -> progress.Progress:
        for _ in range(10):
            clock.pass_(0.1, share)
            meter.add(losses, sampler.batch(0))
        return meter.read(step, 100, 1.0, clock.wall)

    first = told(10, 1.0)
    assert first.seconds_left == pytest.approx(9.0 + 3 * 1.0)  # two evaluations and the end, as guessed
    assert first.cores == pytest.approx(1.0)
    clock.pass_(4.0)
    meter.evaluated()
    assert told(50, 1.0).seconds_left == pytest.approx(5.0 + 3 * 4.0)
    assert told(60, 1.0).seconds_left == pytest.approx(4.0 + 2 * 4.0)
    for _ in range(8):
        slower = told(70, 0.25)  # another program has begun
    assert slower.seconds_left == pytest.approx(4 * 3.0 + 2 * 4.0, rel=0.2)
    assert slower.cores == pytest.approx(0.25, rel=0.3)


@pytest.mark.parametrize(
    ("planned", "seconds", "found"),
    [
        (500, 12.0, 562),  # 48 s are left for steps of .1 s, and for the end
        (500, 2.0, 500),  # the pace is not known yet
        (555, 12.0, 555),  # which is about right
        (900, 12.0, 562),
        (500, 59.5, 200),  # too few to learn from
    ],
)
def test_steps_of_a_length_in_minutes_follow_the_pace(
    clock: Clock, sampler: Sampler, planned: int, seconds: float, found: int
) -> None:
    config = Config(minutes=1.0, steps=planned)
    meter = progress.ProgressMeter({100, 200}, guess=1)
    for _ in range(100):
        clock.pass_(0.1)
        meter.add(Losses(torch.zeros(()), torch.zeros(16), torch.zeros(16, 4), 1.0), sampler.batch(0))
    meter.read(100, planned, 1.0, clock.wall)
    clock.pass_(0.9)
    meter.evaluated()
    assert duration.steps_at_pace(config, 100, seconds, meter.steps_within) == found
    unlimited = replace(config, minutes=0.0)
    assert duration.steps_at_pace(unlimited, 100, seconds, meter.steps_within) == planned
    assert duration.steps_at_pace(config, planned, seconds, meter.steps_within) == planned  # it is over


def test_server_knows_from_some_trainings_how_long_others_take() -> None:
    pace, asked = Pace(), Config(steps=1000)
    assert pace.expected(asked) is None
    pace.observe_start(5.0)
    pace.observe(asked, 90.0, 900, 1000)
    assert pace.expected(asked) == pytest.approx(105.0)
    assert pace.expected(replace(asked, steps=2000)) == pytest.approx(205.0)
    assert (pace.expected(replace(asked, hidden=1024)) or 0) > 200
    assert pace.expected(replace(asked, steps=0, epochs=3)) is None
    for _ in range(100):  # the machine has become slower
        pace.observe(asked, 160.0, 800, 1000)
    assert pace.expected(asked) == pytest.approx(205.0, rel=0.05)
    pace.observe(asked, 50.0, 10, 1000)  # the end of a run says nothing of steps
    assert pace.expected(asked) == pytest.approx(205.0, rel=0.05)
