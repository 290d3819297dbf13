"""What a fine-tuning takes from the model that it begins with, and what it has no use for."""

from __future__ import annotations

from dataclasses import replace

from vae.config.config import Config

INHERITED = (  # its text and shape
    "family", "tokenizer", "vocabulary", "embedding", "encoder_hidden", "hidden", "latent", "bidirectional", "pooling",
    "z_to", "layer_norm", "batch_norm",
)  # fmt: skip
UNUSED = ("autoencoder", "warmup", "beta_schedule", "cycles", "decoder_reset")  # of its beginning, which is over


def fine_tuned(config: Config, base: Config) -> Config:
    """A config for going on with a model: its shape is kept, nothing begins anew, and updates are half as large."""
    inherited = {name: getattr(base, name) for name in INHERITED}
    return replace(config, **inherited, autoencoder=0.0, warmup=0.0, learning_rate=config.learning_rate / 2)
