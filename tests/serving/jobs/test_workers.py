"""The worker processes of trainings: kept warm, killed, halted, several at once, and gone with their server."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from support.runs import PATIENCE, follow, in_state, learning, workers

from vae.config.config import Config
from vae.model import checkpoint
from vae.serving.jobs import worker_pool
from vae.serving.jobs.service import JobError, Jobs
from vae.serving.limits import Limits
from vae.system.resources import ProcessLimits
from vae.text.corpus import Corpus, read_corpus
from vae.training.events import Finished, Progress, Started
from vae.training.run_folder import Run

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def jobs(root: Path) -> Iterator[Jobs]:
    """One slot, shared by the tests of this file; each leaves it free."""
    jobs = Jobs(root, limits=Limits(slots=1))
    yield jobs
    jobs.close()


@pytest.fixture(scope="session")
def endless(config: Config) -> Config:
    return replace(config, steps=10_000_000)


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


def test_a_killed_worker_fails_its_run_only_and_resume_goes_on(
    jobs: Jobs, config: Config, endless: Config, corpus: Corpus
) -> None:
    run_id = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", run_id, learning)
    (process,) = (p for p in multiprocessing.active_children() if p.name == "vae-worker")
    process.kill()
    status, _ = follow(jobs, "ada", run_id)
    assert status.state == "failed"
    assert str(status.message).endswith("The last saved state is kept: Resume goes on from there.")

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
    follow(jobs, "ada", run_id, lambda status, events: str(status.message).startswith("Reading"))
    process.kill()
    status, _ = follow(jobs, "ada", run_id)
    assert status.state == "failed"
    assert str(status.message).endswith("Nothing was saved yet, so Resume starts from the beginning.")
    jobs.resume("ada", run_id)
    assert follow(jobs, "ada", run_id)[0].state == "done"


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
    assert str(status.message).startswith("The training could not read or write its files (No such file or directory).")
    assert status.resumable
    hidden.rename(tokens)
    jobs.resume("ada", run_id)
    follow(jobs, "ada", run_id, in_state("running"))
    jobs.stop("ada", run_id)
    assert follow(jobs, "ada", run_id)[0].state == "stopped"


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be halted there")
def test_a_worker_that_does_not_listen_holds_nobody_up(jobs: Jobs, config: Config, corpus: Corpus) -> None:
    follow(jobs, "ada", jobs.submit("ada", config, corpus))
    (process,) = (p for p in multiprocessing.active_children() if p.name == "vae-worker")
    assert process.pid is not None
    large = read_corpus(
        "\n".join(f"{n} {'word ' * 70}" for n in range(10_000)).encode(), layout="lines"
    )  # no pipe holds it
    with ThreadPoolExecutor() as threads:
        os.kill(process.pid, signal.SIGSTOP)
        try:
            run_id = jobs.submit("ada", config, large)
            seen = threads.submit(
                follow, jobs, "ada", run_id, lambda status, _: str(status.message).startswith("Reading")
            )
            assert seen.result(60)[0].state == "starting"
            jobs.stop("ada", run_id)
            assert jobs.status("ada", run_id).state == "stopping"
        finally:
            process.kill()
    assert follow(jobs, "ada", run_id)[0].state == "failed"


def test_a_task_that_cannot_be_sent_fails_alone(jobs: Jobs, config: Config, corpus: Corpus) -> None:
    class Local(str):  # one that no other process can know
        pass

    bad = jobs.submit("ada", config, replace(corpus, name=Local("toys")))
    good = jobs.submit("ada", config, corpus)
    status, _ = follow(jobs, "ada", bad)
    assert (status.state, status.resumable) == ("failed", False)
    assert str(status.message) == "The training could not be handed to its process."
    assert follow(jobs, "ada", good)[0].state == "done"


def test_spawned_workers_train_too(tmp_path: Path, config: Config, corpus: Corpus) -> None:
    jobs = Jobs(tmp_path, limits=Limits(slots=1), start_method="spawn")
    try:
        run_id = jobs.submit("ada", config, corpus)
        status, _ = follow(jobs, "ada", run_id)
    finally:
        jobs.close()
    assert status.state == "done"
    assert status.model is not None
    checkpoint.load(Path(status.model))


def test_a_process_that_cannot_be_started_is_tried_again_and_then_told(
    tmp_path: Path, config: Config, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker_pool, "work", lambda pipe, memory: None)  # which no other process can know
    monkeypatch.setattr(worker_pool, "_RETRY_AFTER", 0.0)
    jobs = Jobs(tmp_path, limits=Limits(slots=1))
    try:
        run_id = jobs.submit("ada", config, corpus)
        status, _ = follow(jobs, "ada", run_id)
    finally:
        jobs.close()
    assert status.state == "failed"
    assert str(status.message).startswith("No process could be started for the training. Nothing was saved yet")
    assert status.resumable
    assert sum("could not be started" in message for message in caplog.messages) >= 3


def test_two_slots_train_two_runs_at_once(tmp_path: Path, endless: Config, corpus: Corpus) -> None:
    jobs = Jobs(tmp_path, limits=Limits(slots=2))
    before = workers()
    try:
        runs = [jobs.submit("ada", endless, corpus) for _ in range(3)]
        for run_id in runs[:2]:
            assert follow(jobs, "ada", run_id, in_state("running"))[0].state == "running"
        assert str(jobs.status("ada", runs[2]).message).startswith("2 other trainings are running; yours is next")
        assert len(workers() - before) == 2
    finally:
        jobs.close()


def test_close_saves_what_runs_and_leaves_no_process(tmp_path: Path, endless: Config, corpus: Corpus) -> None:
    before = workers()
    jobs = Jobs(tmp_path, limits=Limits(slots=1))
    run_id = jobs.submit("ada", endless, corpus)
    waiting = jobs.submit("ada", endless, corpus)
    _, events = follow(jobs, "ada", run_id, learning)
    jobs.close()
    jobs.close()
    assert workers() == before
    for ended in (run_id, waiting):
        assert str(jobs.status("ada", ended).message) == "The server was shut down. This continues when it is back."
    last = jobs.events("ada", run_id)[-1]
    assert isinstance(last, Finished)
    assert last.reason == "paused"
    assert last.step >= events[-1].step
    for change in (jobs.stop, jobs.resume):
        with pytest.raises(JobError, match="shutting down"):
            change("ada", run_id)
    with pytest.raises(JobError, match="shutting down"):
        jobs.submit("ada", endless, corpus)

    again = Jobs(tmp_path, limits=Limits(slots=1))  # goes on by itself
    try:
        assert [info.run_id for info in again.runs("ada")] == [run_id, waiting]
        _, events = follow(again, "ada", run_id, lambda _, events: isinstance(events[-1], Progress))
        assert [event.step for event in events if isinstance(event, Started)] == [0, last.step]
        assert again.status("ada", waiting).place == 1
    finally:
        again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be halted there")
def test_close_does_not_wait_for_ever_for_a_worker_that_hangs(
    tmp_path: Path, endless: Config, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worker_pool._SAVING + 2 * worker_pool._FORCED < 10  # a server that is told to end leaves within 10 seconds
    monkeypatch.setattr(worker_pool, "_SAVING", 0.1)
    before = workers()
    jobs = Jobs(tmp_path, limits=Limits(slots=1))
    run_id = jobs.submit("ada", endless, corpus)
    follow(jobs, "ada", run_id, learning)
    (pid,) = workers() - before
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    jobs.close()
    assert workers() == before


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), signal.SIGKILL)"], ids=["exit", "kill"])
def test_a_server_that_ends_without_close_leaves_no_process(tmp_path: Path, end: str) -> None:
    if end and sys.platform == "win32":
        pytest.skip("signals are another matter there")
    program = tmp_path / "server.py"
    program.write_text(
        textwrap.dedent(f"""
            import asyncio, os, signal
            from pathlib import Path
            from vae.config.config import Config
            from vae.text.corpus import read_corpus
            from vae.serving.jobs.service import Jobs
            from vae.serving.limits import Limits

            async def watch(jobs, run_id):
                async for status, events in jobs.watch("ada", run_id):
                    if status.state == "running":
                        return

            if __name__ == "__main__":
                jobs = Jobs(Path("runs"), limits=Limits(slots=1))
                text = "\\n".join(f"a {{n}} of {{m}}." for n in "abcdefgh" for m in "abcdefgh")
                config = Config(vocabulary=300, embedding=8, hidden=8, encoder_hidden=8, latent=2, steps=10_000_000)
                asyncio.run(watch(jobs, jobs.submit("ada", config, read_corpus(text.encode(), layout="lines"))))
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
    (folder,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    assert '"reason": "paused"' in Run(folder).events.read_text().splitlines()[-1]


def test_an_error_that_nobody_foresaw_does_not_end_the_thread_of_all_trainings() -> None:
    rounds = 0
    again = threading.Event()

    def on_tick() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise OSError("the disk")
        again.set()

    server = worker_pool.WorkerPool(
        1,
        ProcessLimits(),
        "spawn",
        threading.RLock(),
        next_task=lambda: None,
        on_report=lambda run_id, report: None,
        on_tick=on_tick,
        tick=0.01,
    )
    try:
        assert again.wait(PATIENCE)
    finally:
        server.close()
