"""Makes the small models beside this file, one a released format and family, and notes what they say.

    python tests/data/models/make.py

They are made once for each format, by the version that released it, and never again: that a later version still reads
them, and that they still say the same, is what they are kept for.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from vae.checkpoint import Checkpoint, load
from vae.config import Config
from vae.corpus import read
from vae.latent import reconstruct, sample
from vae.train import train

FORMAT = "1"
TEXT = "\n".join(
    f"{who} {does} {what}."
    for who, does, what in itertools.product(
        ("The cat", "A dog", "My sister", "Our teacher"),
        ("sees", "likes", "wants", "finds"),
        ("the red ball", "a green apple", "some fresh bread", "the quiet river"),
    )
)
CONFIG = Config(
    vocabulary=320, embedding=12, encoder_hidden=12, hidden=16, latent=4, dropout=0.0, batch=16, steps=600,
    learning_rate=0.02, free_bits=2.0, beta=0.2, encoder_noise=0.0, batch_norm=0.8, layer_norm=True,
    precision="float32", threads=1,
)  # fmt: skip
GIVEN = ["The cat wants a green apple.", "Our teacher finds the red ball."]


def says(model: Checkpoint) -> dict[str, object]:
    """What is compared with a later version: texts, and places to three digits."""
    tm = model.text_model
    given = reconstruct(tm, GIVEN) if tm.latent else []
    return {
        "name": model.info.name, "steps": model.info.steps, "sentences": model.info.sentences, "seen": len(model.seen),
        "likeliest": [point.text for point in sample(tm, 4, temperature=0.0, seed=3)],
        "drawn": [point.text for point in sample(tm, 4, temperature=0.5, seed=3)],
        "given_back": [point.text for point in given],
        "places": [[round(value, 3) for value in point.z] for point in given],
    }  # fmt: skip


def main() -> None:
    """Train each family for some seconds, and write the files."""
    corpus = read(TEXT.encode(), "animals.txt", layout="lines")
    told = {}
    for family in ("vae", "lm", "aae"):
        path = HERE / f"format-{FORMAT}-{family}.safetensors"
        with tempfile.TemporaryDirectory() as folder:
            plain = replace(CONFIG, batch_norm=0.0) if family != "vae" else CONFIG
            *_, finished = train(replace(plain, family=family), corpus, Path(folder) / "run")
            shutil.copyfile(finished.path, path)  # type: ignore[union-attr, arg-type]
        told[path.name] = says(load(path))
    (HERE / f"format-{FORMAT}.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
