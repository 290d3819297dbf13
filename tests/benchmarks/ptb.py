"""The published setting for text VAEs on the Penn Treebank, from its files to its figures; it goes on where it was.

    python tests/benchmarks/ptb.py DATA RUNS [--minutes M] [--autoencoder-epochs N] [--epochs N] [--figures --samples S]

DATA holds train.txt, valid.txt and test.txt in Mikolov's preprocessing (never part of this project: ask the Linguistic
Data Consortium). RUNS holds the two runs, `autoencoder` (beta 0) and `vae` (its encoder, a new decoder), each with its
state: the same command goes on with them, after a kill, too. Both are the preset `published`, on all lines, duplicates
among them, the model chosen on the whole valid file. The autoencoder ends with its plateau schedule, or after
--autoencoder-epochs; the VAE after the schedule alone. What is left when the minutes are over waits for the next time.

Figures are of the whole test file. The bound of each sentence is kept as it is found, so that those can go on, too.
It prints JSON: how far the runs are, and with --figures, or when both are done, what the VAE (or the autoencoder, as
long as there is no VAE) does.

Source: Li et al. 2019, arXiv:1909.00868, and the configuration in its authors' code.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from vae.config.config import Config
from vae.config.presets import PUBLISHED
from vae.metrics import latent_use, likelihood, text_scores
from vae.model import checkpoint, gaussian, text_model
from vae.text.text_file import TextFile
from vae.training.events import Evaluated, Finished, Progress, to_json
from vae.training.run_folder import Run
from vae.training.train import train

_AT_ONCE = 64  # sentences whose bounds are found, and written down, together
_LONGEST = 10_000  # characters of a line: none is dropped


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def trained(
    folder: Path, config: Config, data: Path, start_from: Path | None, epochs: float, over: Callable[[], bool]
) -> dict[str, Any]:
    """Go on with a run, or begin it: how far it is then, its last evaluation, and how it ended.

    Args:
        epochs: after which it is ended, before its schedule does.  over: whether the time is.
    """
    text = TextFile(data / "train.txt", layout="lines", max_characters=_LONGEST, keep_duplicates=True)
    validation, epoch = replace(text, path=data / "valid.txt"), 0.0

    def control() -> str:
        return "stop" if epoch >= epochs else "pause" if over() else "run"

    if Run(folder).state.exists():
        events = train(None, None, folder, resume=True, control=control)
    else:
        events = train(config, text, folder, validation=validation, start_from=start_from, control=control)
    found: dict[str, Any] = {"reason": "begun"}
    for event in events:
        if isinstance(event, Progress):
            epoch, found["epochs"], found["tokens_per_second"] = event.epoch, event.epoch, event.tokens_per_second
        elif isinstance(event, Evaluated):
            found["valid"] = {"nll": event.nll, "kl": event.kl, "mutual_information": event.mutual_information}
        elif isinstance(event, Finished):
            found |= {"reason": event.reason, "step": event.step}
        if not isinstance(event, Progress):
            say(to_json(event)[:400])
    return found


def bounds(model: Path, sentences: list[str], samples: int) -> list[float]:
    """-log p(x) of each sentence, nats. Those that were found before are taken from a file beside the model."""
    name = f"bounds-{samples}-{hashlib.sha256(model.read_bytes()).hexdigest()[:12]}.jsonl"
    kept = model.with_name(name)
    found = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    tm = checkpoint.load(model).text_model
    while len(found) < len(sentences):
        some = sentences[len(found) : len(found) + _AT_ONCE]
        new = likelihood.nll_iw(tm, some, samples=samples, seed=1 + len(found)).tolist()
        with kept.open("a") as file:
            file.writelines(f"{value}\n" for value in new)
        found += new
        say(f"{len(found)} of {len(sentences)} bounds")
    return found


def figures(model: Path, sentences: list[str], samples: int) -> dict[str, Any]:
    """What a model does on the test file."""
    loaded = checkpoint.load(model)
    tm = loaded.text_model
    use, posterior = latent_use.measure_latent_use(tm, sentences), text_model.encode(tm, sentences)
    z = gaussian.sample(*posterior, torch.Generator().manual_seed(1))
    words = sum(map(text_scores.word_count, sentences))
    return {
        "steps": loaded.info.steps, "sentences": len(sentences), "words": words, "samples": samples,
        "perplexity": math.exp(math.fsum(bounds(model, sentences, samples)) / words),
        "perplexity_of_elbo": math.exp(min(700.0, -use.elbo * len(sentences) / words)),
        "reconstruction": use.nll, "kl": sum(use.kl), "active_units": use.active_units,
        "mutual_information": gaussian.mutual_information(z, *posterior).item(), "ceiling": math.log(len(sentences)),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="a folder with train.txt, valid.txt and test.txt")
    parser.add_argument("runs", type=Path, metavar="RUNS", help="the folder of the two runs")
    parser.add_argument("--minutes", type=float, default=math.inf, help="of training, until a pause (default: no end)")
    parser.add_argument("--autoencoder-epochs", type=float, default=math.inf, metavar="N", help="at most")
    parser.add_argument(
        "--epochs", type=float, default=PUBLISHED.config.epochs, metavar="N",
        help="of a new VAE at most; beta rises over a tenth of them (default 100)",
    )  # fmt: skip
    parser.add_argument("--figures", action="store_true", help="measure the newest model, finished or not")
    parser.add_argument("--samples", type=int, default=500, help="draws a sentence of the bound (default 500)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.runs.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()

    def over() -> bool:
        return time.monotonic() - begun > 60 * arguments.minutes

    config = replace(PUBLISHED.config, seed=arguments.seed, threads=arguments.threads)
    phases = {
        "autoencoder": (replace(config, beta=0.0, warmup=0.0), arguments.autoencoder_epochs),
        "vae": (replace(config, decoder_reset=True, epochs=arguments.epochs), math.inf),
    }
    report: dict[str, Any] = {}
    start_from, ended = None, False
    if Run(arguments.runs / "vae").state.exists():  # which has what it needs of the first phase
        del phases["autoencoder"]
    for name, (settings, epochs) in phases.items():
        folder = arguments.runs / name
        report[name] = trained(folder, settings, arguments.data, start_from, epochs, over)
        start_from = Run(folder).best
        ended = report[name]["reason"] in ("done", "stopped")
        if not ended:
            break
    models = [path for name in ("vae", "autoencoder") if (path := Run(arguments.runs / name).best).exists()]
    if models and (arguments.figures or ended):
        test = [line.strip() for line in (arguments.data / "test.txt").read_text(encoding="utf-8").splitlines()]
        sentences = [line for line in test if line]
        report["test"] = {"model": models[0].parent.name, **figures(models[0], sentences, arguments.samples)}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
