"""A model with its tokenizer: sentences to codes, codes to sentences, and new sentences from the prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae.config.families import FamilySpec
from vae.data.batches import Tokens, batches_by_length
from vae.messages.message import Message, UserError
from vae.model.families.interface import Posterior, SentenceModel
from vae.model.generation import beam_search, generate
from vae.text.tokenizer import Tokenizer

_TOKEN_SEED = 0x5EED  # tokens must not be drawn with the numbers that z was drawn with
_MAX_ROWS, _MAX_ROWS_GPU = 512, 8192  # rows decoded together: more are no faster, and take memory


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
    def spec(self) -> FamilySpec:
        """Its family in words."""
        return self.model.spec


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
    for rows, batch in batches_by_length(tokens):
        positions = torch.from_numpy(rows).to(device)
        mu[positions], logvar[positions] = tm.model.posterior(batch.to(device))
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
    """A sentence for each row of z (N, D), begun with `start`. Other parameters as in `generate`.

    Each row has its own random numbers: it gives the same sentence whatever the others are.
    """
    prefix = tm.tokenizer.encode([start])[0] if start else []
    max_tokens = max(tm.max_tokens, len(prefix) + 1)
    generator = torch.Generator().manual_seed(seed ^ _TOKEN_SEED)
    ids = []
    z = z.to(tm.model.device)
    chunk_size = max(1, (_MAX_ROWS_GPU if z.is_cuda else _MAX_ROWS) // max(1, beam))
    for first in range(0, len(z), chunk_size):
        chunk = z[first : first + chunk_size]
        state = tm.model.begin(len(chunk), chunk)
        if beam != 1:
            ids += beam_search(tm.model, state, len(chunk), beams=beam, max_tokens=max_tokens, prefix=prefix)
        else:
            ids += generate(
                tm.model, state, len(chunk), max_tokens=max_tokens, temperature=temperature, top_k=top_k, top_p=top_p,
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
        temperature: of the choice of words; 0 takes the likeliest of each z.
        start: every sentence begins with it.
        from_start: draw z from q(z | start) instead of the prior.
        seed: the same seed gives the same sentences.
    Raises:
        UserError: a parameter is out of its range, or `from_start` asks for a latent space where there is none.
    """
    if not 1 <= n <= 100_000:
        raise UserError(Message("model.out_of_range", name="n", value=n, low=1, high=100_000))
    start = " ".join(start.split())
    generator = torch.Generator().manual_seed(seed)
    if start and from_start:
        require_latent_space(tm)
        mu, logvar = encode(tm, [start])
        z = mu + torch.randn(n, tm.latent, generator=generator) * (0.5 * logvar).exp()
    else:
        z = tm.model.prior.sample(n, generator)
    texts = decode(tm, z, temperature=temperature, top_k=top_k, top_p=top_p, start=start, beam=beam, seed=seed)
    return points(texts, z)


def reconstruct(tm: TextModel, sentences: Sequence[str], *, beam: int = 1) -> list[Point]:
    """What the decoder makes of the posterior mean of each sentence; z is that mean.

    Raises:
        UserError: the model has no latent space.
    """
    require_latent_space(tm)
    mu = encode(tm, sentences).mu
    return points(decode(tm, mu, beam=beam), mu)


def require_latent_space(tm: TextModel) -> None:
    """Raises UserError: the model has no latent space."""
    if not tm.latent:
        raise UserError(Message("model.no_latent_space", limitation=tm.spec.limitation))


def points(texts: Sequence[str], z: Tensor) -> list[Point]:
    """Texts with their rows of z (N, D)."""
    return [Point(text, tuple(row)) for text, row in zip(texts, z.tolist(), strict=True)]
