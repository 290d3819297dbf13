"""What a loaded model can do, as one calls it from a notebook: a model is what `load_model` gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vae.model import checkpoint, interpolation, text_model
from vae.model.checkpoint import Checkpoint
from vae.model.refinement import STEPS
from vae.model.text_model import Point


def load_model(path: Path | str, device: str = "cpu") -> Checkpoint:
    """Read and check a model file that this program wrote.

    Args:
        device: "cpu" or "cuda", where it is to compute.
    Returns:
        The model, for the functions below. It has `info`, `config` and `is_new(sentence)`: whether it never met it.
    Raises:
        CheckpointError (a ValueError): it is missing, damaged, of another kind, or does not fit its own config.

    >>> model = load_model("model.safetensors")
    >>> model.info.name, model.info.sentences, model.config.latent
    ('Everyday English', 217084, 128)
    """
    return checkpoint.load(path, device)


def generate_text(
    model: Checkpoint,
    start: str = "",
    *,
    n: int = 1,
    temperature: float | None = None,
    top_k: int = 0,
    top_p: float = 1.0,
    near_start: bool = False,
    beam: int = 1,
    prior: str = "fitted",
    spread: float = 1.0,
    distinct: bool = False,
    made_up: bool = False,
    seed: int = 0,
) -> list[Point]:
    """Sentences from points of the latent space that are drawn at random; or of a language model, one word at a time.

    Args:
        start: every sentence begins with it.
        n: sentences, 1 to 100,000.
        temperature: of the choice of words; 0 takes the likeliest. None: 0, but 1 of a language model.
        top_k, top_p: choose among so many of the likeliest pieces (0: all), or those of this share of probability.
        near_start: draw z from q(z | start) instead of the prior.
        beam: search with so many candidates instead of drawing words.
        prior: "fitted", to the codes of the sentences that it learned from, where the model has such a one; or
            "normal", p(z) = N(0, I).
        spread: how far apart points are drawn, 1 as the prior has it; less reads better and varies less.
        distinct: only different sentences, fewer than n if it has no more to say.
        made_up: keep sentences with a word that the model has put together of pieces; else others are drawn in their
            place, where it knows the words of its text.
        seed: the same seed gives the same sentences.
    Returns:
        n points: each has its `text`, and its `z` of D numbers (none without a latent space).
    Raises:
        ValueError: a parameter is out of its range, or `near_start` asks for a latent space where there is none.
    Source: Bowman et al. 2016, arXiv:1511.06349; Ghosh et al. 2020, arXiv:1903.12436 (a prior fitted afterwards);
    Holtzman et al. 2020, arXiv:1904.09751 (top-p).

    >>> for point in generate_text(model, "I would like", n=2):
    ...     print(point.text, len(point.z))
    I would like ... 128
    I would like ... 128
    """
    return text_model.sample(
        model.text_model, n, temperature=temperature, top_k=top_k, top_p=top_p, start=start, from_start=near_start,
        beam=beam, prior=prior, spread=spread, distinct=distinct, made_up=made_up, seed=seed,
    )  # fmt: skip


def interpolate(
    model: Checkpoint, a: str, b: str, *, steps: int = 11, kind: str = "fluent", refine: int = STEPS,
    distinct: bool = False,
) -> list[Point]:  # fmt: skip
    """The sentences between a and b in the latent space; the ends are a and b, or the nearest that the model can say.

    Args:
        steps: points, both ends counted, 2 to 1,001.
        kind: "fluent" (past the places where the model reads best), "lerp" (a straight line) or "slerp" (an arc around
            the origin).
        refine: steps of the search for the codes of a and b; 0 takes the posterior means.
        distinct: each different sentence on the way once, however many there are; `steps` then has no say.
    Returns:
        Points, each a sentence with its z of D numbers.
    Raises:
        ValueError: a sentence is empty, a parameter is out of its range, or the model has no latent space.
    Source: Bowman et al. 2016, arXiv:1511.06349, section 5.3; Kim et al. 2018, arXiv:1802.02550 (the search);
    Shoemake 1985 (slerp).

    >>> path = interpolate(model, "I have a dog.", "It rained all day.", distinct=True)
    >>> path[0].text, path[-1].text, len(path) > 5
    ('I have a dog.', 'It rained all day.', True)
    """
    return interpolation.interpolate(model.text_model, a, b, steps=steps, kind=kind, refine=refine, distinct=distinct)


def reconstruct(model: Checkpoint, sentences: Sequence[str], *, beam: int = 1, refine: int = STEPS) -> list[Point]:
    """What the decoder makes of the code of each sentence.

    Args:
        beam: candidates of the search for words; 1 takes the likeliest piece each time.
        refine: steps of the search for the code; 0 takes the posterior mean.
    Returns:
        A point a sentence, in the order given: its `text`, and the code `z` of D numbers.
    Raises:
        ValueError: the model has no latent space, or a parameter is out of its range.
    Source: Kim et al. 2018, arXiv:1802.02550 (the search).

    >>> [point.text for point in reconstruct(model, ["I have a dog.", "It rained all day."])]
    ['I have a dog.', 'It rained all day.']
    """
    return text_model.reconstruct(model.text_model, sentences, beam=beam, refine=refine)
