"""What a second process brings: two of one thread each, against one of one thread with the double batch.

    python tests/benchmarks/distributed.py [--json] [--rounds 5] [--batch 128] [--vocabulary 7000] [--precision float32]

In turns inside one run: the one process, the two, and two that do the same shares of the steps without a word to each
other, which shows what the words cost. Each turn is some steps, timed inside the processes, which wait for their turn;
a turn of two takes as long as the slower one. All do the same steps of the same text. Figures are medians over the
rounds, the losses those of the first 50 steps, a rise of beta among them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import torch
from throughput import SIZES, text
from torch.distributed import TCPStore

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from vae.config.config import Config
from vae.data.batches import Sampler, Tokens
from vae.model.families.vae import SentenceVAE
from vae.system import distributed

STEPS = 10  # of a turn
COMPARED = 50
PARTS = {"one": 1, "two": 2, "apart": 2}  # and how many processes


def main() -> None:
    arguments = parsed()
    if arguments.part:
        take_part(arguments)
        return
    store = TCPStore("127.0.0.1", 0, is_master=True, timeout=timedelta(seconds=100))
    processes = [process for part in PARTS for process in start(part, arguments, store.port)]
    turns: dict[str, list[dict[str, list[float]]]] = {part: [] for part in PARTS}
    try:
        for turn in range(arguments.rounds + 1):  # the first one pays for kernels and memory
            for part in PARTS:
                turns[part].append(turn_of(store, processes, part, turn))
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for process in processes:
            process.wait()
    figures = evaluated(turns, arguments)
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))


def start(part: str, arguments: argparse.Namespace, port: int) -> list[subprocess.Popen[bytes]]:
    """The processes of a part, which will be waiting for their turns."""
    mine = [__file__, "--part", part, "--port", str(port), *(f"--{name}={value}" for name, value in given(arguments))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if part == "two":
        together = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        return [subprocess.Popen([sys.executable, *together, *mine], env=environment)]
    return [
        subprocess.Popen([sys.executable, *mine, "--rank", str(rank)], env=environment) for rank in range(PARTS[part])
    ]


def take_part(arguments: argparse.Namespace) -> None:
    """What a process does: the steps of each of its turns."""
    torch.set_num_threads(1)
    with distributed.group():
        world = PARTS[arguments.part]
        rank = distributed.rank() if arguments.part == "two" else arguments.rank
        config = settings(arguments)
        torch.manual_seed(1)
        model = SentenceVAE(config, config.vocabulary).train()
        tokens = Tokens.of(text(config.vocabulary, 40_000))
        sampler = Sampler(tokens, batch=2 * arguments.batch // world, seed=1, rank=rank, world_size=world)
        store = TCPStore("127.0.0.1", arguments.port, timeout=timedelta(seconds=100))
        for turn in range(arguments.rounds + 1):
            store.wait([f"{arguments.part} {turn}"])
            losses, told, begun = [], 0, time.perf_counter()
            for t in range(turn * STEPS, (turn + 1) * STEPS):
                batch = sampler.batch(t)
                losses.append(model.step(batch, t).loss)
                told += int(batch.lengths.sum())
            seconds = time.perf_counter() - begun
            done = {"seconds": seconds, "tokens": told, "losses": torch.stack(losses).tolist()}
            store.set(f"{arguments.part} {turn} {rank}", json.dumps({**done, "numbers": numbers(model)}))


def turn_of(store: TCPStore, processes: list[subprocess.Popen[bytes]], part: str, turn: int) -> dict[str, list[float]]:
    """Let the processes of a part do a turn: the figures of each."""
    store.set(f"{part} {turn}", "go")
    answers = [f"{part} {turn} {rank}" for rank in range(PARTS[part])]
    while not store.check(answers):
        if any(process.poll() for process in processes):
            sys.exit("a process of the measurement failed")
        time.sleep(0.02)
    done = [json.loads(store.get(answer)) for answer in answers]
    return {name: [figures[name] for figures in done] for name in done[0]}


def evaluated(turns: dict[str, list[dict[str, list[float]]]], arguments: argparse.Namespace) -> dict[str, object]:
    seconds = {part: [max(turn["seconds"]) for turn in found[1:]] for part, found in turns.items()}
    speed = {
        part: statistics.median(sum(turn["tokens"]) / max(turn["seconds"]) for turn in found[1:])
        for part, found in turns.items()
    }
    losses = {
        part: [sum(shares) for turn in turns[part] for shares in zip(*turn["losses"], strict=True)][:COMPARED]
        for part in ("one", "two")
    }
    gradients = turns["one"][0]["numbers"][0]
    return {
        "batch": arguments.batch, "vocabulary": arguments.vocabulary, "hidden": arguments.hidden,
        "precision": arguments.precision, "rounds": arguments.rounds,
        "steps_compared": len(losses["one"]),
        "largest_difference": max(abs(a - b) for a, b in zip(losses["one"], losses["two"], strict=True)),
        "loss_at_first": losses["one"][0], "loss_at_last": losses["one"][-1],
        "one_tokens_per_second": speed["one"], "two_tokens_per_second": speed["two"],
        "ratio": statistics.median(a / b for a, b in zip(seconds["one"], seconds["two"], strict=True)),
        "communication_share": statistics.median(
            1 - a / b for a, b in zip(seconds["apart"], seconds["two"], strict=True)
        ),
        "step_ms": {part: 1000 * statistics.median(found) / STEPS for part, found in seconds.items()},
        "gradient_megabytes": 4 * gradients / 1e6,
    }  # fmt: skip


def table(figures: dict[str, object]) -> str:
    return "\n".join(f"{name:24} {value}" for name, value in figures.items())


def numbers(model: SentenceVAE) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def settings(arguments: argparse.Namespace) -> Config:
    return replace(
        SIZES, steps=(arguments.rounds + 1) * STEPS, vocabulary=arguments.vocabulary, hidden=arguments.hidden,
        encoder_hidden=arguments.hidden, embedding=arguments.hidden, precision=arguments.precision,
    )  # fmt: skip


def given(arguments: argparse.Namespace) -> list[tuple[str, object]]:
    return [(name, getattr(arguments, name)) for name in ("rounds", "batch", "vocabulary", "hidden", "precision")]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default 5)")
    parser.add_argument("--batch", type=int, default=128, help="sentences of a step, of each of two (default 128)")
    parser.add_argument("--vocabulary", type=int, default=7000)
    parser.add_argument("--hidden", type=int, default=256, help="numbers of the LSTMs and embeddings (default 256)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--part", choices=tuple(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
