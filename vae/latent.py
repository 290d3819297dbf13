"""Sentences in, points of the latent space and sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae.batches import Tokens, in_order
from vae.families import Posterior, SentenceModel
from vae.generate import beam_search, generate
from vae.kinds import Kind
from vae.tokenizer import Tokenizer

_WORDS = 0x5EED  # the choice of words must not repeat the numbers that z was drawn from
_AT_ONCE, _AT_ONCE_GPU = 512, 8192  # rows decoded together: more are no faster, and take memory


@dataclass(frozen=True, slots=True)
class TextModel:
    """A model with its tokenizer: all that turning text into points and back takes."""

    model: SentenceModel
    tokenizer: Tokenizer
    max_tokens: int = 64

    @property
    def latent(self) -> int:
        """Dimensions of z: 0 without a latent space."""
        return self.model.latent

    @property
    def kind(self) -> Kind:
        """Its family in words."""
        return self.model.kind


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence and its place z, of D numbers."""

    text: str
    z: tuple[float, ...]


@torch.inference_mode()
def encode(tm: TextModel, sentences: Sequence[str]) -> Posterior:
    """q(z|x) of each sentence, in the order given: mu and logvar, (B, D) each."""
    tokens, device = Tokens.of(tm.tokenizer.encode(sentences)), tm.model.device
    mu, logvar = torch.empty(2, len(tokens), tm.latent, device=device)
    for rows, batch in in_order(tokens):
        places = torch.from_numpy(rows).to(device)
        mu[places], logvar[places] = tm.model.posterior(batch.to(device))
    return Posterior(mu.cpu(), logvar.cpu())


@torch.inference_mode()
def decode(
    tm: TextModel,
    z: Tensor,
    *,
    temperature: float = 0.0,
    top_k: int = 0,
    top_p: float = 1.0,
    start: str = "",
    beam: int = 1,
    seed: int = 0,
) -> list[str]:
    """A sentence for each row of z (N, D); `start` is forced, then continued. Parameters as in `generate`.

    Chance is a row's own: a row says the same whatever the others are.
    """
    prefix = tm.tokenizer.encode([start])[0] if start else []
    longest = max(tm.max_tokens, len(prefix) + 1)
    generator = torch.Generator().manual_seed(seed ^ _WORDS)
    ids = []
    z = z.to(tm.model.device)
    at_once = max(1, (_AT_ONCE_GPU if z.is_cuda else _AT_ONCE) // max(1, beam))
    for first in range(0, len(z), at_once):
        some = z[first : first + at_once]
        state = tm.model.begin(len(some), some)
        if beam != 1:
            ids += beam_search(tm.model, state, len(some), beams=beam, max_tokens=longest, prefix=prefix)
        else:
            ids += generate(
                tm.model, state, len(some), max_tokens=longest, temperature=temperature, top_k=top_k, top_p=top_p,
                prefix=prefix, generator=generator,
            )  # fmt: skip
    return tm.tokenizer.decode(ids)


def sample(
    tm: TextModel,
    n: int,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    start: str = "",
    from_start: bool = False,
    beam: int = 1,
    seed: int = 0,
) -> list[Point]:
    """n sentences from the prior, or around the code of `start` if `from_start` says so.

    Args:
        temperature: of the choice of words; 0 says the likeliest of each z.
        start: every sentence begins with it.
        from_start: draw z from q(z | start) instead of the prior.
        seed: the same seed gives the same sentences.
    Raises:
        ValueError: a parameter is out of its range.
    """
    if not 1 <= n <= 100_000:
        raise ValueError(f"n is {n}: it must lie between 1 and 100000")
    start = " ".join(start.split())
    generator = torch.Generator().manual_seed(seed)
    if start and from_start:
        _need_space(tm)
        mu, logvar = encode(tm, [start])
        z = mu + torch.randn(n, tm.latent, generator=generator) * (0.5 * logvar).exp()
    else:
        z = tm.model.draw(n, generator)
    texts = decode(tm, z, temperature=temperature, top_k=top_k, top_p=top_p, start=start, beam=beam, seed=seed)
    return points(texts, z)


def reconstruct(tm: TextModel, sentences: Sequence[str], *, beam: int = 1) -> list[Point]:
    """What the decoder says at the posterior mean of each sentence; z is that mean.

    Raises:
        ValueError: the model has no latent space.
    """
    _need_space(tm)
    mu = encode(tm, sentences).mu
    return points(decode(tm, mu, beam=beam), mu)


def path(tm: TextModel, a: str, b: str, *, steps: int = 11, kind: str = "lerp") -> list[Point]:
    """The sentences on the way from a to b, decoded in one batch; the ends are what the model makes of a and b.

    Args:
        steps: points on the path, both ends counted.
        kind: lerp (a straight line) or slerp (an arc).
    Raises:
        ValueError: a sentence is empty, a parameter is out of its range, or the model has no latent space.
    """
    _need_space(tm)
    for name, sentence in (("first", a), ("second", b)):
        if not sentence.strip():
            raise ValueError(f"the {name} sentence is empty: type something to slide from or to")
    if not 2 <= steps <= 1001:
        raise ValueError(f"steps is {steps}: it must lie between 2 and 1001")
    return paths(tm, [(" ".join(a.split()), " ".join(b.split()))], steps=steps, kind=kind)[0]


def paths(tm: TextModel, pairs: Sequence[tuple[str, str]], *, steps: int = 11, kind: str = "lerp") -> list[list[Point]]:
    """The ways between many pairs of sentences, decoded together; each one as `path` has it."""
    _need_space(tm)
    mu = encode(tm, [sentence for pair in pairs for sentence in pair]).mu
    z = torch.cat([interpolate(mu[2 * i], mu[2 * i + 1], steps, kind) for i in range(len(pairs))])
    said = points(decode(tm, z), z)
    return [said[first : first + steps] for first in range(0, len(said), steps)]


def interpolate(a: Tensor, b: Tensor, steps: int, kind: str = "lerp") -> Tensor:
    """Points from a to b, (D,) each -> (steps, D), the ends exact.

    slerp turns from one direction to the other while the length changes evenly; where there is no direction (a
    vector near zero) or no single arc (near antipodal ones) it is the straight line.
    Source: Shoemake 1985, Animating rotation with quaternion curves; White 2016, arXiv:1609.04468.
    """
    if kind not in ("lerp", "slerp"):
        raise ValueError(f"kind is {kind!r}: it must be lerp or slerp")
    t = torch.linspace(0, 1, steps, dtype=a.dtype)[:, None]  # (steps, 1)
    straight = torch.lerp(a[None], b[None], t)
    if kind == "lerp":
        return straight
    length_a, length_b = a.norm(), b.norm()
    if min(length_a, length_b) < 1e-6:
        return straight
    cosine = (a @ b / (length_a * length_b)).clamp(-1, 1)
    angle = cosine.acos()
    if angle < 1e-4 or angle > torch.pi - 1e-3:
        return straight
    weight_a, weight_b = ((1 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin()
    length = torch.lerp(length_a, length_b, t)
    arc: Tensor = (weight_a * (a / length_a) + weight_b * (b / length_b)) * length
    arc[0], arc[-1] = a, b
    return arc


def _need_space(tm: TextModel) -> None:
    if not tm.latent:
        raise ValueError(f"{tm.kind.lacks} Choose a model of another family.")


def points(texts: Sequence[str], z: Tensor) -> list[Point]:
    """Texts with their rows of z (N, D)."""
    return [Point(text, tuple(row)) for text, row in zip(texts, z.tolist(), strict=True)]
