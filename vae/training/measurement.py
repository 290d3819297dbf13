"""What an evaluation tells of a model under way: how it uses its latent space, and some of its sentences to look at."""

from __future__ import annotations

from collections.abc import Sequence

from vae.metrics import diagnosis, latent_use
from vae.model import text_model
from vae.training.events import Evaluated, Reconstruction, Sample

_EXAMPLES = 3


def measure(
    tm: text_model.TextModel, held_out: Sequence[str], count: int, *, step: int, steps: int, seed: int
) -> tuple[latent_use.LatentUse, Evaluated]:
    """Measure a model after a step of its training.

    Args:
        held_out: sentences; its figures are of the first `count` of them.
        steps: of the whole run.
        seed: of the samples.
    """
    use = latent_use.measure_latent_use(tm, held_out[:count])
    verdict = diagnosis.verdict(use, step)
    examples = held_out[:_EXAMPLES]
    reconstructed = text_model.reconstruct(tm, examples, refine=0) if tm.latent else []
    samples = text_model.sample(tm, _EXAMPLES, seed=seed)
    return use, Evaluated(
        step=step, steps=steps, nll=use.nll, kl=sum(use.kl),
        mutual_information=use.mutual_information, mi_ceiling=use.mi_ceiling, active_units=use.active_units,
        latent=tm.latent, latent_gain=use.latent_gain, sentences=use.sentences,
        level=verdict.level, verdict=str(verdict.text), advice=str(verdict.advice or ""),
        reconstructions=tuple(
            Reconstruction(source, point.text, _rounded(point.z))
            for source, point in zip(examples, reconstructed, strict=False)  # none without a latent space
        ),
        samples=tuple(Sample(point.text, _rounded(point.z)) for point in samples),
    )  # fmt: skip


def _rounded(z: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, 3) for value in z)  # it is for looking at
