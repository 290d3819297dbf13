"""The sentences between two others in the latent space."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vae.messages.message import Message, UserError
from vae.model.text_model import Point, TextModel, decode, encode, points, require_latent_space


def interpolate(tm: TextModel, a: str, b: str, *, steps: int = 11, kind: str = "lerp") -> list[Point]:
    """The sentences from a to b, decoded in one batch; the ends are what the model makes of a and b.

    Args:
        steps: points on the path, both ends counted.
        kind: lerp (a straight line) or slerp (an arc).
    Raises:
        UserError: a sentence is empty, a parameter is out of its range, or the model has no latent space.
    """
    require_latent_space(tm)
    for key, sentence in (("model.first_sentence_empty", a), ("model.second_sentence_empty", b)):
        if not sentence.strip():
            raise UserError(Message(key))
    if not 2 <= steps <= 1001:
        raise UserError(Message("model.out_of_range", name="steps", value=steps, low=2, high=1001))
    return interpolate_pairs(tm, [(" ".join(a.split()), " ".join(b.split()))], steps=steps, kind=kind)[0]


def interpolate_pairs(
    tm: TextModel, pairs: Sequence[tuple[str, str]], *, steps: int = 11, kind: str = "lerp"
) -> list[list[Point]]:
    """The interpolations of many pairs of sentences, decoded together; each one as `interpolate` has it."""
    require_latent_space(tm)
    mu = encode(tm, [sentence for pair in pairs for sentence in pair]).mu
    z = torch.cat([points_between(mu[2 * i], mu[2 * i + 1], steps, kind) for i in range(len(pairs))])
    decoded = points(decode(tm, z), z)
    return [decoded[first : first + steps] for first in range(0, len(decoded), steps)]


def points_between(a: Tensor, b: Tensor, steps: int, kind: str = "lerp") -> Tensor:
    """Points from a to b, (D,) each -> (steps, D), the ends exact.

    slerp turns from one direction to the other while the length changes evenly; where there is no direction (a
    vector near zero) or no single arc (near antipodal ones) it is the straight line.
    Raises:
        UserError: there is no such kind.
    Source: Shoemake 1985, Animating rotation with quaternion curves; White 2016, arXiv:1609.04468.
    """
    if kind not in ("lerp", "slerp"):
        raise UserError(Message("model.unknown_interpolation", kind=kind))
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
