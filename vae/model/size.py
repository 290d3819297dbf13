"""How many weights the model of a config has, told without making it."""

from __future__ import annotations

from vae.config.config import Config

_PIECES = 256  # bytes are pieces of every vocabulary but one of whole words


def parameters(config: Config, vocabulary: int) -> int:
    """The weights of the model that `families.build` makes, as many as it has.

    Args:
        vocabulary: different pieces; a text may have fewer than `config.vocabulary`.
    """
    e, h, z = config.embedding, config.hidden, config.dimensions
    beside_input, beside_output = (z if place in config.z_to.split("+") else 0 for place in ("inputs", "output"))
    first = _linear(z, 2 * h) if z and "state" in config.z_to else 2 * h
    decoder = first + _lstm(e + beside_input, h) + _linear(h + beside_output, e) + 2 * h * config.layer_norm
    writer = vocabulary * (e + 1) + decoder
    if config.family == "lm":
        return writer
    ways = 2 if config.bidirectional else 1
    read = ways * config.encoder_hidden
    encoder = ways * _lstm(e, config.encoder_hidden) + 2 * read * config.layer_norm
    encoder += read if config.pooling == "attention" else 0
    autoencoder = writer + encoder + _linear(z, e)
    if config.family == "aae":
        return autoencoder + _linear(read, z) + _linear(z, h) + _linear(h, h) + _linear(h, 1)
    return autoencoder + _linear(read, 2 * z) + (z if config.batch_norm else 0)


def least(config: Config) -> int:
    """Weights that its model has in any case, however few different words the text has."""
    return parameters(config, 0 if config.tokenizer == "word" else _PIECES)


def _linear(inputs: int, outputs: int) -> int:
    return (inputs + 1) * outputs


def _lstm(inputs: int, hidden: int) -> int:
    return 4 * hidden * (inputs + hidden + 2)
