"""A variational autoencoder for sentences: text in, a trained model out, sampled and slid through.

>>> from vae.corpus import read
>>> from vae.train import train
>>> for event in train(Config(steps=200), read(data), "run"): ...
"""

import os

# Read when torch is first imported. Threads that wait for each other spin for a tenth of a millisecond, not for ten:
# longer, they hold the core that somebody else waits for, and not at all, each step takes a third longer.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from vae.config import PRESETS, Config

__version__ = "0.1.0"
__all__ = ["PRESETS", "Config", "__version__"]
