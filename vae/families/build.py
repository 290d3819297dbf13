"""A model of the family that a config names."""

from __future__ import annotations

from vae.config import Config
from vae.families.aae import AdversarialAutoencoder
from vae.families.lm import LanguageModel
from vae.families.vae import SentenceVAE
from vae.families.writer import Writer

_CLASSES: dict[str, type[Writer]] = {"vae": SentenceVAE, "lm": LanguageModel, "aae": AdversarialAutoencoder}


def build(config: Config, vocabulary: int) -> Writer:
    """A new model with random weights."""
    return _CLASSES[config.family](config, vocabulary)
