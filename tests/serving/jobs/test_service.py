"""Trainings of several users in real worker processes, with the real, tiny model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.runs import files, follow, in_state, learning

from vae.config.config import Config
from vae.messages.message import Message
from vae.model import checkpoint
from vae.serving.jobs.service import JobError, Jobs, Status
from vae.serving.limits import Limits
from vae.serving.records.database import Records
from vae.text.corpus import Corpus
from vae.training.events import Finished, Progress, Saved, Started

NEXT = Message(
    "serving.waiting_about", running=Message("serving.others_running", count=1), yours=Message("serving.next"),
    time=Message("messages.hours", count=1.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def jobs(root: Path) -> Iterator[Jobs]:
    """One slot, shared by the tests of this file; each leaves it free."""
    jobs = Jobs(root, limits=Limits(slots=1, waiting=4))
    yield jobs
    jobs.close()


@pytest.fixture(scope="session")
def endless(config: Config) -> Config:
    return replace(config, steps=10_000_000)


def test_a_run_tells_what_happens_and_ends_with_a_model(jobs: Jobs, config: Config, corpus: Corpus, root: Path) -> None:
    run_id = jobs.submit("ada", config, corpus)
    status, events = follow(jobs, "ada", run_id)
    assert status.state == "done"
    assert str(status.message) == "Training is done."
    assert isinstance(events[0], Started)
    assert any(isinstance(event, Progress) for event in events)
    assert isinstance(events[-1], Finished)
    assert status.model == events[-1].path == str(root / run_id / "best.safetensors")
    assert checkpoint.load(Path(status.model)).info.name == "toy.txt"
    assert jobs.events("ada", run_id) == events
    assert jobs.events("ada", run_id, after=2) == events[2:]
    assert jobs.runs("ada")[-1] == (type(jobs.runs("ada")[-1]))(run_id, "toy.txt", "done")
    assert files(root / run_id) == {"best.safetensors", "config.json", "events.jsonl"}


def test_runs_wait_in_a_fair_order_and_start_by_themselves(jobs: Jobs, endless: Config, corpus: Corpus) -> None:
    first = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", first, in_state("running"))
    second = jobs.submit("ada", endless, corpus)
    assert jobs.status("ada", second) == Status("waiting", 1, NEXT, None, wait=3600.0)  # what any may take at most
    other = jobs.submit("bob", endless, corpus)
    assert jobs.status("bob", other).place == 1  # for ada has one already
    assert jobs.status("ada", second).place == 2
    assert str(jobs.status("ada", second).message).endswith("yours is number 2 in the queue, in about 2 hours.")

    jobs.stop("ada", first)
    assert follow(jobs, "bob", other, in_state("running"))[0].state == "running"
    assert jobs.status("ada", first).state == "stopped"
    assert jobs.status("ada", second).place == 1
    jobs.stop("ada", second)
    jobs.stop("bob", other)
    assert follow(jobs, "bob", other)[0].state == "stopped"
    assert [info.state for info in jobs.runs("ada")[-2:]] == ["stopped", "stopped"]


def test_a_waiting_run_is_cancelled_by_stop(jobs: Jobs, endless: Config, corpus: Corpus, root: Path) -> None:
    first = jobs.submit("ada", endless, corpus)
    waiting = jobs.submit("bob", endless, corpus)
    jobs.stop("bob", waiting)
    assert jobs.status("bob", waiting) == Status("stopped", 0, Message("serving.cancelled"), None)
    with pytest.raises(JobError, match="ended already"):
        jobs.stop("bob", waiting)
    with pytest.raises(JobError, match="cannot be paused"):
        jobs.pause("bob", waiting)
    jobs.stop("ada", first)
    follow(jobs, "ada", first)
    assert jobs.events("bob", waiting) == []
    assert files(root / waiting) == set()


def test_a_waiting_run_leaves_the_queue_by_pause_and_comes_back(
    jobs: Jobs, config: Config, endless: Config, corpus: Corpus
) -> None:
    first = jobs.submit("ada", endless, corpus)
    waiting = jobs.submit("bob", config, corpus)
    jobs.pause("bob", waiting)
    jobs.stop("ada", first)
    follow(jobs, "ada", first)
    assert jobs.status("bob", waiting).state == "paused"
    jobs.resume("bob", waiting)
    assert follow(jobs, "bob", waiting)[0].state == "done"


def test_a_full_queue_refuses_in_words(jobs: Jobs, endless: Config, corpus: Corpus, root: Path) -> None:
    runs = [jobs.submit("ada", endless, corpus)]
    follow(jobs, "ada", runs[0], in_state("running"))
    runs += [jobs.submit("ada", endless, corpus) for _ in range(4)]
    folders = set(root.iterdir())
    with pytest.raises(JobError, match="4 trainings are waiting already"):
        jobs.submit("bob", endless, corpus)
    assert set(root.iterdir()) == folders
    for run_id in reversed(runs):
        jobs.stop("ada", run_id)
    follow(jobs, "ada", runs[0])


def test_pause_frees_the_slot_and_resume_finishes_the_run(jobs: Jobs, config: Config, corpus: Corpus) -> None:
    long = jobs.submit("ada", replace(config, steps=300), corpus)
    follow(jobs, "ada", long, learning)
    jobs.pause("ada", long)
    with pytest.raises(JobError, match="Only a paused"):
        jobs.resume("ada", long)
    status, events = follow(jobs, "ada", long)
    assert status.state == "paused"
    paused = events[-1]
    assert isinstance(paused, Finished)
    assert paused.reason == "paused"
    jobs.pause("ada", long)  # twice does no harm

    between = jobs.submit("bob", config, corpus)
    assert follow(jobs, "bob", between)[0].state == "done"

    jobs.resume("ada", long)
    status, events = follow(jobs, "ada", long)
    assert status.state == "done"
    started = [event.step for event in events if isinstance(event, Started)]
    assert started == [0, paused.step]
    assert status.model is not None
    assert checkpoint.load(Path(status.model)).info.steps > 0


def test_stop_saves_a_model_that_loads(jobs: Jobs, endless: Config, corpus: Corpus) -> None:
    run_id = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", run_id, learning)
    jobs.stop("ada", run_id)
    jobs.stop("ada", run_id)  # twice does no harm
    status, events = follow(jobs, "ada", run_id)
    assert status.state == "stopped"
    assert any(isinstance(event, Saved) for event in events)
    assert status.model is not None
    assert checkpoint.load(Path(status.model)).config.steps == endless.steps


def test_stop_of_a_paused_run_saves_a_model_that_loads(jobs: Jobs, endless: Config, corpus: Corpus, root: Path) -> None:
    run_id = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", run_id, learning)
    jobs.pause("ada", run_id)
    assert follow(jobs, "ada", run_id)[0].model is None  # nothing was evaluated yet
    assert files(root / run_id) >= {"state.safetensors", "tokens.safetensors"}  # to go on with
    jobs.stop("ada", run_id)
    status, _ = follow(jobs, "ada", run_id)
    assert status.state == "stopped"
    assert status.model is not None
    checkpoint.load(Path(status.model))
    assert files(root / run_id) == {"best.safetensors", "config.json", "events.jsonl"}


def test_a_refusal_of_the_training_reaches_the_person(
    jobs: Jobs, config: Config, corpus: Corpus, tmp_path: Path
) -> None:
    base = tmp_path / "base.safetensors"
    base.write_bytes(b"not a model at all")
    run_id = jobs.submit("ada", config, corpus, start_from=base)
    status, _ = follow(jobs, "ada", run_id)
    assert status.state == "failed"
    with pytest.raises(checkpoint.CheckpointError) as refusal:
        checkpoint.load(base)
    assert str(status.message) == str(refusal.value)
    assert not status.resumable
    with pytest.raises(JobError, match="fail again"):
        jobs.resume("ada", run_id)


def test_a_text_that_cannot_be_stored_is_refused_in_words(tmp_path: Path, config: Config, corpus: Corpus) -> None:
    (tmp_path / "runs").write_text("no folder")
    jobs = Jobs(tmp_path / "runs", records=Records(tmp_path / "records.sqlite3"), limits=Limits(slots=1))
    try:
        with pytest.raises(JobError, match=r"The server could not store the text \(.+\)"):
            jobs.submit("ada", config, corpus)
        assert jobs.runs("ada") == []
    finally:
        jobs.close()


def test_forgotten_runs_are_ended_and_removed(
    jobs: Jobs, config: Config, endless: Config, corpus: Corpus, root: Path
) -> None:
    ended = jobs.submit("zoe", config, corpus)
    follow(jobs, "zoe", ended)
    going = jobs.submit("zoe", endless, corpus)
    follow(jobs, "zoe", going, learning)
    waiting = jobs.submit("zoe", endless, corpus)
    others = jobs.submit("bob", config, corpus)
    before = jobs.runs("bob")
    jobs.forget("zoe")
    assert jobs.runs("zoe") == []
    for run_id in (ended, going, waiting):
        with pytest.raises(JobError, match="was not found"):
            jobs.status("zoe", run_id)
    assert not (root / ended).exists()
    assert not (root / waiting).exists()
    assert len(jobs.runs("bob")) == len(before)
    assert follow(jobs, "bob", others)[0].state == "done"  # which began when the slot was free
    assert not (root / going).exists()
    assert (root / others).exists()
    jobs.forget("nobody")


def test_strangers_see_nothing(jobs: Jobs, config: Config, corpus: Corpus, root: Path) -> None:
    run_id = jobs.submit("ada", config, corpus)
    follow(jobs, "ada", run_id)
    folders = set(root.iterdir())
    calls: list[Callable[[str, str], object]] = [
        jobs.status, jobs.events, jobs.pause, jobs.resume, jobs.stop, lambda o, r: follow(jobs, o, r)
    ]  # fmt: skip
    answers = set()
    for call in calls:
        for owner, asked in [
            ("eve", run_id), ("", run_id), ("ada\ud800", run_id), ("ada", "unknown"), ("ada", "../" + run_id),
            (None, run_id), ("ada", ""), ("ada", ["x"]), ("ada", {}), ("ada", None),
        ]:  # fmt: skip
            with pytest.raises(JobError) as refusal:
                call(owner, asked)  # type: ignore[arg-type]
            answers.add(str(refusal.value))
    assert len(answers) == 1
    assert jobs.runs("eve") == []
    assert set(root.iterdir()) == folders


def test_ids_cannot_be_guessed(jobs: Jobs, config: Config, corpus: Corpus) -> None:
    ids = [jobs.submit("ada", config, corpus) for _ in range(3)]
    for run_id in reversed(ids):
        jobs.stop("ada", run_id)
    follow(jobs, "ada", ids[0])
    assert len(set(ids)) == 3
    assert all(len(run_id) >= 20 for run_id in ids)
