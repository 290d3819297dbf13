"""A model with its tokenizer: sentences to codes, codes to sentences, and new sentences from the prior."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vae.config.families import FamilySpec
from vae.data.batches import Tokens, batches_by_length
from vae.messages.message import Message, UserError
from vae.model.families.interface import Posterior, SentenceModel
from vae.model.generation import beam_search, generate
from vae.model.priors.gaussian_mixture import GaussianMixture
from vae.model.refinement import STEPS, search
from vae.text.cleaning import clean
from vae.text.lexicon import Lexicon
from vae.text.tokenizer import Tokenizer

_TOKEN_SEED = 0x5EED  # tokens must not be drawn with the numbers that z was drawn with
PRIORS = ("fitted", "normal")
_ATTEMPTS = 10  # at drawing only different sentences
_TRIES = 2  # at drawing only words of its text: a model that has learned little would need many
_SPARE = 0.25  # so many more are drawn where some may have a word that is made up: mostly, there is no second attempt
_MAX_ROWS, _MAX_ROWS_GPU = 512, 8192  # rows decoded together: more are no faster, and take memory


@dataclass(frozen=True, slots=True)
class TextModel:
    """A model with its tokenizer: all that turning text into points and back takes.

    `fitted` is the prior fitted to the codes of the sentences that it learned from, if that was done; `lexicon` has the
    words of these sentences, where a word that they lack is a strange one.
    """

    model: SentenceModel
    tokenizer: Tokenizer
    max_tokens: int = 64
    fitted: GaussianMixture | None = None
    lexicon: Lexicon | None = None

    @property
    def latent(self) -> int:
        """Dimensions of z: 0 without a latent space."""
        return self.model.latent

    @property
    def spec(self) -> FamilySpec:
        """Its family in words."""
        return self.model.spec

    def unknown_words(self, text: str) -> list[str]:
        """The different words of a text that hold something the model never learned from, in their order."""
        return self.tokenizer.unknown_words(text)


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


class Codes(NamedTuple):
    """Where B sentences are: the encoder's guess `mu`, and `z`, found by search from there; (B, D) each."""

    mu: Tensor
    z: Tensor


def find_codes(tm: TextModel, sentences: Sequence[str], *, refine: int = STEPS) -> Codes:
    """The codes of sentences, in the order given, those of the search found in at most `refine` steps (0: none).

    Raises:
        UserError: the model has no latent space, or `refine` is out of its range.
    """
    require_latent_space(tm)
    if not 0 <= refine <= 1000:
        raise UserError(Message("model.out_of_range", name="refine", value=refine, low=0, high=1000))
    mu = encode(tm, sentences).mu.clone()  # no longer of inference mode: the search takes gradients
    z = mu.clone()
    if refine:
        for rows, batch in batches_by_length(Tokens.of(tm.tokenizer.encode(sentences))):
            places, device = torch.from_numpy(rows), tm.model.device
            z[places] = search(tm.model, batch.to(device), mu[places].to(device), refine).z.cpu()
    return Codes(mu, z)


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

    Each row has its own random numbers: it gives the same sentence whatever the others are. A sentence is one line of
    visible text, whatever pieces a model puts together.

    Args:
        start: behind a blank at its end a new word begins; without one its last word may go on.
    Raises:
        UserError: the model never learned the words of `start`, or a parameter is out of its range.
    """
    prefix, following, unknown = tm.tokenizer.begin(start)
    if unknown:
        raise UserError(Message("model.unknown_start", words=", ".join(f"“{word}”" for word in unknown)))
    first = None if following is None else torch.from_numpy(following)
    max_tokens = max(tm.max_tokens, len(prefix) + 1)
    generator = torch.Generator().manual_seed(seed ^ _TOKEN_SEED)
    ids = []
    z = z.to(tm.model.device)
    chunk_size = max(1, (_MAX_ROWS_GPU if z.is_cuda else _MAX_ROWS) // max(1, beam))
    for offset in range(0, len(z), chunk_size):
        chunk = z[offset : offset + chunk_size]
        state = tm.model.begin(len(chunk), chunk)
        if beam != 1:
            ids += beam_search(
                tm.model, state, len(chunk), beams=beam, max_tokens=max_tokens, prefix=prefix, first=first
            )
        else:
            ids += generate(
                tm.model, state, len(chunk), max_tokens=max_tokens, temperature=temperature, top_k=top_k, top_p=top_p,
                prefix=prefix, first=first, generator=generator,
            )  # fmt: skip
    return [clean(text.replace("\ufffd", "")) for text in tm.tokenizer.decode(ids)]


def say(tm: TextModel, codes: Sequence[Sequence[float]]) -> list[str]:
    """What the model says at codes, N rows of D numbers: `decode` for those who have no tensors.

    Raises:
        UserError: the model has no latent space, or a code has another number of dimensions.
    """
    require_latent_space(tm)
    wrong = next((len(code) for code in codes if len(code) != tm.latent), None)
    if wrong is not None:
        raise UserError(Message("model.code_size", numbers=wrong, latent=tm.latent))
    return decode(tm, torch.tensor(codes, dtype=torch.float32))


def sample(
    tm: TextModel,
    n: int,
    *,
    temperature: float | None = None,
    top_k: int = 0,
    top_p: float = 1.0,
    start: str = "",
    from_start: bool = False,
    beam: int = 1,
    prior: str = "fitted",
    spread: float = 1.0,
    distinct: bool = False,
    made_up: bool = True,
    seed: int = 0,
) -> list[Point]:
    """n sentences from the prior, or around the code of `start` if `from_start` says so.

    Args:
        temperature: of the choice of words; 0 takes the likeliest of each z. None: 0, but 1 without a latent space.
        start: every sentence begins with it; see `decode`.
        from_start: draw z from q(z | start) instead of the prior.
        prior: "fitted", the one fitted to the codes of the training sentences, where the model has one; or "normal",
            N(0, I), which the KL term of the loss is about.
        spread: scales how far z lies from the middle that it is drawn around; below 1 samples read better and vary
            less (docs/evaluation.md).
        distinct: draw more until there are n different sentences, a tenfold at most.
        made_up: whether words may be among them that the model has put together of pieces. If not, other sentences are
            drawn in place of these, in two tries, where the model knows the words of its text.
        seed: the same seed gives the same sentences.
    Raises:
        UserError: a parameter is out of its range, the model never learned the words of `start`, or `from_start` asks
            for a latent space where there is none.
    Source: Brock et al. 2019, arXiv:1809.11096 (a narrower spread than that of the prior).
    """
    if not 1 <= n <= 100_000:
        raise UserError(Message("model.out_of_range", name="n", value=n, low=1, high=100_000))
    if prior not in PRIORS:
        raise UserError(Message("model.unknown_prior", prior=prior, priors=", ".join(PRIORS)))
    if not 0 <= spread <= 10:
        raise UserError(Message("model.out_of_range", name="spread", value=spread, low=0, high=10))
    if temperature is None:
        temperature = 0.0 if tm.latent else 1.0
    start = " ".join(start.split()) + " " * start[-1:].isspace()
    generator = torch.Generator().manual_seed(seed)
    around = None
    if start.strip() and from_start:
        require_latent_space(tm)
        around = encode(tm, [start.strip()])
    lexicon = None if made_up else tm.lexicon
    drawn: list[Point] = []
    strange: list[Point] = []  # with a word that is made up
    known: set[str] = set()
    rows = n if lexicon is None else n + math.ceil(_SPARE * n)
    for attempt in range(_ATTEMPTS if distinct or lexicon is not None else 1):
        z = _draw_codes(tm, rows, around, prior, spread, generator)
        texts = decode(
            tm, z, temperature=temperature, top_k=top_k, top_p=top_p, start=start, beam=beam,
            seed=seed ^ attempt << 32,
        )  # fmt: skip
        for point in points(texts, z):
            if not distinct or point.text not in known:
                known.add(point.text)
                made = lexicon.made_up(point.text, besides=start) if lexicon is not None else []
                (strange if made else drawn).append(point)
        if len(drawn) >= n or (attempt >= _TRIES - 1 and len(drawn) + len(strange) >= n):
            break
    return [*drawn, *strange][:n]


def _draw_codes(
    tm: TextModel, n: int, around: Posterior | None, prior: str, spread: float, generator: torch.Generator
) -> Tensor:
    """n codes (n, D): of a posterior, of the fitted prior, or of the model's own."""
    if around is not None:
        noise = torch.randn(n, tm.latent, generator=generator)
        return around.mu + spread * noise * (0.5 * around.logvar).exp()
    if prior == "fitted" and tm.fitted is not None:
        return tm.fitted.sample(n, generator, spread)
    return spread * tm.model.prior.sample(n, generator)


def reconstruct(tm: TextModel, sentences: Sequence[str], *, beam: int = 1, refine: int = STEPS) -> list[Point]:
    """What the decoder makes of the code of each sentence, and that code z.

    Args:
        refine: steps of the search for the code (`find_codes`); 0 takes the posterior mean.
    Raises:
        UserError: the model has no latent space, or a parameter is out of its range.
    """
    z = find_codes(tm, sentences, refine=refine).z
    return points(decode(tm, z, beam=beam), z)


def require_latent_space(tm: TextModel) -> None:
    """Raises UserError: the model has no latent space."""
    if not tm.latent:
        raise UserError(Message("model.no_latent_space", limitation=tm.spec.limitation))


def points(texts: Sequence[str], z: Tensor) -> list[Point]:
    """Texts with their rows of z (N, D)."""
    return [Point(text, tuple(row)) for text, row in zip(texts, z.tolist(), strict=True)]
