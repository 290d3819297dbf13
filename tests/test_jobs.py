"""Trainings of several users in real worker processes, with the real, tiny model."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vae import checkpoint
from vae.config import Config
from vae.corpus import Corpus
from vae.events import Event, Finished, Progress, Saved, Started
from vae.jobs import JobError, Jobs, Status
from vae.store import Run

PATIENCE = 300.0  # seconds; a busy machine is slow, and a hang is still found
REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def jobs(root: Path) -> Iterator[Jobs]:
    """One slot, shared by the tests of this file; each leaves it free."""
    jobs = Jobs(root, slots=1, queue_size=4)
    yield jobs
    jobs.close()


@pytest.fixture(scope="session")
def endless(config: Config) -> Config:
    return replace(config, steps=10_000_000)


def follow(
    jobs: Jobs, owner: str, run_id: str, until: Callable[[Status, list[Event]], bool] = lambda status, events: False
) -> tuple[Status, list[Event]]:
    """Watch a run until a condition holds, or until it rests."""

    async def watch() -> tuple[Status, list[Event]]:
        seen: list[Event] = []
        async for status, events in jobs.watch(owner, run_id):
            seen += events
            if until(status, seen):
                break
        return status, seen

    return asyncio.run(asyncio.wait_for(watch(), PATIENCE))


def learning(status: Status, events: list[Event]) -> bool:
    return status.state == "running" and any(isinstance(event, Progress) for event in events)


def in_state(state: str) -> Callable[[Status, list[Event]], bool]:
    return lambda status, events: status.state == state


def workers() -> set[int | None]:
    return {process.pid for process in multiprocessing.active_children() if process.name == "vae-worker"}


def test_a_run_tells_what_happens_and_ends_with_a_model(jobs: Jobs, config: Config, corpus: Corpus, root: Path) -> None:
    run_id = jobs.submit("ada", config, corpus, name="toys")
    status, events = follow(jobs, "ada", run_id)
    assert status.state == "done"
    assert status.message == "Training is done."
    assert isinstance(events[0], Started)
    assert any(isinstance(event, Progress) for event in events)
    assert isinstance(events[-1], Finished)
    assert status.model == events[-1].path == str(root / run_id / "best.safetensors")
    assert checkpoint.load(Path(status.model)).info.name == "toys"
    assert jobs.events("ada", run_id) == events
    assert jobs.events("ada", run_id, after=2) == events[2:]
    assert jobs.runs("ada")[-1] == (type(jobs.runs("ada")[-1]))(run_id, "toys", "done")


def test_a_worker_stays_warm_for_the_next_run(jobs: Jobs, config: Config, corpus: Corpus) -> None:
    seen = []
    for _ in range(2):
        assert follow(jobs, "ada", jobs.submit("ada", config, corpus))[0].state == "done"
        seen.append(workers())
    assert len(seen[0]) == 1
    assert seen[0] == seen[1]


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="the system has no niceness")
def test_workers_leave_the_processor_to_the_pages(jobs: Jobs, config: Config, corpus: Corpus) -> None:
    run_id = jobs.submit("ada", config, corpus)
    follow(jobs, "ada", run_id)
    (pid,) = workers()
    assert pid is not None
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10


def test_runs_wait_in_a_fair_order_and_start_by_themselves(jobs: Jobs, endless: Config, corpus: Corpus) -> None:
    first = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", first, in_state("running"))
    second = jobs.submit("ada", endless, corpus)
    assert jobs.status("ada", second) == Status("waiting", 1, "Another training is running; yours is next.", None)
    other = jobs.submit("bob", endless, corpus)
    assert jobs.status("bob", other).place == 1  # for ada has one already
    assert jobs.status("ada", second).place == 2
    assert jobs.status("ada", second).message.endswith("yours is number 2 in the queue.")

    jobs.stop("ada", first)
    assert follow(jobs, "bob", other, in_state("running"))[0].state == "running"
    assert jobs.status("ada", first).state == "stopped"
    assert jobs.status("ada", second).place == 1
    jobs.stop("ada", second)
    jobs.stop("bob", other)
    assert follow(jobs, "bob", other)[0].state == "stopped"
    assert [info.state for info in jobs.runs("ada")[-2:]] == ["stopped", "stopped"]


def test_a_waiting_run_is_cancelled_by_stop(jobs: Jobs, endless: Config, corpus: Corpus) -> None:
    first = jobs.submit("ada", endless, corpus)
    waiting = jobs.submit("bob", endless, corpus)
    jobs.stop("bob", waiting)
    assert jobs.status("bob", waiting) == Status("stopped", 0, "Cancelled before it had a model.", None)
    with pytest.raises(JobError, match="ended already"):
        jobs.stop("bob", waiting)
    with pytest.raises(JobError, match="cannot be paused"):
        jobs.pause("bob", waiting)
    jobs.stop("ada", first)
    follow(jobs, "ada", first)
    assert jobs.events("bob", waiting) == []


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


def test_a_full_queue_refuses_in_words(jobs: Jobs, endless: Config, corpus: Corpus) -> None:
    runs = [jobs.submit("ada", endless, corpus)]
    follow(jobs, "ada", runs[0], in_state("running"))
    runs += [jobs.submit("ada", endless, corpus) for _ in range(4)]
    with pytest.raises(JobError, match="4 trainings are waiting already"):
        jobs.submit("bob", endless, corpus)
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


def test_stop_of_a_paused_run_saves_a_model_that_loads(jobs: Jobs, endless: Config, corpus: Corpus) -> None:
    run_id = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", run_id, learning)
    jobs.pause("ada", run_id)
    assert follow(jobs, "ada", run_id)[0].model is None  # nothing was evaluated yet
    jobs.stop("ada", run_id)
    status, _ = follow(jobs, "ada", run_id)
    assert status.state == "stopped"
    assert status.model is not None
    checkpoint.load(Path(status.model))


def test_a_killed_worker_fails_its_run_only_and_resume_goes_on(
    jobs: Jobs, config: Config, endless: Config, corpus: Corpus
) -> None:
    run_id = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", run_id, learning)
    (process,) = (p for p in multiprocessing.active_children() if p.name == "vae-worker")
    process.kill()
    status, _ = follow(jobs, "ada", run_id)
    assert status.state == "failed"
    assert status.message.endswith("The last saved state is kept: Resume goes on from there.")

    assert follow(jobs, "bob", jobs.submit("bob", config, corpus))[0].state == "done"
    assert len(workers()) == 1

    jobs.resume("ada", run_id)
    follow(jobs, "ada", run_id, in_state("running"))
    jobs.stop("ada", run_id)
    status, events = follow(jobs, "ada", run_id)
    assert status.state == "stopped"
    assert status.model is not None
    checkpoint.load(Path(status.model))
    assert [event.reason for event in events if isinstance(event, Finished)] == ["stopped"]


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be halted there")
def test_a_worker_killed_before_anything_was_saved_starts_anew(jobs: Jobs, config: Config, corpus: Corpus) -> None:
    follow(jobs, "ada", jobs.submit("ada", config, corpus))
    (process,) = (p for p in multiprocessing.active_children() if p.name == "vae-worker")
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)  # so that it cannot begin
    run_id = jobs.submit("ada", config, corpus)
    follow(jobs, "ada", run_id, lambda status, events: status.message.startswith("Reading"))
    process.kill()
    status, _ = follow(jobs, "ada", run_id)
    assert status.state == "failed"
    assert status.message.endswith("Nothing was saved yet: Resume starts it anew.")
    jobs.resume("ada", run_id)
    assert follow(jobs, "ada", run_id)[0].state == "done"


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
    assert status.message == str(refusal.value)


def test_a_fault_of_the_disk_is_told_and_can_be_resumed(
    jobs: Jobs, endless: Config, corpus: Corpus, root: Path
) -> None:
    run_id = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", run_id, learning)
    jobs.pause("ada", run_id)
    follow(jobs, "ada", run_id)
    tokens = Run(root / run_id).tokens
    hidden = tokens.rename(tokens.with_suffix(".away"))
    jobs.resume("ada", run_id)
    status, _ = follow(jobs, "ada", run_id)
    assert status.state == "failed"
    assert status.message.startswith("The training could not read or write its files (No such file or directory).")
    hidden.rename(tokens)
    jobs.resume("ada", run_id)
    follow(jobs, "ada", run_id, in_state("running"))
    jobs.stop("ada", run_id)
    assert follow(jobs, "ada", run_id)[0].state == "stopped"


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


def test_spawned_workers_train_too(tmp_path: Path, config: Config, corpus: Corpus) -> None:
    jobs = Jobs(tmp_path, slots=1, start_method="spawn")
    try:
        run_id = jobs.submit("ada", config, corpus)
        status, _ = follow(jobs, "ada", run_id)
    finally:
        jobs.close()
    assert status.state == "done"
    assert status.model is not None
    checkpoint.load(Path(status.model))


def test_two_slots_train_two_runs_at_once(tmp_path: Path, endless: Config, corpus: Corpus) -> None:
    jobs = Jobs(tmp_path, slots=2)
    before = workers()
    try:
        runs = [jobs.submit("ada", endless, corpus) for _ in range(3)]
        for run_id in runs[:2]:
            assert follow(jobs, "ada", run_id, in_state("running"))[0].state == "running"
        assert jobs.status("ada", runs[2]).message == "2 other trainings are running; yours is next."
        assert len(workers() - before) == 2
    finally:
        jobs.close()


def test_close_saves_what_runs_and_leaves_no_process(tmp_path: Path, endless: Config, corpus: Corpus) -> None:
    before = workers()
    jobs = Jobs(tmp_path, slots=1)
    run_id = jobs.submit("ada", endless, corpus)
    waiting = jobs.submit("ada", endless, corpus)
    _, events = follow(jobs, "ada", run_id, learning)
    jobs.close()
    jobs.close()
    assert workers() == before
    assert jobs.status("ada", run_id).message.startswith("The server was shut down. The last saved state is kept")
    assert jobs.status("ada", waiting).message.startswith("The server was shut down. Nothing was saved yet")
    last = jobs.events("ada", run_id)[-1]
    assert isinstance(last, Finished)
    assert last.reason == "paused"
    assert last.step >= events[-1].step
    with pytest.raises(JobError, match="shutting down"):
        jobs.submit("ada", endless, corpus)


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), signal.SIGKILL)"], ids=["exit", "kill"])
def test_a_server_that_ends_without_close_leaves_no_process(tmp_path: Path, end: str) -> None:
    if end and sys.platform == "win32":
        pytest.skip("signals are another matter there")
    program = tmp_path / "server.py"
    program.write_text(
        textwrap.dedent(f"""
            import asyncio, os, signal
            from pathlib import Path
            from vae.config import Config
            from vae.corpus import read
            from vae.jobs import Jobs

            async def watch(jobs, run_id):
                async for status, events in jobs.watch("ada", run_id):
                    if status.state == "running":
                        return

            if __name__ == "__main__":
                jobs = Jobs(Path("runs"), slots=1)
                text = "\\n".join(f"a {{n}} of {{m}}." for n in "abcdefgh" for m in "abcdefgh")
                config = Config(vocabulary=300, embedding=8, hidden=8, encoder_hidden=8, latent=2, steps=10_000_000)
                asyncio.run(watch(jobs, jobs.submit("ada", config, read(text.encode(), layout="lines"))))
                print("running", flush=True)
                {end}
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    # Every process it starts inherits its output, so that this returns only when all of them are gone.
    done = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == "running\n"
    (folder,) = (tmp_path / "runs").iterdir()
    assert '"reason": "paused"' in Run(folder).events.read_text().splitlines()[-1]
