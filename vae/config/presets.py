"""Ready choices between the gist and the letter, and how long each takes."""

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
DEFAULT_PRESET = "quick"  # of the page: a result within a minute

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "quick", "Quick", "Gives a first result within a minute: the gist of a sentence, and a lively space.",
            replace(
                _BASE, minutes=0.8, vocabulary=2000, embedding=128, encoder_hidden=128, hidden=256, latent=64,
                free_bits=0.25, learning_rate=3e-3,
            ),
        ),
        Preset(
            "balanced", "Balanced", "Takes five minutes: the gist and some words. Longer texts and runs do better.",
            replace(_BASE, minutes=5.0, latent=128, free_bits=0.16),
        ),
        Preset(
            "faithful", "Faithful", "Takes ten minutes, and keeps more of the words, at some cost to the samples.",
            replace(_BASE, minutes=10.0, latent=128, free_bits=0.25),
        ),
    )
}  # fmt: skip
