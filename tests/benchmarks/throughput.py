"""How fast training is on this machine: against the tutorial's loop, against the roofline, and where the time goes.

    python tests/benchmarks/throughput.py [--json] [--rounds 7] [--sweep] [--profile]

Everything is measured in turns inside one run: a turn of the tutorial's loop (`assets/tutorial.py`: random padded
batches, untied full softmax, float32), one of ours in float32, one in bfloat16, one of plain square matrix products.
Figures are medians over the rounds (a busy neighbour's share of the cache shows in them: the best round stands beside).
Tokens are real ones, padding not counted, the end mark counted.

The roofline is the time that the step's matrix products would take at the speed of the best square product: 3 times
the floating-point operations of the forward pass (forward, and two products for each in the backward pass).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "assets")]

import tutorial

from vae.config.config import Config
from vae.data.batches import Batch, Sampler, Tokens
from vae.model.families.vae import SentenceVAE
from vae.model.layers.output_softmax import linear

MARKS = 4
SIZES = Config(
    embedding=256, encoder_hidden=256, hidden=256, latent=32, bidirectional=False, vocabulary=7000, batch=64,
    steps=100_000,
)  # fmt: skip
STEPS = 20  # of each turn


def text(vocabulary: int, sentences: int, seed: int = 1) -> list[list[int]]:
    """Word ids whose frequencies follow Zipf's law and whose lengths are those of everyday sentences, 8 on average."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, vocabulary - MARKS + 1)
    lengths = np.clip(random.lognormal(2.0, 0.4, sentences).round().astype(int), 1, 40)
    words = random.choice(vocabulary - MARKS, lengths.sum(), p=weights / weights.sum()) + MARKS
    return [row.tolist() for row in np.split(words, lengths.cumsum()[:-1])]


def forward_flops(config: Config, vocabulary: int, batch: Batch) -> int:
    """Floating-point operations of the matrix products of one forward pass, padding not counted."""
    tokens, sentences = int(batch.lengths.sum()), len(batch.lengths)
    e, r, h, d = config.embedding, config.encoder_hidden, config.hidden, config.latent
    directions = 2 if config.bidirectional else 1
    a_token = directions * 4 * r * (e + r) + 4 * h * (e + h) + h * e + e * vocabulary
    a_sentence = directions * r * 2 * d + d * 2 * h + d * 4 * h + d * e + (d * e + e * vocabulary)
    return 2 * (tokens * a_token + sentences * a_sentence)


@torch.no_grad()
def matrix_peak(dtype: torch.dtype, sizes: tuple[int, ...] = (1024, 2048)) -> float:
    """Operations a second of the best square matrix product."""
    best = 0.0
    for n in sizes:
        a, b = torch.randn(2, n, n).to(dtype)
        repeats = max(1, 2048**3 // n**3)
        for multiply in (torch.matmul, linear):  # of float32, two libraries have one
            multiply(a, b)
            took = seconds(lambda: [multiply(a, b) for _ in range(repeats)])  # noqa: B023
            best = max(best, 2 * n**3 * repeats / took)
    return best


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@dataclass
class Ours:
    """Our trainer's hot loop: the next batch, one update."""

    config: Config
    vocabulary: int
    rows: list[list[int]]

    def __post_init__(self) -> None:
        torch.manual_seed(1)
        self.model = SentenceVAE(self.config, self.vocabulary).train()
        self.sampler = Sampler(Tokens.of(self.rows), batch=self.config.batch, seed=1)
        self.done = 0

    def turn(self, steps: int = STEPS) -> tuple[float, float, float]:
        """Seconds, tokens and operations (forward and backward) of some steps."""
        tokens, flops = 0, 0
        begun = time.perf_counter()
        for t in range(self.done, self.done + steps):
            batch = self.sampler.batch(t)
            self.model.step(batch, t)
            tokens += int(batch.lengths.sum())
            flops += 3 * forward_flops(self.config, self.vocabulary, batch)
        self.done += steps
        return time.perf_counter() - begun, tokens, flops


@dataclass
class Tutorial:
    """The tutorial's loop at the same sizes, on the same sentences."""

    config: Config
    vocabulary: int
    rows: list[list[int]]

    def __post_init__(self) -> None:
        torch.manual_seed(1)
        c = self.config
        self.model = tutorial.VAE(self.vocabulary, c.hidden, c.latent, embedding_dim=c.embedding)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.slices = self._slices()

    def _slices(self) -> Iterator[list[list[int]]]:
        while True:
            yield from (self.rows[i : i + STEPS * self.config.batch] for i in range(0, len(self.rows), STEPS * 64))

    def turn(self) -> tuple[float, float]:
        """Seconds and tokens of some steps."""
        some = next(self.slices)
        vocabulary = tutorial.Vocabulary([])
        vocabulary.encode = lambda row: row  # type: ignore[method-assign, assignment, return-value]
        loader = tutorial.load_data(some, vocabulary, self.config.batch)  # type: ignore[arg-type]
        with contextlib.redirect_stdout(io.StringIO()):
            took = seconds(lambda: tutorial.train(self.model, loader, self.optimizer, epochs=1))
        return took, sum(len(row) + 1 for row in some)


def compare(config: Config, rounds: int) -> dict[str, float]:
    """The figures at one size."""
    rows = text(config.vocabulary, 20_000)
    ours = {p: Ours(replace(config, precision=p), config.vocabulary, rows) for p in ("float32", "bfloat16")}
    theirs = Tutorial(config, config.vocabulary, rows)
    for trainer in (*ours.values(), theirs):
        trainer.turn()  # the first turn pays for kernels and memory
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    for _ in range(rounds):
        took, tokens = theirs.turn()
        note("tutorial", tokens / took)
        for precision, trainer in ours.items():
            took, tokens, flops = trainer.turn()
            peak = matrix_peak(getattr(torch, precision))
            note(precision, tokens / took)
            note(f"roofline_{precision}", flops / took / peak)
            note(f"ratio_{precision}", tokens / took / found["tutorial"][-1])
            note(f"peak_{precision}", peak / 1e9)
    best = {f"best_{name}": max(values) for name, values in found.items() if name.startswith("roofline")}
    return {name: statistics.median(values) for name, values in found.items()} | best


def profile(config: Config, steps: int = 40) -> list[tuple[str, float, float]]:
    """Where the milliseconds of a step go: (operation, milliseconds a step, share), the largest first."""
    trainer = Ours(config, config.vocabulary, text(config.vocabulary, 20_000))
    trainer.turn()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as recorded:
        trainer.turn(steps)
    rows = [(e.key, e.self_cpu_time_total / 1e3 / steps) for e in recorded.key_averages()]
    total = sum(ms for _, ms in rows)
    return sorted(((name, ms, ms / total) for name, ms in rows), key=lambda row: -row[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sweep", action="store_true", help="over batch, hidden size and vocabulary, too")
    parser.add_argument("--profile", action="store_true", help="where the milliseconds of a step go")
    arguments = parser.parse_args()
    found = compare(SIZES, arguments.rounds)
    report: dict[str, object] = {
        "threads": torch.get_num_threads(),
        "tokens_per_second": found["bfloat16"], "tokens_per_second_f32": found["float32"],
        "tutorial_tokens_per_second": found["tutorial"],
        "ratio_to_tutorial": found["ratio_bfloat16"], "ratio_to_tutorial_f32": found["ratio_float32"],
        "roofline_bf16": found["roofline_bfloat16"], "roofline_f32": found["roofline_float32"],
        "best_roofline_bf16": found["best_roofline_bfloat16"], "best_roofline_f32": found["best_roofline_float32"],
        "matrix_gflops_bf16": found["peak_bfloat16"], "matrix_gflops_f32": found["peak_float32"],
    }  # fmt: skip
    if arguments.sweep:
        report["sweep"] = [
            {"change": change, **compare(replace(SIZES, **change), arguments.rounds)}
            for change in (
                {"batch": 16}, {"batch": 256}, {"hidden": 128, "encoder_hidden": 128, "embedding": 128},
                {"hidden": 512, "encoder_hidden": 512}, {"vocabulary": 2000}, {"vocabulary": 20_000},
            )
        ]  # fmt: skip
    if arguments.profile:
        report["profile"] = [
            {"operation": name, "ms": ms, "share": share}
            for name, ms, share in profile(replace(SIZES, precision="bfloat16"))[:25]
        ]
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    for name, value in report.items():
        if isinstance(value, list):
            print(f"\n{name}")
            for row in value:
                print("  " + "  ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))
        else:
            print(f"{name:28} {value:.4g}" if isinstance(value, float) else f"{name:28} {value}")


if __name__ == "__main__":
    main()
