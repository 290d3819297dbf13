"""Codes found by search: where in the space a decoder says a sentence, rather than where the encoder guesses it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vae.data.batches import Batch
from vae.model.families.interface import SentenceModel
from vae.model.generation import generate
from vae.text.edit_distance import edit_distance

STEPS = 60
_RATE, _WEIGHT = 0.2, 0.005
_LONGEST_SEARCH = 1800  # tokens of a sentence times steps: a long one, which hardly any code says, is given up earlier
_LOOK, _HOPELESS = 15, 0.3  # the step at which a sentence is given up that has more than this share of its tokens wrong
_MOMENTS = (0.9, 0.999)  # Adam's


class Found(NamedTuple):
    """Codes z (B, D), and of which the decoder's likeliest words are the sentence, (B,) bool."""

    z: Tensor
    exact: Tensor


def search(model: SentenceModel, batch: Batch, mu: Tensor, steps: int = STEPS) -> Found:
    """Codes near mu from which the decoder says the sentences of a batch, its weights untouched.

    Adam descends nll(x | z) + weight * |z - mu|^2 in z alone. A sentence that the likeliest words already are moves no
    further; no code is returned from which they come less close to it than from mu. A sentence's code does not depend
    on the others of its batch.

    Args:
        mu: where to begin, (B, D), such as posterior means.
        steps: of the search at most, and fewer for long sentences and hopeless ones; 0 only looks at mu.
    Source: Kim et al. 2018, arXiv:1802.02550 (semi-amortised inference); Kingma & Ba 2015, arXiv:1412.6980.
    """
    limits = (_LONGEST_SEARCH // batch.lengths).clamp(max=steps)  # of each sentence's steps
    found, exact = mu.clone(), torch.zeros(len(mu), dtype=torch.bool, device=mu.device)
    active = torch.arange(len(mu), device=mu.device)  # the sentences still searched for
    part, start, z = batch, mu, mu
    first, second = torch.zeros_like(z), torch.zeros_like(z)
    for step in range(steps + 1):
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            logits = model.logits(part, z)
            nll, right = _token_nll(logits, part)
            loss = nll.sum() + _WEIGHT * (z - start).square().sum()
        said = right.all(1)
        if step == _LOOK:
            limits = torch.where((~right).sum(1) > _HOPELESS * part.lengths, 0, limits)
        rest = (~said & (step < limits)).nonzero().squeeze(1)
        found[active], exact[active] = z.detach(), said
        if not len(rest):
            break
        (gradient,) = torch.autograd.grad(loss, z)
        first = _MOMENTS[0] * first + (1 - _MOMENTS[0]) * gradient
        second = _MOMENTS[1] * second + (1 - _MOMENTS[1]) * gradient.square()
        mean, square = (m / (1 - b ** (step + 1)) for m, b in zip((first, second), _MOMENTS, strict=True))
        z = z.detach() - _RATE * mean / (square.sqrt() + 1e-8)
        if len(rest) < len(active):
            active, limits, start, z, first, second = (each[rest] for each in (active, limits, start, z, first, second))
            part = Batch(part.tokens[rest], part.lengths[rest], part.rows[rest], part.global_size)
    return Found(_closer(model, batch, mu, found, (~exact).nonzero().squeeze(1)), exact)


def _token_nll(logits: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """-log p of every token, 0 of those that the decoder never says; and whether each is the likeliest: (B, T) each."""
    nll = -logits.log_softmax(-1).gather(-1, batch.tokens[..., None])[..., 0]
    sayable = batch.mask & nll.isfinite()
    likeliest = (logits.argmax(-1) == batch.tokens) | ~batch.mask
    return torch.where(sayable, nll, 0.0), likeliest


def _closer(model: SentenceModel, batch: Batch, mu: Tensor, z: Tensor, rows: Tensor) -> Tensor:
    """z, but mu in those of the rows where decoding it comes closer to the sentence."""
    if not len(rows):
        return z
    codes = torch.cat([mu[rows], z[rows]])
    said = generate(model, model.begin(len(codes), codes), len(codes), max_tokens=batch.tokens.shape[1])
    lengths = batch.lengths[rows].tolist()
    for i, (row, length) in enumerate(zip(rows.tolist(), lengths, strict=True)):
        wanted = batch.tokens[row, : length - 1].tolist()
        before, after = (edit_distance(said[place], wanted) for place in (i, i + len(rows)))
        if before < after:
            z[row] = mu[row]
    return z
