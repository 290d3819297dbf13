"""A variational autoencoder for sentences: text in, a trained model out, sampled and slid through.

>>> from vae.corpus import read
>>> from vae.train import train
>>> for event in train(Config(steps=200), read(data), "run"): ...
"""

from vae.config import PRESETS, Config

__version__ = "0.1.0"
__all__ = ["PRESETS", "Config", "__version__"]
