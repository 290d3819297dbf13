"""A model of the family that a config names."""

from __future__ import annotations

from vae.config.config import Config
from vae.model.families.aae import AdversarialAutoencoder
from vae.model.families.base import DecoderModel
from vae.model.families.lm import LanguageModel
from vae.model.families.vae import SentenceVAE
from vae.model.layers.initial_weights import initialize

_CLASSES: dict[str, type[DecoderModel]] = {"vae": SentenceVAE, "lm": LanguageModel, "aae": AdversarialAutoencoder}


def build(config: Config, vocabulary: int) -> DecoderModel:
    """A new model with random weights."""
    model = _CLASSES[config.family](config, vocabulary)
    if config.initial_weights != "scaled":  # which each part begins with
        initialize(model, config.initial_weights)
    return model
