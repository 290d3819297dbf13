"""What trainings may not take: too long, too much memory, too many, and a place while nobody watches."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.runs import PATIENCE, files, follow, in_state, learning

from vae.config.config import Config
from vae.model import checkpoint
from vae.serving.jobs.service import JobError, Jobs
from vae.serving.limits import Limits
from vae.serving.records.database import Records
from vae.serving.records.rows import RunRow
from vae.system.files import locked_folder
from vae.text.corpus import Corpus, read_corpus
from vae.training.events import Finished, Progress

GRACE = LONGEST = 3.0  # seconds


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    return Records(tmp_path_factory.mktemp("records") / "records.sqlite3")


@pytest.fixture(scope="module")
def jobs(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """One slot, and room for two runs of small models; each test leaves the slot free."""
    limits = Limits(slots=1, runs=2, parameters=1)
    jobs = Jobs(tmp_path_factory.mktemp("runs"), records=records, limits=limits)
    yield jobs
    jobs.close()


@pytest.fixture(scope="session")
def endless(config: Config) -> Config:
    return replace(config, steps=10_000_000)


def test_a_run_ends_by_itself_when_its_time_is_over_and_keeps_its_model(
    tmp_path: Path, endless: Config, corpus: Corpus
) -> None:
    jobs = Jobs(tmp_path, limits=Limits(slots=1), longest=LONGEST)
    try:
        run = jobs.submit("ada", endless, corpus)
        follow(jobs, "ada", run, learning)
        jobs.pause("ada", run)
        follow(jobs, "ada", run)
        jobs.resume("ada", run)  # the time until then counts
        status, events = follow(jobs, "ada", run)
    finally:
        jobs.close()
    assert status.state == "stopped"
    limit = "It reached the limit of 3 seconds for a training on this server, and ended. Its best model is kept."
    assert str(status.message) == limit
    assert status.model is not None
    checkpoint.load(Path(status.model))
    seconds = [event.seconds for event in events if isinstance(event, Progress)]
    assert seconds == sorted(seconds)
    assert seconds[-1] >= LONGEST
    assert [event.reason for event in events if isinstance(event, Finished)] == ["paused", "stopped"]


def test_a_model_that_is_surely_too_large_is_refused_at_once(jobs: Jobs, config: Config, corpus: Corpus) -> None:
    before = jobs.runs("ada")
    with pytest.raises(JobError, match=r"at least 27\.\d million weights, and this server allows 1 million\. Choose"):
        jobs.submit("ada", replace(config, hidden=2048, embedding=1024), corpus)
    assert jobs.runs("ada") == before


def test_a_model_that_turns_out_too_large_fails_in_words(jobs: Jobs, config: Config) -> None:
    words = read_corpus("\n".join(f"a{n} b{n} c{n}" for n in range(700)).encode(), layout="lines")
    large = replace(config, tokenizer="word", vocabulary=4000, embedding=600, hidden=8, encoder_hidden=8)
    run = jobs.submit("eve", large, words)
    status, _ = follow(jobs, "eve", run)
    assert (status.state, status.resumable) == ("failed", False)
    assert str(status.message).startswith("This model has 1.")
    assert str(status.message).endswith(" million weights, and this server allows 1 million. Choose smaller sizes.")


def test_the_oldest_ended_runs_make_room_and_those_under_way_do_not(
    jobs: Jobs, records: Records, config: Config, endless: Config, corpus: Corpus
) -> None:
    old, newer = (jobs.submit("bob", config, corpus) for _ in range(2))
    for run in (old, newer):
        assert follow(jobs, "bob", run)[0].state == "done"
    model = Path(jobs.status("bob", old).model or "")
    first = jobs.submit("bob", endless, corpus)
    assert [info.run_id for info in jobs.runs("bob")] == [newer, first]
    assert not model.parent.exists()
    assert records.one(RunRow, id=old) is None
    second = jobs.submit("bob", endless, corpus)
    assert [info.run_id for info in jobs.runs("bob")] == [first, second]
    with pytest.raises(JobError, match="2 trainings of yours have not ended yet, and no more are allowed"):
        jobs.submit("bob", config, corpus)
    assert len(files(model.parent.parent) & {first, second}) == 2
    jobs.stop("bob", second)
    jobs.stop("bob", first)
    follow(jobs, "bob", first)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone can refuse a process memory")
def test_a_training_too_large_for_the_memory_fails_alone(
    tmp_path: Path, config: Config, endless: Config, corpus: Corpus
) -> None:
    jobs = Jobs(tmp_path, limits=Limits(slots=1, parameters=200, memory_mb=600))
    try:
        huge = replace(endless, hidden=2048, embedding=1024, encoder_hidden=2048)
        status, _ = follow(jobs, "ada", jobs.submit("ada", huge, corpus))
        assert (status.state, status.resumable) == ("failed", False)
        assert str(status.message) == (
            "There is not enough memory for this training. Choose a smaller model, a smaller batch or a shorter text."
        )
        assert follow(jobs, "bob", jobs.submit("bob", config, corpus))[0].state == "done"
    finally:
        jobs.close()


def test_a_run_goes_on_while_it_is_watched_and_is_saved_when_nobody_does(
    tmp_path: Path, endless: Config, corpus: Corpus
) -> None:
    jobs = Jobs(tmp_path, limits=Limits(slots=1), grace=GRACE)

    def watched_long(status: object, events: list[object]) -> bool:
        return any(isinstance(event, Progress) and event.seconds > 2 * GRACE for event in events)

    async def left_alone() -> None:
        while jobs.runs("ada")[0].state != "paused":  # whoever asks for more watches
            await asyncio.sleep(0.1)

    try:
        run = jobs.submit("ada", endless, corpus)
        assert follow(jobs, "ada", run, watched_long)[0].state == "running"
        asyncio.run(asyncio.wait_for(left_alone(), PATIENCE))
        status = jobs.status("ada", run)
        assert str(status.message) == "Nobody watched it for 3 seconds, so it was saved. Resume goes on from there."
        assert jobs.health()["busy"] == 0
        assert (tmp_path / run / "state.safetensors").exists()
        saved = [event for event in jobs.events("ada", run) if isinstance(event, Finished)][-1]
        jobs.resume("ada", run)
        follow(jobs, "ada", run, lambda _, events: any(e.step > saved.step for e in events if isinstance(e, Progress)))
        assert saved.reason == "paused"
        jobs.stop("ada", run)
        follow(jobs, "ada", run)
    finally:
        jobs.close()


def test_health_tells_figures_and_nobodys_name(jobs: Jobs, endless: Config, corpus: Corpus) -> None:
    run = jobs.submit("zoe", endless, corpus)
    follow(jobs, "zoe", run, learning)
    waiting = jobs.submit("zoe", endless, corpus)
    health = jobs.health()
    assert (health["slots"], health["busy"], health["waiting"]) == (1, 1, 1)
    assert health["runs"]["running"] == health["runs"]["waiting"] == 1
    (resident,) = health["workers"].values()
    assert sys.platform != "linux" or resident > 10_000_000
    assert not {run, waiting, "zoe"} & set(str(health).replace("'", " ").split())
    jobs.stop("zoe", waiting)
    jobs.stop("zoe", run)
    follow(jobs, "zoe", run)


def test_a_run_waits_for_the_process_that_still_saves_it(jobs: Jobs, endless: Config, corpus: Corpus) -> None:
    run = jobs.submit("joe", endless, corpus)
    follow(jobs, "joe", run, learning)
    jobs.pause("joe", run)
    follow(jobs, "joe", run)
    folder = jobs._root / run
    with locked_folder(folder):  # as by a process of a server that was killed
        jobs.resume("joe", run)
        follow(jobs, "joe", run, lambda status, _: str(status.message).startswith("Reading"))
        time.sleep(1)  # in which it would have broken off
        assert jobs.status("joe", run).state == "starting"
    assert follow(jobs, "joe", run, in_state("running"))[0].state == "running"
    jobs.stop("joe", run)
    assert follow(jobs, "joe", run)[0].state == "stopped"


def test_the_model_to_begin_with_may_go_while_the_run_waits(
    jobs: Jobs, config: Config, endless: Config, corpus: Corpus, model_path: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base.safetensors"
    base.write_bytes(model_path.read_bytes())
    first = jobs.submit("kim", endless, corpus)
    run = jobs.submit("kim", config, corpus, start_from=base)
    base.unlink()
    jobs.stop("kim", first)
    status, _ = follow(jobs, "kim", run)
    assert status.state == "done"
    assert files(jobs._root / run) == {"best.safetensors", "config.json", "events.jsonl"}
