"""A training killed again and again: while it saves, whether a file is ever torn; and in its course, whether it ends as
one that was left alone.

    python tests/reliability/saving.py [--kills 100] [--runs 3] [--json]

The processes are forked from one that has the imports done, and killed with SIGKILL at random moments.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from safetensors.torch import load_file

from vae.config.config import Config
from vae.model.checkpoint import Checkpoint, load, save
from vae.model.families.base import DecoderModel
from vae.model.text_model import sample
from vae.text.corpus import Corpus, read_corpus
from vae.training.event_log import EventLog
from vae.training.events import Saved, to_json
from vae.training.resume_state import ResumePoint, load_state, save_state
from vae.training.run_folder import Run
from vae.training.train import train

CONFIG = Config(
    vocabulary=400, embedding=64, encoder_hidden=96, hidden=128, latent=8, batch=16, steps=60, precision="float32",
    threads=1,
)  # fmt: skip


def corpus() -> Corpus:
    """120 short sentences."""
    parts = (("the cat", "a dog", "my sister", "the girl"), ("sees", "likes", "wants", "finds", "paints", "hides"))
    ends = ("the ball", "an apple", "some bread", "the river", "a letter")
    return read_corpus("\n".join(map(" ".join, itertools.product(*parts, ends))).encode(), "toy.txt", layout="lines")


def killed(work: Callable[[], None], seconds: float) -> bool:
    """Whether the work, done in a process of its own, was ended by SIGKILL after so long; else it had ended by itself.

    Raises:
        RuntimeError: it failed.
    """
    process = os.fork()
    if not process:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + seconds
    while (ended := os.waitpid(process, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.001)
    if not ended[0]:
        os.kill(process, signal.SIGKILL)
        ended = os.waitpid(process, 0)
    if os.WIFEXITED(ended[1]) and os.WEXITSTATUS(ended[1]):
        raise RuntimeError("the process that was to be killed failed by itself")
    return os.WIFSIGNALED(ended[1])


def saving(folder: Path, kills: int, chance: random.Random) -> dict[str, int]:
    """Kill a process that does nothing but save, and look at what it left."""
    for _ in train(replace(CONFIG, steps=2), corpus(), folder / "run"):
        pass
    run = Run(folder / "run")
    model = load(run.best)
    network = model.text_model.model
    assert isinstance(network, DecoderModel)
    begun = time.monotonic()
    _save_all(run, model, network, 0)
    once = time.monotonic() - begun

    def save_on() -> None:
        for turn in itertools.count(1):
            _save_all(run, model, network, turn)

    unreadable = strays = left = 0
    for _ in range(kills):
        killed(save_on, chance.uniform(0.0, 4 * once))
        found = list(run.folder.glob(".*.tmp"))
        strays += len(found)
        run.remove_leftovers()
        left += len(list(run.folder.glob(".*.tmp")))
        try:
            sample(load(run.best).text_model, 1)
            load_state(run, network)
            EventLog(run.events).read()
        except (ValueError, OSError) as error:
            unreadable += 1
            print(f"unreadable: {error}", file=sys.stderr)
    return {"kills": kills, "unreadable": unreadable, "temporaries": strays, "temporaries_left": left}


def _save_all(run: Run, model: Checkpoint, network: DecoderModel, turn: int) -> None:
    save(run.best, replace(model, info=replace(model.info, steps=turn)))
    save_state(run, network, ResumePoint(turn, float(turn), 0.0))
    run.append_event(to_json(Saved(turn, str(run.best), True)))


def interrupted(folder: Path, runs: int, chance: random.Random) -> dict[str, int]:
    """Kill trainings at any moment until they have ended, each time going on in a new process."""
    text = corpus()

    def go_on(run: Path) -> None:
        resume = Run(run).state.exists()
        for _ in train(None if resume else CONFIG, None if resume else text, run, resume=resume):
            pass

    begun = time.monotonic()
    killed(lambda: go_on(folder / "whole"), 3600)
    whole = time.monotonic() - begun
    kills = different = 0
    for number in range(runs):
        run = folder / f"parts{number}"
        while killed(lambda run=run: go_on(run), chance.uniform(0.1, 0.8) * whole):  # type: ignore[misc]
            kills += 1
        different += not _same(Run(run), Run(folder / "whole"))
    return {"runs": runs, "kills": kills, "different": different}


def _same(a: Run, b: Run) -> bool:
    """Whether two runs have the same model, to the byte, and the same state."""
    first, second = load_file(a.state), load_file(b.state)
    equal = first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    return equal and a.best.read_bytes() == b.best.read_bytes()


def main() -> None:
    """Do both, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="while saving")
    parser.add_argument("--runs", type=int, default=3, help="that are killed in their course")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # others would not outlive a fork
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = {
            "saving": saving(Path(folder), arguments.kills, chance),
            "interrupted": interrupted(Path(folder), arguments.runs, chance),
        }
    if arguments.json:
        print(json.dumps(found))
        return
    for part, figures in found.items():
        print(f"{part:12} {', '.join(f'{value} {name}' for name, value in figures.items())}")


if __name__ == "__main__":
    main()
