"""A variational autoencoder for sentences: text in, a trained model out, sampled and slid through.

>>> from vae import Config, generate_text, load_model, read_corpus, train
>>> corpus = read_corpus(data, "text.txt")
>>> for event in train(Config(steps=200), corpus, "run"): ...
>>> generate_text(load_model("run/best.safetensors"), n=8)

What is promised stands in `__all__`; all else may change. A name is loaded when it is first used, so that importing
the package costs next to nothing.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Read when torch is first imported. Threads that wait for each other spin for a tenth of a millisecond, not for ten:
# longer, they hold the core that somebody else waits for, and not at all, each step takes a third longer.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

if TYPE_CHECKING:
    from vae.api import generate_text, interpolate, load_model, reconstruct
    from vae.config.config import Config
    from vae.config.presets import PRESETS
    from vae.evaluation.evaluate import compare, evaluate
    from vae.text.corpus import read_corpus
    from vae.training.train import train

__version__ = "0.1.0"
__all__ = [
    "PRESETS", "Config", "__version__", "compare", "evaluate", "generate_text", "interpolate", "load_model",
    "read_corpus", "reconstruct", "train",
]  # fmt: skip

_HOMES = {
    "Config": "vae.config.config",
    "PRESETS": "vae.config.presets",
    "compare": "vae.evaluation.evaluate",
    "evaluate": "vae.evaluation.evaluate",
    "generate_text": "vae.api",
    "interpolate": "vae.api",
    "load_model": "vae.api",
    "read_corpus": "vae.text.corpus",
    "reconstruct": "vae.api",
    "train": "vae.training.train",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
