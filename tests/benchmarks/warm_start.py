"""What a hundred sentences teach in half a minute: a trained model that goes on with them, against one from scratch.

    python tests/benchmarks/warm_start.py --judge JUDGE [--text FILE] [--seconds 30] [--seeds 3] [--json]

The text is `assets/corpora/hundred.txt` unless another is named, the model the bundled one. Of 500 samples at
temperature 1 of each model it tells

 - vocabulary: the share of their words that the text has, too: the style;
 - forward perplexity: of the samples under JUDGE, a language model (see docs/evaluation.md): the fluency;
 - copied: the share of samples that stand in the text, word for word.

Both models have the same minutes and settings; figures are medians over seeds.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from vae import PRESETS
from vae.model import checkpoint, text_model
from vae.model.checkpoint import Checkpoint
from vae.text import corpus
from vae.training.events import Finished
from vae.training.train import train

ASSETS = ROOT / "assets"
DRAWN = 500


def words(sentences: list[str]) -> list[str]:
    return re.findall(r"[\w']+", " ".join(sentences).lower())


def trained(text: corpus.Corpus, seconds: float, seed: int, start_from: Path | None) -> Checkpoint:
    config = replace(PRESETS["quick"].config, minutes=seconds / 60, steps=0, seed=seed)
    with TemporaryDirectory() as folder:
        *_, finished = train(config, text, Path(folder) / "run", start_from=start_from)
        assert isinstance(finished, Finished)
        assert finished.path
        return checkpoint.load(finished.path)


def figures(model: Checkpoint, judge: Checkpoint, text: list[str], seed: int) -> dict[str, float]:
    said = [
        point.text for point in text_model.sample(model.text_model, DRAWN, temperature=1.0, prior="normal", seed=seed)
    ]
    vocabulary, spoken = set(words(text)), words(said)
    return {
        "vocabulary": sum(word in vocabulary for word in spoken) / max(1, len(spoken)),
        "forward_perplexity": judge.perplexity(judge.nll(judge, said), said),
        "copied": sum(sentence in set(text) for sentence in said) / DRAWN,
    }


def measured(arguments: argparse.Namespace) -> dict[str, dict[str, float]]:
    text = corpus.read_corpus(arguments.text.read_bytes(), arguments.text.name, layout="lines")
    judge, base = checkpoint.load(arguments.judge), arguments.model
    found: dict[str, list[dict[str, float]]] = {"before": [], "warm start": [], "from scratch": []}
    for seed in range(1, arguments.seeds + 1):
        models = (checkpoint.load(base), *(trained(text, arguments.seconds, seed, start) for start in (base, None)))
        for name, model in zip(found, models, strict=True):
            found[name].append(figures(model, judge, list(text.sentences), seed))
    own = judge.perplexity(judge.nll(judge, text.sentences), text.sentences)
    rows = {name: {key: median(row[key] for row in rows) for key in rows[0]} for name, rows in found.items()}
    return {"the text itself": {"vocabulary": 1.0, "forward_perplexity": own, "copied": 1.0}, **rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--text", type=Path, default=ASSETS / "corpora" / "hundred.txt")
    parser.add_argument("--model", type=Path, default=ASSETS / "models" / "everyday-english.safetensors")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = measured(arguments)
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'':16} vocabulary  forward perplexity  copied")
    for name, row in rows.items():
        print(f"{name:16} {row['vocabulary']:9.0%} {row['forward_perplexity']:19.1f} {row['copied']:7.0%}")


if __name__ == "__main__":
    main()
