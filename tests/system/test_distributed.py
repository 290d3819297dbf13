"""Several processes: they learn what one would learn, one of them speaks, and none waits for ever."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.processes import PATIENCE, Child, run_command

from vae.cli import main, run_folders
from vae.config.config import Config
from vae.data.batches import Sampler, Tokens
from vae.model.families.registry import build
from vae.model.families.vae import SentenceVAE
from vae.system import distributed
from vae.system.distributed import LostError
from vae.text.corpus import Corpus, read_corpus
from vae.training.events import Finished, Started, from_json
from vae.training.train import train

ROOT = Path(__file__).parents[2]
STEPS = 50
SIZES = Config(
    embedding=32, encoder_hidden=32, hidden=48, latent=8, free_bits=0.2, learning_rate=3e-3, steps=STEPS,
    precision="float32", threads=1,
)  # fmt: skip
VARIANTS: dict[str, dict[str, object]] = {
    "plain": {}, "normalised": {"batch_norm": 0.6}, "adversarial": {"family": "aae"}, "no space": {"family": "lm"},
}  # fmt: skip
TINY = [
    "--vocabulary=400", "--embedding=16", "--encoder-hidden=24", "--hidden=24", "--latent=4", "--precision=float32",
    "--threads=1", "--learning-rate=0.01", "--steps=40",
]  # fmt: skip
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks for the processes in /proc")


def by_torchrun(arguments: Sequence[str], restarts: int) -> subprocess.Popen[str]:
    """A command in two processes, which torchrun watches over."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", f"--max-restarts={restarts}"]
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "vae", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@contextmanager
def by_hand(function: Callable[..., object], *arguments: object, **environment: object) -> Iterator[list[Child]]:
    """Two processes that nobody watches over, so that each has to find out by itself that the other is gone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    group = {"WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "LOCAL_WORLD_SIZE": 2, **environment}
    processes = [Child(function, *arguments, RANK=rank, LOCAL_RANK=rank, **group) for rank in range(2)]
    try:
        yield processes
    finally:
        for process in processes:
            process.close()


def command(text: Path, output: Path, *more: object) -> list[str]:
    return ["train", str(text), "--output", str(output), "--batch=8", *TINY, *map(str, more)]


def learned(batch: int, **settings: object) -> list[list[float]]:
    """Losses, nll and KL of 50 steps, of all ranks."""
    random = np.random.default_rng(0)
    rows = [random.integers(4, 300, n).tolist() for n in random.integers(2, 20, 400)]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = build(Config.from_dict({**SIZES.to_dict(), "batch": batch, **settings}), 300)
    rank, world = distributed.rank(), distributed.world_size()
    sampler = Sampler(Tokens.of(rows), batch=batch, seed=1, rank=rank, world_size=world)
    found = []
    for t in range(STEPS):
        part = sampler.batch(t)
        losses = model.step(part, t)
        sums = torch.stack([losses.loss, losses.nll.sum() / part.global_size, losses.kl.sum() / part.global_size])
        found.append(distributed.sum_over_ranks(sums.double()).tolist())
    return found


def refused() -> dict[str, object]:
    """What a step does whose loss is no number on the last rank alone, and the largest difference between the ranks."""
    model = SentenceVAE(SIZES, 300)
    batch = Tokens.of([[5, 6, 7], [8, 9]]).batch([0, 1])
    before = [parameter.clone() for parameter in model.parameters()]
    loss = model.losses(batch, 20).loss * (float("inf") if distributed.rank() else 1.0)
    finite = bool(model.updaters["all"].apply(loss, 20))
    kept = all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    return {"finite": finite, "kept": kept}


def as_rank(folder: Path) -> None:
    """All that is tried within one group; each rank writes down what it found."""
    with distributed.group():
        rank = distributed.rank()
        with torch.random.fork_rng():
            torch.manual_seed(1)
            found: dict[str, object] = {name: learned(16, **settings) for name, settings in VARIANTS.items()}
            found |= refused()
        config = replace(SIZES, vocabulary=300, batch=8)
        text = read_corpus(b"\n".join(b"sentence number %d of a text" % i for i in range(200)), "text.txt")
        first = rank == 0  # the others have nothing but the folder
        timed = replace(config, steps=0, minutes=30.0) if first else None
        begun = train(timed, text if first else None, folder / "timed")
        found["steps"] = next(begun).steps  # type: ignore[union-attr]
        begun.close()  # type: ignore[attr-defined]
        calls = iter(range(10**9))
        *_, paused = train(
            config if first else None, text if first else None, folder / "paused",
            control=lambda: "pause" if rank == 1 and next(calls) >= 5 else "run",
        )  # fmt: skip
        assert isinstance(paused, Finished)
        found["paused"] = [paused.reason, paused.step]
        if first:
            shutil.copytree(folder / "paused", folder / "odd")
            settings = (folder / "odd" / "config.json").read_text()
            (folder / "odd" / "config.json").write_text(settings.replace('"batch": 16', '"batch": 15'))
        try:
            next(train(None, None, folder / "odd", resume=first))
        except ValueError as error:
            found["odd"] = str(error)
        (folder / f"{rank}.json").write_text(json.dumps(found))


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("ranks")
    with by_hand(as_rank, folder) as processes:
        for status, _, told in map(Child.ended, processes):
            assert status == 0, told
    return folder, [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize("name", VARIANTS)
def test_two_processes_learn_as_one_with_the_double_batch(ranks: tuple[Path, list[dict[str, Any]]], name: str) -> None:
    alone = np.array(learned(32, **VARIANTS[name]))
    for found in ranks[1]:
        np.testing.assert_allclose(np.array(found[name]), alone, rtol=1e-5, atol=1e-4)
    assert alone[-1, 1] < alone[0, 1]  # the loss itself may rise with beta


def test_loss_that_is_no_number_anywhere_is_refused_everywhere(ranks: tuple[Path, list[dict[str, Any]]]) -> None:
    assert [(found["finite"], found["kept"]) for found in ranks[1]] == [(False, True)] * 2


def test_minutes_are_the_same_number_of_steps_everywhere(ranks: tuple[Path, list[dict[str, Any]]]) -> None:
    first, second = (found["steps"] for found in ranks[1])
    assert first == second > 100


def test_wish_of_one_process_ends_all_at_the_same_step(ranks: tuple[Path, list[dict[str, Any]]]) -> None:
    assert [found["paused"] for found in ranks[1]] == [["paused", 6]] * 2  # asked before step 5, known a step later


def test_run_of_two_processes_is_gone_on_with_by_one(ranks: tuple[Path, list[dict[str, Any]]]) -> None:
    *_, finished = train(None, None, ranks[0] / "paused", resume=True)
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.step) == ("done", STEPS)


@pytest.fixture(scope="module")
def text(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("text") / "toy.txt"
    file.write_text("\n".join(corpus.sentences), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def whole(text: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a model by a run of two processes that nothing interrupted, and what the command printed."""
    folder = tmp_path_factory.mktemp("whole")
    told = command(text, folder / "m.safetensors", "--json", "--events", folder / "told.jsonl")
    with by_hand(run_command, told) as processes:
        (status, out, said), (other, nothing, _) = map(Child.ended, processes)
    assert (status, other, nothing) == (0, 0, ""), said
    return folder, out


def test_first_process_alone_speaks(whole: tuple[Path, str]) -> None:
    folder, out = whole
    assert json.loads(out)["model"] == str(folder / "m.safetensors")
    events = [from_json(line) for line in (folder / "told.jsonl").read_text().splitlines()]
    assert [type(event) for event in events if isinstance(event, Started | Finished)] == [Started, Finished]
    assert {path.name for path in folder.iterdir()} == {"m.safetensors", "told.jsonl"}


def test_command_of_two_processes_is_that_of_one_with_the_double_batch(
    whole: tuple[Path, str], text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = command(text, tmp_path / "m.safetensors", "--json", "--batch=16")
    assert main.main(alone) == 0
    measured = json.loads(capsys.readouterr().out)["last_evaluation"]
    together_ = json.loads(whole[1])["last_evaluation"]
    assert [together_[name] for name in ("nll", "kl", "step")] == pytest.approx(
        [measured[name] for name in ("nll", "kl", "step")], rel=1e-4
    )


def reached(events: Path, step: int) -> None:
    """Waits until a run's events tell of a step."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        lines = events.read_text().splitlines()[:-1] if events.exists() else []
        if any(json.loads(line).get("step", 0) >= step for line in lines):
            return
        time.sleep(0.01)
    raise TimeoutError(f"step {step} never came")


def rank_1_of(launcher: subprocess.Popen[str]) -> int:
    """The process id of a rank that torchrun has started."""
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    (pid,) = (int(child) for child in children if b"\0RANK=1\0" in Path(f"/proc/{child}/environ").read_bytes())
    return pid


@LINUX
def test_killed_process_is_started_again_and_the_run_ends_as_if_nothing_had_been(
    whole: tuple[Path, str], text: Path, tmp_path: Path
) -> None:
    run = by_torchrun(command(text, tmp_path / "m.safetensors", "--events", tmp_path / "told.jsonl"), restarts=1)
    try:
        reached(tmp_path / "told.jsonl", 8)
        os.kill(rank_1_of(run), signal.SIGKILL)
        _, told = run.communicate(timeout=PATIENCE)
    finally:
        run.terminate()  # torchrun then ends its own processes, too
        run.communicate()
    assert run.returncode == 0, told
    events = [from_json(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    assert [event.step > 0 for event in events if isinstance(event, Started)] == [False, True]
    assert (tmp_path / "m.safetensors").read_bytes() == (whole[0] / "m.safetensors").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_lost_process_ends_the_others_in_plain_words_and_the_same_command_goes_on(
    whole: tuple[Path, str], text: Path, tmp_path: Path
) -> None:
    model, told = tmp_path / "m.safetensors", tmp_path / "m.run" / "events.jsonl"
    with by_hand(run_command, command(text, model), VAE_TIMEOUT=6) as (first, second):
        reached(told, 5)
        os.kill(second.pid, signal.SIGSTOP)
        status, _, said = first.ended()
        assert status == 2
        assert "error: another process of this training did not answer within 6 seconds" in said
        assert "start the same command again" in said
        os.kill(second.pid, signal.SIGCONT)
        status, _, said = second.ended()
        assert (status, "error: another process of this training" in said) == (2, True)
    with by_hand(run_command, command(text, model)) as (first, second):
        reached(told, 20)
        os.kill(second.pid, signal.SIGKILL)
        status, _, said = first.ended()
        assert (status, "error: another process of this training ended" in said) == (2, True)
        assert "Traceback" not in said
    with by_hand(run_command, command(text, model)) as processes:
        for status, _, said in map(Child.ended, processes):
            assert status == 0, said
    assert model.read_bytes() == (whole[0] / "m.safetensors").read_bytes()
    assert not told.parent.exists()


def test_mistake_of_a_command_ends_every_process(text: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("A single sentence.")
    with by_hand(run_command, command(tmp_path / "one.txt", tmp_path / "m.safetensors")) as processes:
        (status, _, said), (other, _, _) = map(Child.ended, processes)
    assert (status, other) == (2, 2)
    assert "At least 2 different sentences" in said
    assert "Traceback" not in said


def test_process_that_is_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    x = torch.ones(2, requires_grad=True)
    with distributed.group(), distributed.rank_zero_first():
        assert (distributed.rank(), distributed.world_size(), distributed.local_world_size()) == (0, 1, 1)
        assert distributed.sum_over_ranks(x) is x
        assert distributed.broadcast_from_first(7) == 7
        assert list(distributed.Agreement()(True, False)) == [True, False]


def test_group_that_does_not_gather_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WORLD_SIZE": 2, "RANK": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 9}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("VAE_TIMEOUT", "0.5")
    with pytest.raises(LostError), distributed.group():
        pass
    monkeypatch.setenv("VAE_TIMEOUT", "soon")
    with pytest.raises(ValueError, match="VAE_TIMEOUT must be a number of seconds above 0"), distributed.group():
        pass


def test_shared_folder_is_taken_by_its_own_command_alone(text: Path, tmp_path: Path) -> None:
    folder = run_folders.shared_folder(tmp_path / "m.safetensors")
    assert not run_folders.claim(folder, text, {"seed": 1})
    assert not run_folders.claim(folder, text, {"seed": 2})  # nothing was begun in it
    (folder / "state.safetensors").touch()
    assert run_folders.claim(folder, text, {"seed": 2})
    with pytest.raises(ValueError, match="already holds something: use --resume"):
        run_folders.claim(folder, text, {"seed": 1})
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    with pytest.raises(ValueError, match="already holds something"):
        run_folders.claim(tmp_path / "photos", text, {})


def test_step_that_cannot_be_shared_equally_is_an_error(ranks: tuple[Path, list[dict[str, Any]]]) -> None:
    config = json.loads((ranks[0] / "paused" / "config.json").read_text())["config"]
    assert config["batch"] == 16  # the whole step's, 8 of each process
    assert [found["odd"] for found in ranks[1]] == [
        "15 sentences a step cannot be shared equally among 2 processes"
    ] * 2
