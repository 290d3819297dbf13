"""How long our trainer and the tutorial's loop take to the same validation nll, at equal sizes on equal tokens.

    python tests/benchmarks/time_to_nll.py FILE [--json] [--seconds 60]

The tutorial's loop trains for the given time; then ours, with its default recipe, until it is as good. Two figures of
held-out sentences are compared, in nats a sentence: the reconstruction nll (with one z drawn a sentence), and -ELBO,
which adds the KL. Measuring is not counted. Words are in lower case, the 7,000 most frequent ones; others are unknown
to both alike.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from throughput import SIZES, tutorial

from vae.data.batches import Sampler, Tokens, batches_by_length
from vae.model import gaussian
from vae.model.families.vae import SentenceVAE
from vae.text.tokenizer import UNK_ID

HELD_OUT = 500
STEPS = 25  # between two measurements
Figures = tuple[float, float]  # nll, -ELBO


def sentences(path: Path) -> list[str]:
    """Distinct sentences with their words and marks apart, shuffled."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = sorted({" ".join(re.findall(r"\w+|[^\w\s]", line.lower())) for line in lines} - {""})
    random.Random(1).shuffle(found)
    return found


def theirs(training: list[str], held_out: list[str], seconds: float) -> Iterator[tuple[float, Figures]]:
    """The tutorial's loop: seconds spent, and how good it then is."""
    torch.manual_seed(1)
    vocabulary = tutorial.Vocabulary(training, SIZES.vocabulary)
    model = tutorial.VAE(len(vocabulary.words), SIZES.hidden, SIZES.latent, embedding_dim=SIZES.embedding)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def measured() -> Figures:
        total = torch.zeros(2, dtype=torch.float64)
        with torch.no_grad():
            for x in tutorial.load_data(held_out, vocabulary, 64):
                recon, mu, logvar = model(x)
                loss = tutorial.loss_function(recon, x, mu, logvar) * len(x)
                total += torch.stack([loss - gaussian.kl_to_prior(mu, logvar).sum(), loss])
        return tuple((total / len(held_out)).tolist())

    spent, at = 0.0, 0
    while spent < seconds:
        some = training[at : at + STEPS * SIZES.batch]
        at = (at + len(some)) % len(training) if len(some) == STEPS * SIZES.batch else 0
        loader = tutorial.load_data(some, vocabulary, SIZES.batch)
        begun = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            tutorial.train(model, loader, optimizer, epochs=1)
        spent += time.perf_counter() - begun
        yield spent, measured()


def ours(training: list[str], held_out: list[str], steps: int) -> Iterator[tuple[float, Figures]]:
    """Our hot loop, for as many steps."""
    torch.manual_seed(1)
    vocabulary = tutorial.Vocabulary(training, SIZES.vocabulary)

    def tokens(texts: list[str]) -> Tokens:
        rows = (vocabulary.encode(text) for text in texts)
        return Tokens.of([[UNK_ID if i == tutorial.UNK else i for i in row] for row in rows])

    bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    config = replace(SIZES, steps=steps, batch=32, learning_rate=2e-3, precision="bfloat16" if bf16 else "float32")
    model = SentenceVAE(config, len(vocabulary.words)).train()
    sampler, told = Sampler(tokens(training), batch=config.batch, seed=1), tokens(held_out)

    def measured() -> Figures:
        total = torch.zeros(2, dtype=torch.float64)
        generator = torch.Generator().manual_seed(1)
        model.eval()
        with torch.no_grad():
            for _, batch in batches_by_length(told):
                posterior = model.posterior(batch)
                nll = model.nll(batch, gaussian.sample(*posterior, generator)).sum()
                total += torch.stack([nll, nll + gaussian.kl_to_prior(*posterior).sum()])
        model.train()
        return tuple((total / len(held_out)).tolist())

    spent = 0.0
    for first in range(0, steps, STEPS):
        begun = time.perf_counter()
        for t in range(first, min(steps, first + STEPS)):
            model.step(sampler.batch(t), t)
        spent += time.perf_counter() - begun
        yield spent, measured()


def reached(run: list[tuple[float, Figures]], which: int, goal: float) -> float | None:
    """Seconds until a figure was first at its goal."""
    return next((spent for spent, figures in run if figures[which] <= goal), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path, metavar="FILE", help="a sentence a line")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the tutorial's loop")
    arguments = parser.parse_args()
    text = sentences(arguments.text)
    held_out, training = text[:HELD_OUT], text[HELD_OUT:]
    slow = list(theirs(training, held_out, arguments.seconds))
    pace = next(iter(ours(training, held_out, STEPS)))[0] / STEPS
    fast = list(ours(training, held_out, max(4 * STEPS, int(arguments.seconds / 3 / pace))))
    report: dict[str, object] = {"sentences": len(training), "held_out": len(held_out)}
    for which, name in enumerate(("nll", "minus_elbo")):
        goal = min(figures[which] for _, figures in slow)
        their_time, our_time = reached(slow, which, goal), reached(fast, which, goal)
        report |= {
            name: goal, f"{name}_tutorial_seconds": their_time, f"{name}_our_seconds": our_time,
            f"{name}_times_faster": their_time / our_time if their_time and our_time else None,
            f"our_best_{name}": min(figures[which] for _, figures in fast),
        }  # fmt: skip
    if arguments.json:
        print(json.dumps(report, indent=2))
    else:
        for key, value in report.items():
            print(f"{key:32} {value:.4g}" if isinstance(value, float) else f"{key:32} {value}")


if __name__ == "__main__":
    main()
