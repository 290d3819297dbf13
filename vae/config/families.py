"""The three families of generative models in words: what each one is, and what it has no way to do or no use for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FamilySpec:
    """A family of models.

    Args:
        title: its name in full.  short: a line that says how it learns.
        space: whether a sentence is a point of a latent space.
        density: whether it tells how likely a sentence is.
        lacks: a sentence that says what it cannot do, or nothing.
    """

    name: str
    title: str
    short: str
    space: bool
    density: bool
    lacks: str


FAMILIES: dict[str, FamilySpec] = {
    kind.name: kind
    for kind in (
        FamilySpec(
            "vae", "Variational autoencoder",
            "Learns to write each sentence from a point, and to keep the points close to a bell curve.",
            True, True, "",
        ),
        FamilySpec(
            "lm", "Language model",
            "Learns to tell the next word from the words before it, and nothing else.",
            False, True,
            "A language model has no latent space: it cannot reconstruct a sentence or slide between two.",
        ),
        FamilySpec(
            "aae", "Adversarial autoencoder",
            "Learns to write each sentence from a point, while a critic tries to tell the points from a bell curve.",
            True, False,
            "An adversarial autoencoder gives no probabilities: it has no nll and no perplexity of its own.",
        ),
    )
}  # fmt: skip

_OF_VAE = frozenset({"beta", "free_bits", "free_bits_on", "batch_norm", "aggressive", "decoder_reset", "sharpen"})
UNUSED_SETTINGS: dict[str, frozenset[str]] = {  # the settings that change nothing in what a family learns
    "vae": frozenset({"adversarial"}),
    "lm": _OF_VAE | {
        "latent", "encoder_hidden", "bidirectional", "pooling", "z_to", "bag_of_words", "word_dropout", "encoder_noise",
        "noise_kind", "adversarial", "autoencoder", "beta_schedule", "cycles",
    },
    "aae": _OF_VAE,
}  # fmt: skip
