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
            "Learns the gist of a sentence in 1,500 steps: about a minute on an idle machine.",
            replace(
                _BASE, steps=1500, vocabulary=2000, embedding=128, encoder_hidden=128, hidden=256, latent=64,
                free_bits=0.25, learning_rate=3e-3,
            ),
        ),
        Preset(
            "balanced", "Balanced",
            "Learns the gist and some of the words in 6,000 steps, about five minutes. More steps read better.",
            replace(_BASE, steps=6000, latent=128, free_bits=0.16),
        ),
        Preset(
            "faithful", "Faithful",
            "Learns more of the exact words in 12,000 steps, about ten minutes, at some cost to samples.",
            replace(_BASE, steps=12_000, latent=128, free_bits=0.25),
        ),
    )
}  # fmt: skip
