"""How many weights the model of a config has, told without making it."""

from __future__ import annotations

from vae.config.config import Config
from vae.config.families import FAMILIES

_BYTES = 256  # pieces of every vocabulary but one of whole words


def parameter_count(config: Config, vocabulary: int) -> int:
    """The weights of the model that `families.registry.build` makes, exactly.

    Args:
        vocabulary: different pieces; a text may have fewer than `config.vocabulary`.
    """
    spec = FAMILIES[config.family]
    e, h, z = config.embedding, config.hidden, config.dimensions
    beside_input, beside_output = (z if place in config.z_to.split("+") else 0 for place in ("inputs", "output"))
    initial_state = _linear(z, 2 * h) if z and "state" in config.z_to else 2 * h
    features = e if config.tied else h + beside_output
    count = vocabulary * (e + 1 if config.tied else e + features) + initial_state
    count += _lstm(e + beside_input, h) + 2 * h * config.layer_norm
    count += _linear(h + beside_output, e) if config.tied else 0
    if not spec.has_latent_space:
        return count
    directions = 2 if config.bidirectional else 1
    encoded = directions * config.encoder_hidden
    count += directions * _lstm(e, config.encoder_hidden) + 2 * encoded * config.layer_norm
    count += encoded if config.pooling == "attention" else 0
    count += _linear(encoded, 2 * z if spec.gaussian_posterior else z)
    count += z if config.batch_norm and spec.uses("batch_norm") else 0
    count += _linear(z, features)  # the bag of words
    count += 0 if config.tied else vocabulary * e  # the encoder's own embeddings
    if spec.uses("adversarial"):  # the critic
        count += _linear(z, h) + _linear(h, h) + _linear(h, 1)
    return count


def min_parameter_count(config: Config) -> int:
    """Weights that its model has in any case, however few different words the text has."""
    return parameter_count(config, 0 if config.tokenizer == "word" else _BYTES)


def _linear(inputs: int, outputs: int) -> int:
    return (inputs + 1) * outputs


def _lstm(inputs: int, hidden: int) -> int:
    return 4 * hidden * (inputs + hidden + 2)
