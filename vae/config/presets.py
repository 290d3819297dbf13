"""Ready choices between the gist and the letter, and how many steps each promises."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vae.config.config import Config


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready choice between the gist and the letter."""

    name: str
    title: str
    summary: str
    config: Config


# Small and quick updates, since a run of minutes has few of them. Many dimensions with little in each: of as much KL in
# fewer, both the codes and the samples were worse (docs/evaluation.md).
_BASE = Config(batch=32, learning_rate=2e-3, layer_norm=True)
DEFAULT_PRESET = "quick"  # of the page: a result within a minute, if the machine has nothing else to do

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "quick", "Quick",
            "Learns the gist of a sentence in 2,000 steps: about a minute on an idle machine.",
            replace(
                _BASE, steps=2000, vocabulary=2000, embedding=128, encoder_hidden=128, hidden=256, latent=64,
                free_bits=0.25, learning_rate=3e-3,
            ),
        ),
        Preset(
            "balanced", "Balanced",
            "Learns the gist and some of the words in 8,000 steps, about five minutes. More steps read better.",
            replace(_BASE, steps=8000, latent=128, free_bits=0.16),
        ),
        Preset(
            "faithful", "Faithful",
            "Learns more of the exact words in 12,000 steps, about ten minutes, at some cost to samples.",
            replace(_BASE, steps=12_000, latent=128, free_bits=0.25),
        ),
    )
}  # fmt: skip

# Of the command line alone: hours, and a text whose words are written out, one space between two.
PUBLISHED = Preset(
    "published", "Published", "The setting that papers compare text VAEs in: words, SGD, a plateau schedule; hours.",
    Config(
        tokenizer="word", vocabulary=32000, embedding=256, encoder_hidden=256, hidden=256, latent=32, pooling="last",
        z_to="state+inputs", bidirectional=False, tied=False, dropout=0.5, dropout_kind="standard",
        initial_weights="uniform", free_bits=0.25, free_bits_on="each", bag_of_words=0.0, word_dropout=0.0,
        encoder_noise=0.0, autoencoder=0.0, warmup=0.1, epochs=100.0, optimizer="sgd", learning_rate=1.0, patience=5,
        batch=32, equal_lengths=True,
    ),
)  # fmt: skip
