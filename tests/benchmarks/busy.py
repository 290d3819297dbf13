"""What a training is beside other programs: its steps, the time told and taken, and the model that comes of it.

    python tests/benchmarks/busy.py [--presets quick balanced] [--minutes M] [--scale 1.0] [--text FILE]

Each preset, and a length in minutes if one is given, is trained twice: with nothing of ours beside it, and beside two
programs that multiply matrices in two threads each, which this starts and ends. It prints one JSON object: of each the
steps, the threads, the seconds that were told after a tenth of the time, those that it took, how much of a core it got,
and the BLEU of held-out sentences given back. `--scale` makes the presets' steps fewer, where there is little time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from vae.config.config import Config
from vae.config.presets import PRESETS
from vae.messages.message import UserError
from vae.metrics.text_scores import bleu
from vae.model import checkpoint, text_model
from vae.text.corpus import Corpus, read_corpus
from vae.training.events import Finished, Progress
from vae.training.train import train

PROGRAMS, THREADS = 2, 2
_BURN = "import torch\nx = torch.randn(700, 700)\nwhile True:\n    x = (x @ x).tanh()"


@contextmanager
def others(count: int) -> Iterator[None]:
    """Programs that compute for as long as the block lasts."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), "MKL_NUM_THREADS": str(THREADS)}
    running = [subprocess.Popen([sys.executable, "-c", _BURN], env=environment) for _ in range(count)]
    try:
        time.sleep(3 if count else 0)  # until they have begun
        yield
    finally:
        for program in running:
            program.kill()
            program.wait()


def trained(config: Config, text: Corpus) -> dict[str, object]:
    """What a training promised, and what it was."""
    with TemporaryDirectory() as folder:
        begun, told, cores = time.monotonic(), list[tuple[float, float]](), 0.0
        try:
            for event in train(config, text, Path(folder) / "run", started=begun):
                match event:
                    case Progress():
                        passed = time.monotonic() - begun
                        told.append((passed, passed + event.seconds_left))
                        cores = event.cores
                    case Finished():
                        finished = event
        except UserError as error:
            return {"refused": str(error)}
        taken = time.monotonic() - begun
        assert finished.path
        model = checkpoint.load(finished.path)
    _, held_out = text.split()
    given_back = [point.text for point in text_model.reconstruct(model.text_model, held_out[:500], refine=0)]
    early = next(total for passed, total in told if passed >= taken / 10)
    return {
        "steps": finished.step, "threads": model.config.threads, "seconds_told": round(early), "seconds": round(taken),
        "cores": round(cores, 2), "level": model.info.level, "bleu": round(bleu(given_back, held_out[:500]), 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="*", default=["quick", "balanced"], choices=tuple(PRESETS))
    parser.add_argument("--minutes", type=float, help="train the preset balanced for so long, too")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--text", type=Path, default=ROOT / "assets" / "corpora" / "everyday-english.tsv")
    arguments = parser.parse_args()
    text = read_corpus(arguments.text.read_bytes(), arguments.text.name)
    configs = {name: PRESETS[name].config for name in arguments.presets}
    configs = {name: replace(config, steps=round(config.steps * arguments.scale)) for name, config in configs.items()}
    if arguments.minutes:
        configs[f"{arguments.minutes:g} minutes"] = replace(
            PRESETS["balanced"].config, steps=0, minutes=arguments.minutes
        )
    found: dict[str, dict[str, object]] = {}
    for name, config in configs.items():
        found[name] = {}
        for beside, count in (("alone", 0), ("busy", PROGRAMS)):
            with others(count):
                found[name][beside] = trained(config, text)
            print(name, beside, found[name][beside], file=sys.stderr, flush=True)
    print(json.dumps({"load_before": os.getloadavg()[0], **found}, indent=1))


if __name__ == "__main__":
    main()
