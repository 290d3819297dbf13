"""How weights stand in a model file: 16 bits each, or 8 with a scale for each row of a matrix; and a fitted prior."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vae.model.priors.gaussian_mixture import GaussianMixture

_SCALE = ".scale"
_SMALLEST = 4096  # numbers of a matrix that is worth a scale a row
_PRIOR = ("prior.weights", "prior.means", "prior.factors")
_MAX_COMPONENTS = 64


def pack(weights: Mapping[str, Tensor], bits: int) -> dict[str, Tensor]:
    """Weights as they are stored: float16, or of large matrices int8 with a float16 scale for each row beside it.

    Source: Jacob et al. 2018, arXiv:1712.05877 (symmetric, of each output channel).
    """
    packed: dict[str, Tensor] = {}
    for name, value in weights.items():
        value = value.detach().float().cpu()
        if bits == 16 or value.dim() != 2 or value.numel() < _SMALLEST or not value.isfinite().all():
            packed[name] = value.half().contiguous()
            continue
        scale = (value.abs().amax(1) / 127).clamp(min=6e-5).half()  # no smaller one is exact in float16
        packed[name] = (value / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8)
        packed[name + _SCALE] = scale
    return packed


def unpack(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The float32 weights of `pack`. Raises ValueError: a matrix has no scales that fit it."""
    weights = {}
    for name, value in stored.items():
        if value.dtype == torch.int8:
            scale = stored.get(name + _SCALE)
            if value.dim() != 2 or scale is None or scale.dtype != torch.float16 or scale.shape != value.shape[:1]:
                raise ValueError(name)
            weights[name] = value.float() * scale.float()[:, None]
        elif not (name.endswith(_SCALE) and name.removesuffix(_SCALE) in stored):
            weights[name] = value.float()
    return weights


def pack_prior(prior: GaussianMixture | None) -> dict[str, Tensor]:
    """A fitted prior as tensors of a file."""
    if prior is None:
        return {}
    values = (prior.weights, prior.means, prior.factors)
    return {name: value.half().contiguous() for name, value in zip(_PRIOR, values, strict=True)}


def unpack_prior(stored: dict[str, Tensor], dimensions: int) -> GaussianMixture | None:
    """The fitted prior among a file's tensors, which are taken out of them; None: it has none.

    Raises:
        ValueError: it is not one over so many dimensions.
    """
    if not set(_PRIOR) & set(stored):
        return None
    parts = [stored.pop(name, torch.empty(0)).float() for name in _PRIOR]
    weights, means, factors = parts
    k = len(weights) if weights.dim() == 1 else 0
    shapes = [(k,), (k, dimensions), (k, dimensions, dimensions)]
    if not 1 <= k <= _MAX_COMPONENTS or [tuple(part.shape) for part in parts] != shapes:
        raise ValueError("prior")
    if not all(part.isfinite().all() for part in parts) or not (weights > 0).all():
        raise ValueError("prior")
    if not (factors.diagonal(dim1=1, dim2=2) > 0).all() or factors.triu(1).any():
        raise ValueError("prior")
    return GaussianMixture(weights / weights.sum(), means, factors)
