"""What a loaded model can do, as one calls it from a notebook: a model is what `load_model` gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vae.model import checkpoint, interpolation, text_model
from vae.model.checkpoint import Checkpoint
from vae.model.text_model import Point


def load_model(path: Path | str, device: str = "cpu") -> Checkpoint:
    """Read and check a model file that this program wrote.

    Args:
        device: "cpu" or "cuda", where it is to compute.
    Raises:
        CheckpointError (a ValueError): it is missing, damaged, of another kind, or does not fit its own config.
    """
    return checkpoint.load(path, device)


def generate_text(
    model: Checkpoint,
    start: str = "",
    *,
    n: int = 1,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    near_start: bool = False,
    beam: int = 1,
    seed: int = 0,
) -> list[Point]:
    """Sentences from points of the latent space that are drawn at random; or of a language model, one word at a time.

    Args:
        start: every sentence begins with it.
        n: sentences, 1 to 100,000.
        temperature: of the choice of words; 0 takes the likeliest.
        top_k, top_p: choose among so many of the likeliest pieces (0: all), or those of this share of probability.
        near_start: draw z from q(z | start) instead of the prior p(z) = N(0, I).
        beam: search with so many candidates instead of drawing words.
        seed: the same seed gives the same sentences.
    Returns:
        n points: each has its `text`, and its `z` of D numbers (none without a latent space).
    Raises:
        ValueError: a parameter is out of its range, or `near_start` asks for a latent space where there is none.
    Source: Bowman et al. 2016, arXiv:1511.06349; Holtzman et al. 2020, arXiv:1904.09751 (top-p).
    """
    return text_model.sample(
        model.text_model, n, temperature=temperature, top_k=top_k, top_p=top_p, start=start, from_start=near_start,
        beam=beam, seed=seed,
    )  # fmt: skip


def interpolate(model: Checkpoint, a: str, b: str, *, steps: int = 11, kind: str = "lerp") -> list[Point]:
    """The sentences between a and b in the latent space; the ends are what the model makes of a and b.

    Args:
        steps: points, both ends counted, 2 to 1,001.
        kind: "lerp" (a straight line) or "slerp" (an arc around the origin).
    Returns:
        `steps` points, each a sentence with its z of D numbers.
    Raises:
        ValueError: a sentence is empty, a parameter is out of its range, or the model has no latent space.
    Source: Bowman et al. 2016, arXiv:1511.06349, section 5.3; Shoemake 1985 (slerp).
    """
    return interpolation.interpolate(model.text_model, a, b, steps=steps, kind=kind)


def reconstruct(model: Checkpoint, sentences: Sequence[str], *, beam: int = 1) -> list[Point]:
    """What the decoder makes of the posterior mean of each sentence.

    Args:
        beam: candidates of the search; 1 takes the likeliest piece each time.
    Returns:
        A point a sentence, in the order given: its `text`, and that mean as `z` of D numbers.
    Raises:
        ValueError: the model has no latent space.
    """
    return text_model.reconstruct(model.text_model, sentences, beam=beam)
