"""Runs that a server finds again in its records, and the order and the time in which they wait: without any process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vae.config.config import Config
from vae.messages.durations import round_duration
from vae.messages.message import Message
from vae.serving.jobs import registry
from vae.serving.jobs.fair_queue import coarse_wait
from vae.serving.jobs.job import Job, JobRequest
from vae.serving.jobs.job_files import JobFiles
from vae.serving.jobs.registry import RunRegistry
from vae.serving.jobs.rules import JobRules
from vae.serving.jobs.worker import Ended, Failed, Running, TrainingTask
from vae.serving.limits import Limits
from vae.serving.records.database import Records
from vae.serving.records.rows import RunRow
from vae.training.run_folder import Run

RULES = JobRules(Limits(), slots=1, cores=4, grace=1000.0, longest=3600.0)
Open = Callable[..., RunRegistry]
ENDED = Ended("done", 1, Message("serving.done"))
BROKE = Message("text", text="It broke.")


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "records.sqlite3")


@pytest.fixture
def busy() -> list[str]:
    """The runs that workers have, as the tests say."""
    return []


@pytest.fixture
def open_(tmp_path: Path, records: Records, busy: list[str]) -> Open:
    """A server's runs, found again in its records."""

    def make(rules: JobRules = RULES) -> RunRegistry:
        runs = RunRegistry(tmp_path / "runs", records, rules, lambda: busy)
        runs.restore()
        return runs

    return make


def row(run_id: str, state: str, *, owner: str = "ada", turn: int = 0, asked: float = 0.0, **more: object) -> RunRow:
    values: dict[str, object] = {
        "id": run_id, "owner": owner, "name": "toys", "config": json.dumps(Config(minutes=4.0).to_dict()),
        "start_from": "", "aside": 0, "state": state, "message": "As it was.", "model": 0, "resumable": 1, "turn": turn,
        "threads": 2, "created": asked, "asked": asked,
    }  # fmt: skip
    return RunRow(**{**values, **more})  # type: ignore[arg-type]


def new_job(root: Path, run_id: str, owner: str, config: Config = Config()) -> Job:  # noqa: B008
    return Job(run_id, JobRequest(owner, "toys", config), JobFiles.of(root / "runs" / run_id))


def furnish(root: Path, run_id: str, *names: str) -> Run:
    run = Run(root / "runs" / run_id)
    run.folder.mkdir(parents=True)
    for name in names:
        (run.folder / name).write_text("x")
    return run


TEXT = ("corpus.json",)
STATE = ("corpus.json", "config.json", "state.safetensors", "tokens.safetensors", "tokens.bin", "events.jsonl")


def test_what_was_under_way_waits_again_in_its_order(tmp_path: Path, records: Records, open_: Open) -> None:
    rows = [
        row("second", "waiting", turn=5, asked=5.0), row("next", "waiting", owner="bob", turn=4, asked=6.0),
        row("going", "running", turn=3, asked=4.0), row("begun", "starting", owner="eve", turn=3, asked=4.5),
    ]  # fmt: skip
    for each in rows:
        records.put(each)
        furnish(tmp_path, each.id, *(STATE if each.id == "going" else TEXT))
    runs = open_()
    assert [job.run_id for job in runs.queue.order()] == ["going", "begun", "next", "second"]
    assert {each.state for each in records.every(RunRow)} == {"waiting"}
    task = runs.next_task()
    assert task is not None
    assert (task.run_id, task.threads, task.stop) == ("going", 2, False)
    newcomer = new_job(tmp_path, "new", "zoe")
    runs.add(newcomer)
    assert [job.run_id for job in runs.queue.order()] == ["begun", "new", "next", "second"]


def test_runs_of_one_round_go_in_the_order_of_asking(tmp_path: Path, records: Records, open_: Open) -> None:
    for run_id, created, asked in [("resumed", 1.0, 9.0), ("first", 2.0, 2.0), ("second", 3.0, 3.0)]:
        records.put(row(run_id, "waiting", asked=asked, created=created))
        furnish(tmp_path, run_id, *TEXT)
    assert [job.run_id for job in open_().queue.order()] == ["first", "second", "resumed"]


def test_a_newcomer_does_not_pass_those_who_waited_before_the_restart(
    tmp_path: Path, records: Records, open_: Open
) -> None:
    records.put(row("old", "waiting", turn=7, asked=5.0))
    furnish(tmp_path, "old", *TEXT)
    runs = open_()
    runs.add(new_job(tmp_path, "new", "zoe"))
    assert [job.run_id for job in runs.queue.order()] == ["old", "new"]


@pytest.mark.parametrize("state", ["paused", "done", "stopped", "failed", "diverged"])
def test_what_rested_stands_as_it_did(tmp_path: Path, records: Records, open_: Open, state: str) -> None:
    before = row("r", state, aside=1)
    records.put(before)
    run = furnish(tmp_path, "r", "best.safetensors", *STATE)
    runs = open_()
    job = runs.find("ada", "r")
    status = runs.status(job)
    assert (status.state, str(status.message), status.model) == (state, "As it was.", str(run.best))
    assert runs.info(job).aside
    assert records.every(RunRow) == [before]
    assert len(runs.queue) == 0
    assert run.state.exists() == (state in ("paused", "failed"))  # what a server left that was killed while it tidied


def test_what_was_being_paused_is_paused_and_what_was_being_stopped_is(
    tmp_path: Path, records: Records, open_: Open
) -> None:
    for state in ("pausing", "stopping"):
        records.put(row(state, state))
        furnish(tmp_path, state, *STATE)
    runs = open_()
    assert runs.status(runs.find("ada", "pausing")).state == "paused"
    task = runs.next_task()
    assert task is not None
    assert (task.run_id, task.stop) == ("stopping", True)
    assert runs.next_task() is None


def test_runs_that_are_lost_or_strange_fail_in_words_alone(tmp_path: Path, records: Records, open_: Open) -> None:
    furnish(tmp_path, "torn", *STATE).token_file.unlink()
    furnish(tmp_path, "empty")
    furnish(tmp_path, "strange", *TEXT)
    furnish(tmp_path, "odd", *TEXT)
    furnish(tmp_path, "good", *TEXT)
    for run_id, state in [("gone", "running"), ("torn", "paused"), ("empty", "waiting"), ("good", "waiting")]:
        records.put(row(run_id, state))
    records.put(row("strange", "waiting", config='{"colour": "blue"}'))
    records.put(row("odd", "waiting", config="[[["))
    runs = open_()
    for run_id in ("gone", "torn", "empty"):
        status = runs.status(runs.find("ada", run_id))
        assert (status.state, status.resumable) == ("failed", False)
        assert (
            str(status.message) == "The server has lost files of this training, so it cannot continue. Start a new one."
        )
    for run_id in ("strange", "odd"):
        status = runs.status(runs.find("ada", run_id))
        assert (status.state, status.resumable) == ("failed", False)
        assert "another version" in str(status.message)
    assert {each.id: each.state for each in records.every(RunRow)}["strange"] == "waiting"  # that version may come back
    assert (tmp_path / "runs" / "strange" / "corpus.json").exists()
    assert [job.run_id for job in runs.queue.order()] == ["good"]
    assert runs.states() == {"failed": 5, "waiting": 1}
    assert runs.states() == open_().states()


def test_threads_are_a_share_of_the_cores_and_all_of_them_when_alone(
    tmp_path: Path, records: Records, busy: list[str], open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(runs: RunRegistry, run_id: str, config: Config) -> TrainingTask:
        furnish(tmp_path, run_id, *TEXT)
        runs.add(new_job(tmp_path, run_id, run_id, config))
        task = runs.next_task()
        assert task is not None
        busy.append(run_id)
        return task

    def end(runs: RunRegistry, *run_ids: str) -> None:
        for run_id in run_ids:
            runs.handle(run_id, ENDED)
        busy.clear()

    runs = open_(JobRules(Limits(), slots=2, cores=6, grace=1.0, longest=1.0))
    assert begin(runs, "alone", Config()).threads == 6
    assert begin(runs, "beside", Config()).threads == 2
    assert begin(runs, "as asked", Config(threads=1)).threads == 1
    assert [each.threads for each in records.every(RunRow)] == [6, 2, 1]
    runs.handle("alone", Ended("paused", 1, Message("serving.paused")))  # its process alone was told to end
    busy.remove("alone")
    again = runs.next_task()
    assert again is not None
    assert (again.run_id, again.threads) == ("alone", 6)  # so that its numbers stay the same
    end(runs, "alone", "beside", "as asked")
    company = open_(JobRules(Limits(), slots=4, cores=8, grace=1.0, longest=1.0))  # the others were here just now
    assert [begin(company, name, Config()).threads for name in ("one", "two", "three", "four")] == [1, 2, 2, 2]
    end(company, "one", "two", "three", "four")
    monkeypatch.setattr(registry, "_RECENTLY", 0.0)
    assert begin(open_(JobRules(Limits(), slots=1, cores=2, grace=1.0, longest=1.0)), "last", Config()).threads == 2


def test_who_waits_is_told_how_long(tmp_path: Path, records: Records, busy: list[str], open_: Open) -> None:
    for n, run_id in enumerate(["going", "next", "last"]):
        records.put(row(run_id, "waiting", owner=run_id, asked=float(n)))
        furnish(tmp_path, run_id, *TEXT)
    runs = open_()

    def told(run_id: str) -> tuple[int, float | None, str]:
        status = runs.status(runs.find(run_id, run_id))
        return status.place, status.wait, str(status.message)

    runs.next_task()
    busy.append("going")
    assert told("next") == (1, 240.0, "Another training is running; yours is next, in about 4 minutes.")
    assert told("last")[:2] == (2, 480.0)
    runs.handle("going", Running(75.0))
    assert told("next")[1:] == (60.0, "Another training is running; yours is next, in about 1 minute.")
    message = "Another training is running; yours is number 2 in the queue, in about 5 minutes."
    assert told("last") == (2, 300.0, message)
    runs.handle("going", ENDED)
    busy.clear()
    assert runs.status(runs.find("next", "next")).message == Message("serving.starting")
    assert told("last")[1] == 240.0


def test_a_training_is_foretold_by_those_that_went_before(
    tmp_path: Path, records: Records, busy: list[str], open_: Open
) -> None:
    asked = Config(steps=1000)
    runs = open_()
    first = runs.forecast("carl", asked)
    assert (first.measured, first.place) == (False, 0)  # it would begin at once
    assert runs.forecast("carl", replace(asked, steps=2000)).seconds == pytest.approx(2 * (first.seconds or 0), rel=0.2)
    assert runs.forecast("carl", Config()).seconds is None  # whoever knows the text, knows what an epoch is
    assert runs.forecast("carl", replace(asked, steps=10**8)).seconds == RULES.longest
    for n, run_id in enumerate(["going", "next"]):
        records.put(row(run_id, "waiting", owner=run_id, asked=float(n), config=json.dumps(asked.to_dict())))
        furnish(tmp_path, run_id, *TEXT)
    runs = open_()
    runs.next_task()
    busy.append("going")
    runs.handle("going", Running(90.0, 500, 1000))
    known = runs.forecast("carl", asked)
    assert known.measured
    late = 30.0  # seconds that a busy machine may let pass here, which count as what comes before the first step
    assert known.seconds == pytest.approx(180.0, abs=late)  # as 500 steps take 90 seconds
    assert known.place == 2
    assert known.wait == pytest.approx(300.0, abs=2 * late)  # what is left of the first, and the whole second
    assert runs.forecast("next", asked).place == 2  # who waits already has no other turn before it
    assert len(runs.all()) == len(runs.queue) + 1 == 2  # nothing was asked for


def test_a_run_that_nobody_watches_is_passed_over(tmp_path: Path, records: Records, open_: Open) -> None:
    for n, run_id in enumerate(["left", "watched", "saving"]):
        records.put(row(run_id, "stopping" if run_id == "saving" else "waiting", asked=float(n)))
        furnish(tmp_path, run_id, *STATE)
    runs = open_()
    for job in runs.all():
        job.audience.last_seen -= 1 + RULES.grace
    runs.find("ada", "watched").audience.watchers = 1
    tasks = runs.next_task(), runs.next_task(), runs.next_task()
    assert [task.run_id if task else None for task in tasks] == ["saving", "watched", None]
    status = runs.status(runs.find("ada", "left"))
    assert (status.state, status.resumable) == ("paused", True)
    assert str(status.message) == "Nobody watched it for 17 minutes, so it was saved. Resume goes on from there."


def test_nobody_is_told_a_wait_that_nobody_knows(
    tmp_path: Path, records: Records, busy: list[str], open_: Open
) -> None:
    for n, (run_id, config) in enumerate([("going", Config(minutes=1.0)), ("next", Config()), ("last", Config())]):
        records.put(row(run_id, "waiting", asked=float(n), config=json.dumps(config.to_dict())))
        furnish(tmp_path, run_id, *TEXT)
    runs = open_()
    runs.next_task()
    busy.append("going")
    assert runs.status(runs.find("ada", "next")).wait == 60.0
    last = runs.status(runs.find("ada", "last"))  # behind one of which only the epochs are known
    assert (last.wait, str(last.message)) == (None, "Another training is running; yours is number 2 in the queue.")


def test_a_run_that_takes_too_long_counts_with_its_limit(
    tmp_path: Path, records: Records, busy: list[str], open_: Open
) -> None:
    for n, run_id in enumerate(["going", "next"]):
        records.put(row(run_id, "waiting", asked=float(n), config=json.dumps(Config(minutes=900.0).to_dict())))
        furnish(tmp_path, run_id, *TEXT)
    runs = open_()
    runs.next_task()
    busy.append("going")
    assert runs.status(runs.find("ada", "next")).wait == 3600.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "15 seconds"), (20, "15 seconds"), (50, "45 seconds"), (61, "1 minute"), (250, "4 minutes"),
        (1000, "17 minutes"), (1700, "30 minutes"), (3590, "1 hour"), (5000, "1.5 hours"), (36_100, "10 hours"),
    ],
)  # fmt: skip
def test_waits_are_told_coarsely(seconds: float, words: str) -> None:
    assert str(round_duration(coarse_wait(seconds))) == words


def test_records_that_take_nothing_hold_nobody_up_and_get_it_later(
    tmp_path: Path, records: Records, open_: Open, caplog: pytest.LogCaptureFixture
) -> None:
    records.put(row("r", "waiting"))
    furnish(tmp_path, "r", *TEXT)
    runs = open_()
    records._database.execute("PRAGMA query_only = 1")
    assert runs.next_task() is not None
    runs.handle("r", Failed(BROKE, "ValueError: why", resumable=False))
    job = runs.find("ada", "r")
    assert runs.status(job).message == BROKE
    assert job.progress.unsaved
    assert job.files.run.corpus.exists()  # a restart would know it as under way, and need that
    assert sum("could not be put into the records" in line for line in caplog.messages) == 1
    records._database.execute("PRAGMA query_only = 0")
    assert runs.save(job)
    assert [each.state for each in records.every(RunRow)] == ["failed"]


def test_the_log_names_no_run_in_full(
    tmp_path: Path, records: Records, open_: Open, caplog: pytest.LogCaptureFixture
) -> None:
    name = "0123456789abcdef"
    records.put(row(name, "waiting"))
    furnish(tmp_path, name, *TEXT)
    caplog.set_level("INFO")
    runs = open_()
    runs.next_task()
    runs.handle(name, Failed(BROKE, f"OSError: {tmp_path}/runs/{name}/x"))
    told: list[Any] = [record for record in caplog.records if record.name == "vae.jobs"]
    assert name not in caplog.text
    assert "012345" in caplog.text
    seen = [(record.event, record.run, record.state) for record in told if hasattr(record, "run")]
    assert [event for event, _, _ in seen] == ["run found again", "run started", "run failed"]
    assert [state for _, _, state in seen] == ["waiting", "starting", "failed"]
    assert {run for _, run, _ in seen} == {"012345"}
