"""Sentences in, points of the latent space and sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae.config.families import FamilySpec
from vae.data.batches import Tokens, in_order
from vae.model.families.interface import Posterior, SentenceModel
from vae.model.generation import beam_search, generate
from vae.text.tokenizer import Tokenizer

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
    def kind(self) -> FamilySpec:
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
        need_space(tm)
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
    need_space(tm)
    mu = encode(tm, sentences).mu
    return points(decode(tm, mu, beam=beam), mu)


def need_space(tm: TextModel) -> None:
    if not tm.latent:
        raise ValueError(f"{tm.kind.lacks} Choose a model of another family.")


def points(texts: Sequence[str], z: Tensor) -> list[Point]:
    """Texts with their rows of z (N, D)."""
    return [Point(text, tuple(row)) for text, row in zip(texts, z.tolist(), strict=True)]
