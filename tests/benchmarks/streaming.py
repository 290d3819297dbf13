"""Texts larger than memory: how fast one is prepared, what memory training on it takes, and that a killed one goes on.

    python tests/benchmarks/streaming.py [--json] [--sentences 10000000]

Each figure comes from a process of its own, which is the command a user runs (`python -m vae train`) on text that is
generated here and removed again. Peak memory is the process's largest resident size, of the preparation and the
training together.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent.parent
_FEW = 10_000
_STEPS = 20
_AT_ONCE = 100_000
_WORDS = 20_000

# Prepares and trains as the command line does, and prints what it took, with the seconds at which it said what.
_RUN = """
import json, sys, time
from pathlib import Path
from vae.config.config import Config
from vae.training.events import Started
from vae.data.prepared_text import PreparedText
from vae.text.text_file import TextFile
from vae.training.train import train
text, folder, steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
begun = time.perf_counter()
def say(what, done):
    print(json.dumps({"seconds": time.perf_counter() - begun, "said": str(what)}), flush=True)
config = Config(steps=steps, embedding=64, encoder_hidden=64, hidden=64, latent=8, threads=1)
for event in train(config, TextFile(text, on_progress=say), folder):
    if isinstance(event, Started):
        print(json.dumps({"seconds": time.perf_counter() - begun, "said": "started"}), flush=True)
told = PreparedText.load(folder).train
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(json.dumps({"tokens": told.total, "sentences": len(told), "peak_mb": peak}))
"""


def generate(path: Path, sentences: int, seed: int = 1) -> None:
    """Write sentences of 2 to some 20 made-up words, whose frequencies fall as those of a language do."""
    random = np.random.default_rng(seed)
    letters = np.frombuffer(b"etaoinshrdlcumwfgypbvk", np.uint8)
    words = np.array([bytes(letters[random.integers(0, 22, n)]) + b" " for n in random.integers(2, 9, _WORDS)], object)
    chances = (1 / np.arange(3, _WORDS + 3)).cumsum()
    with path.open("wb") as file:
        for first in range(0, sentences, _AT_ONCE):
            lengths = random.poisson(8, min(_AT_ONCE, sentences - first)) + 2
            chosen = words[np.searchsorted(chances, random.random(lengths.sum()) * chances[-1])]
            chosen[lengths.cumsum() - 1] += b"\n"
            file.write(b"".join(chosen.tolist()))


def run(text: Path, folder: Path, kill_after: float = 0.0) -> list[dict[str, Any]]:
    """What a process tells that prepares the text and trains on it; killed at its first word after some seconds."""
    command = [sys.executable, "-c", _RUN, str(text), str(folder), str(_STEPS)]
    told = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        for line in child.stdout:
            told.append(json.loads(line))
            if kill_after and told[-1].get("seconds", 0) > kill_after:
                os.kill(child.pid, signal.SIGKILL)
                break
    return told


def figures(sentences: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="streaming-") as scratch:
        folder = Path(scratch)
        few, many = folder / "few.txt", folder / "many.txt"
        generate(few, _FEW)
        begun = time.perf_counter()
        generate(many, sentences)
        generated = time.perf_counter() - begun
        small, large = run(few, folder / "a"), run(many, folder / "b")
        prepared = large[-2]["seconds"]
        begun = time.perf_counter()
        killed = run(many, folder / "c", kill_after=prepared / 2)
        again = run(many, folder / "c")
        same = filecmp.cmp(folder / "b" / "tokens.bin", folder / "c" / "tokens.bin", shallow=False)
        return {
            "sentences": sentences,
            "text_mb": many.stat().st_size / 1e6,
            "generation_s": generated,
            "tokens": large[-1]["tokens"],
            "preparation_s": prepared,
            "tokens_per_second": large[-1]["tokens"] / prepared,
            "peak_mb_few": small[-1]["peak_mb"],
            "peak_mb_many": large[-1]["peak_mb"],
            "difference_mb": large[-1]["peak_mb"] - small[-1]["peak_mb"],
            "killed_after_s": killed[-1]["seconds"],
            "killed_at": killed[-1]["said"],
            "then_s": again[-2]["seconds"],
            "goes_on": again[-2]["seconds"] < 0.9 * prepared and same,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sentences", type=int, default=1_000_000, help="of the large text (default 1,000,000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    found = figures(arguments.sentences)
    if arguments.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:20} {value:,.1f}" if isinstance(value, float) else f"{name:20} {value}")


if __name__ == "__main__":
    main()
