"""The three families of generative models in words: what each one is, and what it cannot do or makes no use of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySpec:
    """A family of models.

    Args:
        title: its name in full.
        summary: a line that says how it learns.
        limitation: a sentence that says what it cannot do, or nothing.
        has_latent_space: whether a sentence is a point of a latent space.
        has_likelihood: whether it tells how likely a sentence is.
        gaussian_posterior: whether the encoder gives the mean and the variance of a code, and not a code alone.
        unused_settings: the fields of `Config` that change nothing in what it learns.
        curves: the fields of `Progress` that are drawn of a training, under these names.
    """

    name: str
    title: str
    summary: str
    limitation: str = ""
    has_latent_space: bool
    has_likelihood: bool
    gaussian_posterior: bool
    unused_settings: frozenset[str]
    curves: Mapping[str, str]

    def uses(self, setting: str) -> bool:
        """Whether a field of `Config` changes what it learns."""
        return setting not in self.unused_settings


_VARIATIONAL = frozenset(
    {"beta", "free_bits", "free_bits_on", "batch_norm", "aggressive", "decoder_reset", "encoder_last"}
)
_LATENT = frozenset({
    "latent", "encoder_hidden", "bidirectional", "pooling", "z_to", "bag_of_words", "word_dropout", "encoder_noise",
    "noise_kind", "adversarial", "autoencoder", "beta_schedule", "cycles",
})  # fmt: skip

FAMILIES: dict[str, FamilySpec] = {
    spec.name: spec
    for spec in (
        FamilySpec(
            name="vae",
            title="Variational autoencoder",
            summary="Learns to write each sentence from a point, and to keep the points close to a bell curve.",
            has_latent_space=True,
            has_likelihood=True,
            gaussian_posterior=True,
            unused_settings=frozenset({"adversarial"}),
            curves={"nll": "Reconstruction", "kl": "KL", "beta": "Beta"},
        ),
        FamilySpec(
            name="lm",
            title="Language model",
            summary="Learns to predict the next word from the words before it, and nothing else.",
            limitation="A language model has no latent space: it cannot reconstruct a sentence or slide between two.",
            has_latent_space=False,
            has_likelihood=True,
            gaussian_posterior=False,
            unused_settings=_VARIATIONAL | _LATENT,
            curves={"nll": "Loss: each word from those before it"},
        ),
        FamilySpec(
            name="aae",
            title="Adversarial autoencoder",
            summary="Learns to write each sentence from a point, while a critic tries to tell the points from a bell "
            "curve.",
            limitation="An adversarial autoencoder gives no probabilities: it has no nll and no perplexity of its own.",
            has_latent_space=True,
            has_likelihood=False,
            gaussian_posterior=False,
            unused_settings=_VARIATIONAL,
            curves={"nll": "Reconstruction", "kl": "Distance from a bell curve", "beta": "Weight of the critic"},
        ),
    )
}
