"""What a run takes from the model that it begins with, and what it has no use for."""

from __future__ import annotations

from dataclasses import replace

from vae.config.config import Config
from vae.config.families import FAMILIES

INHERITED = (  # its text and shape
    "family", "tokenizer", "vocabulary", "embedding", "encoder_hidden", "hidden", "latent", "bidirectional", "pooling",
    "z_to", "layer_norm", "batch_norm", "tied",
)  # fmt: skip
UNUSED = ("autoencoder", "warmup", "beta_schedule", "cycles", "decoder_reset")  # of its beginning, which is over


def shaped(config: Config, base: Config) -> Config:
    """A config with the shape of a model to go on with."""
    return replace(config, **{name: getattr(base, name) for name in INHERITED})


def fine_tuned(config: Config, base: Config) -> Config:
    """A config for going on with a model: its shape is kept, and there is no second autoencoder phase.

    Updates are half as large and beta is whole at once, unless the decoder is to be a new one.
    """
    config = replace(shaped(config, base), autoencoder=0.0)
    if begins_anew(config):
        return config
    return replace(config, warmup=0.0, learning_rate=config.learning_rate / 2)


def begins_anew(config: Config) -> bool:
    """Whether a run from another model begins with a new decoder: what came before was its autoencoder phase."""
    return config.decoder_reset and FAMILIES[config.family].uses("decoder_reset")
