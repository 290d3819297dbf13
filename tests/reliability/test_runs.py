"""Trainings survive what happens to their server and to their processes: found again, and finished to the same byte."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.runs import PATIENCE, files, follow, learning

from vae.config.config import Config
from vae.serving.jobs.service import RESTING, Jobs
from vae.serving.limits import Limits
from vae.serving.records.database import Records
from vae.serving.records.rows import RunRow
from vae.text.corpus import Corpus
from vae.training.events import Finished, Started
from vae.training.train import train

REPOSITORY = Path(__file__).parent.parent.parent
LIMITS = Limits(slots=3)
SEEDS = (1, 2, 1)  # of the three runs
PROGRAM = """
import asyncio, json, os, signal, sys
from dataclasses import replace
from pathlib import Path
from vae.config.config import Config
from vae.text.corpus import Corpus
from vae.training.events import Progress
from vae.serving.jobs.service import Jobs
from vae.serving.limits import Limits

async def learns(jobs, run):
    async for status, events in jobs.watch("ada", run):
        if any(isinstance(event, Progress) for event in events):
            return

async def all_learn(jobs, runs):
    await asyncio.gather(*(learns(jobs, run) for run in runs))

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    jobs = Jobs(Path("runs"), limits=Limits(slots=3))
    config, corpus = Config.from_dict(json.loads(sys.argv[1])), Corpus.from_json(Path("corpus.json").read_bytes())
    if not jobs.runs("ada"):
        runs = [jobs.submit("ada", replace(config, seed=seed), corpus) for seed in (1, 2, 1)]
        asyncio.run(all_learn(jobs, runs))
    print("learning", flush=True)
    signal.pause()
"""


@pytest.fixture(scope="module")
def long(config: Config) -> Config:
    """Some seconds of training."""
    return replace(config, steps=200, batch=8)


@pytest.fixture(scope="module")
def wholes(long: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    """The models of runs that nothing ever interrupted, by their seed."""
    root = tmp_path_factory.mktemp("whole")
    for seed in set(SEEDS):
        for _ in train(replace(long, seed=seed), corpus, root / str(seed)):
            pass
    return {seed: (root / str(seed) / "best.safetensors").read_bytes() for seed in set(SEEDS)}


def serve_until(end: int, everybody: bool, folder: Path, config: Config, corpus: Corpus, after: float = 0.0) -> None:
    """Start a server that trains, and send a signal to it or to all its processes, at once or after some seconds.

    What is in the folder goes on; if there is nothing, three runs begin and are well under way.
    """
    (folder / "program.py").write_text(PROGRAM)
    (folder / "corpus.json").write_bytes(corpus.to_json())
    with subprocess.Popen(
        [sys.executable, "program.py", json.dumps(config.to_dict())], cwd=folder, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, start_new_session=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == "learning\n"
            time.sleep(after)
        finally:
            (os.killpg if everybody else os.kill)(server.pid, end)
        # Every process that it started has its output, so that this comes to an end when all of them are gone.
        assert server.stdout.read() == ""
        assert server.wait(PATIENCE) == (0 if end == signal.SIGTERM else -end)


@pytest.fixture
def left(request: pytest.FixtureRequest, tmp_path: Path, long: Config, corpus: Corpus) -> Path:
    """The folder of a server that was ended in the middle of three runs."""
    serve_until(*request.param, tmp_path, long, corpus)
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize(
    "left",
    [
        pytest.param((signal.SIGKILL, False), id="kill"),
        pytest.param((signal.SIGKILL, True), id="kill-all", marks=pytest.mark.soak),
        pytest.param((signal.SIGTERM, False), id="terminate", marks=pytest.mark.soak),
        pytest.param((signal.SIGTERM, True), id="terminate-all"),
    ],
    indirect=True,
)
def test_runs_of_a_server_that_was_ended_are_found_and_finish_as_if_nothing_had_been(
    left: Path, wholes: dict[int, bytes]
) -> None:
    records = Records(left / "runs" / "records.sqlite3")
    under_way = [row.id for row in records.every(RunRow) if row.state not in RESTING]
    records.close()
    assert under_way
    jobs = Jobs(left / "runs", limits=LIMITS)
    try:
        found = [info.run_id for info in jobs.runs("ada")]
        assert len(found) == 3
        for seed, run in zip(SEEDS, found, strict=True):
            status, events = follow(jobs, "ada", run)
            assert status.state == "done"
            assert status.model is not None
            assert Path(status.model).read_bytes() == wholes[seed]
            assert files(left / "runs" / run) == {"best.safetensors", "config.json", "events.jsonl"}
            if run in under_way:
                began = [event.step for event in events if isinstance(event, Started)]
                assert len(began) == 2  # it went on: who begins anew forgets what was told
    finally:
        jobs.close()
    assert files(left / "runs") == {*found, "records.sqlite3"}


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_a_server_that_is_killed_again_and_again_finishes_its_runs_in_the_end(
    tmp_path: Path, long: Config, corpus: Corpus
) -> None:
    chance = random.Random(1)
    longer = replace(long, steps=800)
    for _ in range(10):
        end, everybody = chance.choice([signal.SIGKILL, signal.SIGTERM]), chance.random() < 0.5
        serve_until(end, everybody, tmp_path, longer, corpus, after=chance.uniform(0, 4))
    jobs = Jobs(tmp_path / "runs", limits=LIMITS)
    try:
        for seed, info in zip(SEEDS, jobs.runs("ada"), strict=True):
            status, _ = follow(jobs, "ada", info.run_id)
            assert status.state == "done"
            whole = tmp_path / f"whole-{info.run_id}"
            for _ in train(replace(longer, seed=seed), corpus, whole):
                pass
            assert status.model is not None
            assert Path(status.model).read_bytes() == (whole / "best.safetensors").read_bytes()
            assert files(tmp_path / "runs" / info.run_id) == {"best.safetensors", "config.json", "events.jsonl"}
    finally:
        jobs.close()


@contextmanager
def learning_run(root: Path, config: Config, corpus: Corpus) -> Iterator[tuple[Jobs, str, Any]]:
    """A run that is learning: who owns it, its id, and its process."""
    jobs = Jobs(root, limits=Limits(slots=1))
    try:
        run = jobs.submit("ada", config, corpus)
        follow(jobs, "ada", run, learning)
        (process,) = (p for p in multiprocessing.active_children() if p.name == "vae-worker")
        yield jobs, run, process
    finally:
        jobs.close()


def test_a_run_whose_process_was_killed_goes_on_to_the_same_model(
    tmp_path: Path, long: Config, corpus: Corpus, wholes: dict[int, bytes]
) -> None:
    with learning_run(tmp_path, long, corpus) as (jobs, run, process):
        process.kill()
        assert follow(jobs, "ada", run)[0].state == "failed"
        jobs.resume("ada", run)
        status, _ = follow(jobs, "ada", run)
    assert status.model is not None
    assert Path(status.model).read_bytes() == wholes[long.seed]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_a_run_whose_process_was_told_to_end_goes_on_by_itself(
    tmp_path: Path, long: Config, corpus: Corpus, wholes: dict[int, bytes]
) -> None:
    with learning_run(tmp_path, long, corpus) as (jobs, run, process):
        process.terminate()
        status, events = follow(jobs, "ada", run)
    assert status.state == "done"
    assert [event.reason for event in events if isinstance(event, Finished)] == ["paused", "done"]
    assert status.model is not None
    assert Path(status.model).read_bytes() == wholes[long.seed]
