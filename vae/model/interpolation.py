"""The sentences between two others in the latent space."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from vae.messages.message import Message, UserError
from vae.model.refinement import STEPS
from vae.model.text_model import Point, TextModel, decode, find_codes, points, require_latent_space

KINDS = ("fluent", "lerp", "slerp")
_FADE = 1 / 3  # of the way on which what the search added to an end fades out
_BEND = 0.7  # how much of the middle of a way is the place that it goes past
_COARSE, _ROUNDS = 17, 3  # points of a way that are decoded at first, and how often the gaps between them are halved


@dataclass(frozen=True, slots=True)
class Stop:
    """A sentence on a way and the stretch of it where it is said, as shares of the way; `z` is in its middle."""

    text: str
    z: tuple[float, ...]
    begin: float
    end: float


class Way(NamedTuple):
    """From one sentence to another.

    `mu` and `z` are their codes, (2, D) each; `past` is a place between them that a fluent way goes past, (D,); `apart`
    says how much of a fluent way it is: 1 of two sentences that have nothing in common, 0 of twice the same.
    """

    mu: Tensor
    z: Tensor
    past: Tensor
    apart: float = 1.0


def interpolate(
    tm: TextModel, a: str, b: str, *, steps: int = 11, kind: str = "fluent", refine: int = STEPS, distinct: bool = False
) -> list[Point]:
    """The sentences from a to b; the ends are what the model says at the codes of a and b.

    Args:
        steps: points on the way, both ends counted.
        kind: of KINDS; see `points_between`.
        refine: steps of the search for the two codes (`text_model.find_codes`); 0 takes the posterior means.
        distinct: each different sentence once instead, in their order, whatever `steps` says.
    Raises:
        UserError: a sentence is empty, a parameter is out of its range, or the model has no latent space.
    """
    if distinct:
        return [Point(stop.text, stop.z) for stop in find_path(tm, a, b, kind=kind, refine=refine)]
    if not 2 <= steps <= 1001:
        raise UserError(Message("model.out_of_range", name="steps", value=steps, low=2, high=1001))
    way = _ways(tm, [_checked(a, b)], refine)[0]
    z = points_between(way, torch.linspace(0, 1, steps), kind)
    return points(decode(tm, z), z)


def find_path(tm: TextModel, a: str, b: str, *, kind: str = "fluent", refine: int = STEPS) -> list[Stop]:
    """Every different sentence found between a and b, each once, and where on the way it is said.

    On the way of kind "fluent" those are left out that hold a word which the model has made up and neither end has. The
    stretches cover the way from 0 to 1 without a gap. Parameters and errors as of `interpolate`.
    """
    return find_paths(tm, [_checked(a, b)], kind=kind, refine=refine)[0]


def find_paths(
    tm: TextModel, pairs: Sequence[tuple[str, str]], *, kind: str = "fluent", refine: int = STEPS
) -> list[list[Stop]]:
    """The paths of many pairs of sentences, decoded together; each one as `find_path` has it."""
    require_latent_space(tm)
    ways = _ways(tm, pairs, refine)
    said: list[dict[float, str]] = [{} for _ in ways]  # of each way, by its share
    wanted = [torch.linspace(0, 1, _COARSE, dtype=torch.float64).tolist() for _ in ways]
    for _ in range(_ROUNDS + 1):
        z = torch.cat([points_between(way, torch.tensor(t), kind) for way, t in zip(ways, wanted, strict=True)])
        texts = iter(decode(tm, z))
        for known, shares in zip(said, wanted, strict=True):
            known.update(zip(shares, texts, strict=False))
        wanted = [_gaps(known) for known in said]
    return [_stops(known, way, kind, _strangeness(tm, known, kind)) for known, way in zip(said, ways, strict=True)]


def _strangeness(tm: TextModel, said: dict[float, str], kind: str) -> Callable[[str], bool]:
    """Whether a sentence of a way is left out for a word in it."""
    lexicon, ends = tm.lexicon, f"{said[0.0]} {said[1.0]}"
    if lexicon is None or kind != "fluent":
        return lambda text: False
    return lambda text: bool(lexicon.made_up(text, besides=ends))


def middles(tm: TextModel, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """What is said in the middle between the two of each pair."""
    middle = torch.tensor([0.5])
    return decode(tm, torch.cat([points_between(way, middle) for way in _ways(tm, pairs, refine=0)]))


def _checked(a: str, b: str) -> tuple[str, str]:
    """Two sentences with single spaces. Raises UserError: one is empty."""
    for key, sentence in (("model.first_sentence_empty", a), ("model.second_sentence_empty", b)):
        if not sentence.strip():
            raise UserError(Message(key))
    return " ".join(a.split()), " ".join(b.split())


def _ways(tm: TextModel, pairs: Sequence[tuple[str, str]], refine: int) -> list[Way]:
    codes = find_codes(tm, [sentence for pair in pairs for sentence in pair], refine=refine)
    centre = torch.zeros(tm.latent) if tm.fitted is None else tm.fitted.mean
    ways = []
    for i, pair in enumerate(pairs):
        mu, z = (part[2 * i : 2 * i + 2] for part in codes)
        # drawn for the two sentences, in whichever order: one place for all would be the middle of every path
        generator = torch.Generator().manual_seed(zlib.crc32("\n".join(sorted(pair)).encode("utf-8", "surrogatepass")))
        past = centre if tm.fitted is None else tm.fitted.sample(1, generator)[0]
        apart = 2**0.5 * (mu[0] - mu[1]).norm() / ((mu - centre).norm(dim=1).sum() + 1e-9)  # 1 at right angles
        ways.append(Way(mu, z, past, min(1.0, apart.item())))
    return ways


def _gaps(said: dict[float, str]) -> list[float]:
    """The middles between neighbours that differ."""
    order = sorted(said)
    return [(a + b) / 2 for a, b in pairwise(order) if said[a] != said[b]]


def _stops(said: dict[float, str], way: Way, kind: str, is_strange: Callable[[str], bool]) -> list[Stop]:
    """What is said along a way, by its share, as stops: where a sentence comes again, its first stretch counts alone,
    but of what is said at the end the last one; without what is strange, but for the ends."""
    order = sorted(said)
    runs: list[list[float]] = []  # the shares at which the same is said in a row
    for t in order:
        if runs and said[runs[-1][-1]] == said[t]:
            runs[-1].append(t)
        else:
            runs.append([t])
    seen, kept = {said[order[0]], said[order[-1]]}, runs[:1]
    for run in runs[1:-1]:
        if said[run[0]] not in seen and not is_strange(said[run[0]]):
            seen.add(said[run[0]])
            kept.append(run)
    kept += runs[1:][-1:]
    borders = [0.0, *((a[-1] + b[0]) / 2 for a, b in pairwise(kept)), 1.0]
    places = [run[len(run) // 2] for run in kept]
    places[0], places[-1] = order[0], order[-1]  # which are the codes of the two sentences
    z = points_between(way, torch.tensor(places), kind)
    return [
        Stop(said[run[0]], tuple(row), begin, end)
        for run, row, (begin, end) in zip(kept, z.tolist(), pairwise(borders), strict=True)
    ]


def points_between(way: Way, t: Tensor, kind: str = "fluent") -> Tensor:
    """Points of the way from one sentence to another at shares t (N,) from 0 to 1: (N, D), the ends exactly z.

    lerp is the straight line between the codes z; slerp turns from one's direction to the other's while the length
    changes evenly. fluent goes between the posterior means mu, where the decoder is at home, bent towards a place where
    sentences of the training text lie, and what the search added to each end fades out within a third of the way; the
    nearer two sentences are to each other, the more it is lerp.

    Raises:
        UserError: there is no such kind.
    Source: Shoemake 1985, Animating rotation with quaternion curves; White 2016, arXiv:1609.04468 (slerp).
    """
    if kind not in KINDS:
        raise UserError(Message("model.unknown_interpolation", kind=kind, kinds=", ".join(KINDS)))
    mu, z, past, apart = way
    t = t.to(z.dtype)[:, None]  # (N, 1)
    line = torch.lerp(z[:1], z[1:], t)
    if kind == "slerp":
        line = _arc(z[0], z[1], t)
    elif kind == "fluent":
        straight, added = torch.lerp(mu[:1], mu[1:], t), z - mu
        fading = (1 - t / _FADE).clamp(min=0), (1 - (1 - t) / _FADE).clamp(min=0)
        bent = straight + 4 * _BEND * t * (1 - t) * (past - straight) + fading[0] * added[0] + fading[1] * added[1]
        line = torch.lerp(line, bent, apart)
    return torch.where(t == 0, z[0], torch.where(t == 1, z[1], line))


def _arc(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The arc from a to b, (D,) each, at t (N, 1); where there is no direction (a vector near zero) or no single arc
    (near antipodal ones) the straight line."""
    straight = torch.lerp(a[None], b[None], t)
    length_a, length_b = a.norm(), b.norm()
    if min(length_a, length_b) < 1e-6:
        return straight
    angle = (a @ b / (length_a * length_b)).clamp(-1, 1).acos()
    if angle < 1e-4 or angle > torch.pi - 1e-3:
        return straight
    weight_a, weight_b = ((1 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin()
    arc: Tensor = (weight_a * (a / length_a) + weight_b * (b / length_b)) * torch.lerp(length_a, length_b, t)
    return arc
