"""Which recipe against posterior collapse is worth having: a seeded sweep over changes of one base.

    python tests/benchmarks/recipes.py --train FILE --valid FILE [--test FILE] [--only "base;plain"] [--results FILE]

Each recipe is a few changes of the base's config; all of them learn from the same first sentences, for as many steps,
with the same seed. They are measured on the valid file, and the best reconstruction (BLEU) whose perplexity is not
above the base's is the choice; that one alone is measured on the test file. With --results, finished rows and their
models are kept, and the same command goes on after them.

Perplexity is a bound from `--samples` draws a sentence: few draws speak against codes that carry much. Seconds are the
processor's, of the whole training, so that neighbours on the machine do not show.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from vae.config.config import Config
from vae.config.presets import PRESETS
from vae.metrics import latent_use, likelihood, text_scores
from vae.model import checkpoint, text_model
from vae.system.files import atomic_write
from vae.text.corpus import read_corpus
from vae.training.train import train

Row = dict[str, Any]
BARE = {"autoencoder": 0.0, "free_bits": 0.0, "bag_of_words": 0.0, "word_dropout": 0.0, "encoder_noise": 0.0}
RECIPES: dict[str, dict[str, Any]] = {
    "base": {},
    "noise drop": {"noise_kind": "drop"},
    "batch norm 0.6": {"batch_norm": 0.6},
    "batch norm 0.8": {"batch_norm": 0.8},
    "layer norm": {"layer_norm": True},
    "layer norm, batch norm 0.8": {"layer_norm": True, "batch_norm": 0.8},
    "batch norm 1": {"batch_norm": 1.0},
    "batch norm 0.63, free bits 0.25": {"batch_norm": 0.63, "free_bits": 0.25},
    "batch norm 0.8, no free bits": {"batch_norm": 0.8, "free_bits": 0.0},
    "batch norm 0.8, free bits on sentence": {"batch_norm": 0.8, "free_bits_on": "sentence"},
    "batch norm 0.8, noise drop": {"batch_norm": 0.8, "noise_kind": "drop"},
    "batch norm 0.8, no noise": {"batch_norm": 0.8, "encoder_noise": 0.0},
    "batch norm 0.8, word dropout 0.1": {"batch_norm": 0.8, "word_dropout": 0.1},
    "batch norm 0.8, no bag of words": {"batch_norm": 0.8, "bag_of_words": 0.0},
    "batch norm 0.8, no autoencoder phase": {"batch_norm": 0.8, "autoencoder": 0.0},
    "batch norm 0.8, z to state and inputs": {"batch_norm": 0.8, "z_to": "state+inputs"},
    "batch norm 0.8, pooling mean": {"batch_norm": 0.8, "pooling": "mean"},
    "free bits on sentence": {"free_bits_on": "sentence"},
    "decoder reset": {"decoder_reset": True},
    "cyclical": {"beta_schedule": "cyclical", "autoencoder": 0.0, "warmup": 0.8},
    "noise substitute": {"noise_kind": "substitute"},
    "no noise": {"encoder_noise": 0.0},
    "pooling last": {"pooling": "last"},
    "z to state and inputs": {"z_to": "state+inputs"},
    "pooling mean": {"pooling": "mean"},
    "pooling attention": {"pooling": "attention"},
    "noise shuffle": {"noise_kind": "shuffle"},
    "logistic": {"beta_schedule": "logistic"},
    "constant": {"beta_schedule": "constant"},
    "aggressive": {"aggressive": 4, "autoencoder": 0.0, "free_bits": 0.0, "beta_schedule": "constant"},
    "no autoencoder phase": {"autoencoder": 0.0},
    "no bag of words": {"bag_of_words": 0.0},
    "no word dropout": {"word_dropout": 0.0},
    "word dropout 0.4": {"word_dropout": 0.4},
    "free bits 0.25": {"free_bits": 0.25},
    "free bits 0.75": {"free_bits": 0.75},
    "z to state": {"z_to": "state"},
    "z to inputs": {"z_to": "inputs"},
    "one direction": {"bidirectional": False},
    "dropout 0.1": {"dropout": 0.1},
    "dropout 0.3": {"dropout": 0.3},
    "plain": BARE,
    "plain, cycles": {**BARE, "beta_schedule": "cyclical", "warmup": 0.8},
    "plain, free bits": {**BARE, "free_bits": 0.5},
    "plain, batch norm 0.8": {**BARE, "batch_norm": 0.8},
    "plain, aggressive": {**BARE, "aggressive": 4},
}
COLUMNS = {
    "perplexity": "{:.1f}", "bleu": "{:.1f}", "exact": "{:.3f}", "nll": "{:.2f}", "kl": "{:.2f}",
    "minus_elbo": "{:.2f}", "nll_iw": "{:.2f}", "mutual_information": "{:.2f}", "active_units": "{:d}",
    "latent_gain": "{:.1f}", "time": "{:.2f}",
}  # fmt: skip


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def measured(model: Path, sentences: list[str], samples: int, bounded: int) -> Row:
    """The figures of a model; the bound is that of `bounded` sentences at most, spread evenly over the file."""
    tm = checkpoint.load(model).text_model
    use = latent_use.measure_latent_use(tm, sentences)
    some = sentences[:: math.ceil(len(sentences) / bounded)]
    nll_iw = likelihood.nll_iw(tm, some, samples=samples).double().sum().item()
    said = [point.text for point in text_model.reconstruct(tm, sentences)]
    return {
        "perplexity": math.exp(min(700.0, nll_iw / sum(map(text_scores.word_count, some)))),
        "bleu": text_scores.bleu(said, sentences), "exact": text_scores.exact_match(said, sentences),
        "nll": use.nll, "kl": sum(use.kl), "minus_elbo": -use.elbo, "nll_iw": nll_iw / len(some),
        "mutual_information": use.mutual_information, "active_units": use.active_units, "latent_gain": use.latent_gain,
    }  # fmt: skip


def trained(config: Config, text: bytes, model: Path) -> float:
    """Train in a folder of its own and keep the model: processor seconds."""
    begun = time.process_time()
    with TemporaryDirectory() as folder:
        for _ in train(config, read_corpus(text, "text.txt", layout="lines"), folder):
            pass
        atomic_write(model, (Path(folder) / "best.safetensors").read_bytes())
    return time.process_time() - begun


def chosen(rows: Mapping[str, Row]) -> str:
    """The best reconstruction whose perplexity is not above the base's, or above the first one's without a base."""
    limit = rows.get("base", next(iter(rows.values())))["perplexity"]
    return max((name for name in rows if rows[name]["perplexity"] <= limit), key=lambda name: rows[name]["bleu"])


def table(rows: Mapping[str, Row]) -> str:
    """Markdown, in the order of the rows."""
    lines = [" | ".join(["recipe", *COLUMNS]), " | ".join(["---"] * (1 + len(COLUMNS)))]
    for name, row in rows.items():
        lines.append(" | ".join([name, *(form.format(row[key]) for key, form in COLUMNS.items())]))
    return "\n".join(f"| {line} |" for line in lines)


@contextlib.contextmanager
def models_of(results: Path | None) -> Iterator[Path]:
    """Where the models go: beside the results, or nowhere for long."""
    if results is None:
        with TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        folder_beside = results.with_suffix(".models")
        folder_beside.mkdir(exist_ok=True)
        yield folder_beside


def model_of(models: Path, recipe: str) -> Path:
    return models / f"{re.sub('[^a-z0-9.]+', '-', recipe)}.safetensors"


def sweep(arguments: argparse.Namespace, report: Any) -> dict[str, Any]:
    """All rows, and the choice; with its figures on the test file, if there is one."""
    base = replace(
        PRESETS[arguments.preset].config, minutes=0.0, steps=arguments.steps, seed=arguments.seed,
        layer_norm=False, batch_norm=0.0,  # what was found here, done without
    )  # fmt: skip
    base = replace(base, threads=arguments.threads)
    text = "\n".join(lines(arguments.train)[: arguments.sentences]).encode()
    held_out = lines(arguments.valid)
    report: dict[str, Any] = {
        "base": asdict(base), "sentences": arguments.sentences, "samples": arguments.samples, "rows": {},
    }  # fmt: skip
    if arguments.results and arguments.results.exists():
        before = json.loads(arguments.results.read_text(encoding="utf-8"))
        if any(before[key] != report[key] for key in ("base", "sentences", "samples")):
            raise SystemExit(f"{arguments.results} holds rows of another base: name another file, or remove it")
        report["rows"] = before["rows"]
    names = arguments.only.split(";") if arguments.only else list(RECIPES)
    if unknown := sorted(set(names) - set(RECIPES)):
        raise SystemExit(f"there is no recipe {', '.join(unknown)}: choose among {'; '.join(RECIPES)}")
    rows = report["rows"]
    with models_of(arguments.results) as models:
        for name in names:
            model = model_of(models, name)
            if name not in rows:
                seconds = trained(replace(base, **RECIPES[name]), text, model)
                row = measured(model, held_out, arguments.samples, arguments.bounded)
                rows[name] = {**row, "seconds": seconds}
                report(f"{name}: perplexity {row['perplexity']:.1f}, BLEU {row['bleu']:.1f}, KL {row['kl']:.1f}")
            one = rows.get("base", next(iter(rows.values())))["seconds"]
            for row in rows.values():
                row["time"] = row["seconds"] / one
            if arguments.results:
                atomic_write(arguments.results, json.dumps(report, indent=2).encode())
        report["chosen"] = chosen(rows)
        if arguments.test:
            model = model_of(models, report["chosen"])
            report["test"] = measured(model, lines(arguments.test), arguments.samples, arguments.bounded)
            report["test"]["time"] = rows[report["chosen"]]["time"]
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, metavar="FILE", help="a sentence a line")
    parser.add_argument("--valid", type=Path, required=True, metavar="FILE", help="to choose on")
    parser.add_argument("--test", type=Path, metavar="FILE", help="to report the choice on")
    parser.add_argument("--preset", choices=tuple(PRESETS), default="balanced", help="the base (default balanced)")
    parser.add_argument("--sentences", type=int, default=20_000, help="to train on, from the first (default 20000)")
    parser.add_argument("--steps", type=int, default=500, help="of each training (default 500)")
    parser.add_argument("--samples", type=int, default=20, help="draws a sentence of the bound (default 20)")
    parser.add_argument("--bounded", type=int, default=1000, help="sentences of the bound, at most (default 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0 leaves it to the machine")
    parser.add_argument("--only", metavar="NAMES", help=f"some of: {'; '.join(RECIPES)}")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keeps finished rows, and their models beside it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    report = sweep(arguments, lambda line: print(line, file=sys.stderr, flush=True))
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    print(table(report["rows"]))
    print(f"\nChosen on {arguments.valid.name}: {report['chosen']}")
    if "test" in report:
        print(f"\nOn {arguments.test.name}:\n\n{table({report['chosen']: report['test']})}")


if __name__ == "__main__":
    main()
