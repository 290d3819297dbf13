"""The output layer with its cross-entropy, as one function with its own backward pass.

Of a step's (rows, V) logits nothing outlives the function, and in float32 only a block small enough for the
processor's cache exists at a time: the gradients are made while a block is at hand, since the weight of each token in
the loss is known beforehand.

Source: Milakov & Gimelshein 2018, arXiv:1805.02867 (softmax in one go); Wijmans et al. 2025, arXiv:2411.09009.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

_CHUNK = 2**23  # logits that one matrix product makes
_BLOCK = 2**19  # of them in float32 at a time, on a processor: 2 MB
_HAS_ONEDNN = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
_ONEDNN_LINEAR = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if _HAS_ONEDNN else None


def token_nll(features: Tensor, table: Tensor, bias: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
    """-log p of K tokens, each predicted from a row of features: (K,) float32, without a gradient.

    Args:
        features: (N, E).  table, bias: (V, E), (V,), the output layer.
        rows, tokens: (K,) int64, which row each token is predicted from, and its id; rows ascend.
    """
    with torch.no_grad():
        nll: Tensor = _blockwise_nll(features, table, bias, rows, tokens, None)[0]
    return nll


def weighted_nll(
    features: Tensor, table: Tensor, bias: Tensor, rows: Tensor, tokens: Tensor, weights: Tensor
) -> tuple[Tensor, Tensor]:
    """sum_k weights_k nll_k, a scalar with gradients for features, table and bias; and the nll (K,) without one.

    Above 87 nats, the most that float32 can hold of a probability, a token's nll reads 87; its gradient is right.

    Args:
        weights: (K,) float32, not negative.  Others as in `token_nll`.
    """
    loss, nll = _WeightedNll.apply(features, table, bias, rows, tokens, weights)  # type: ignore[no-untyped-call]
    return loss, nll


class _WeightedNll(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, features: Tensor, table: Tensor, bias: Tensor, rows: Tensor, tokens: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor]:
        nll, *gradients = _blockwise_nll(features, table, bias, rows, tokens, weights)
        ctx.save_for_backward(*gradients)
        ctx.mark_non_differentiable(nll)
        return (nll * weights).sum(), nll

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        scale = upstream[0]
        gradients = ctx.saved_tensors
        if scale.is_cuda or scale != 1:  # which it is when this is a term of the loss
            gradients = tuple(gradient * scale for gradient in gradients)
        return *gradients, None, None, None


def _blockwise_nll(
    features: Tensor, table: Tensor, bias: Tensor, rows: Tensor, tokens: Tensor, weights: Tensor | None
) -> tuple[Tensor, ...]:
    """nll (K,); with weights, also the gradients of their sum, shaped and typed like features, table and bias."""
    n, vocabulary = len(features), len(table)
    block = max(1, (_CHUNK if features.is_cuda else _BLOCK) // vocabulary)
    chunk = block * (_CHUNK // _BLOCK)
    bounds = _block_bounds(rows, n, block)
    w = table.detach().to(features.dtype)
    nll = torch.empty(len(rows), device=features.device)
    # the same memory for every block, so that it stays in the cache
    values, p = torch.empty(2, min(n, block), vocabulary, device=features.device)
    if weights is not None:
        mass = weights.new_zeros(n).index_add_(0, rows, weights)  # (N,) of each row's tokens together
        weighted = features * mass[:, None].to(features.dtype)
        row_share = weights / mass.clamp(min=torch.finfo(mass.dtype).tiny)[rows]  # 0 of a row without weight
        d_features, d_table, d_bias = torch.empty_like(features), table.new_zeros(()), torch.zeros_like(bias)
    for start in range(0, n, chunk):
        chunk_rows = slice(start, start + chunk)
        logits = linear(features[chunk_rows], w)  # (chunk, V)
        for first in range(0, len(logits), block):
            block_rows, block_tokens = slice(first, first + block), slice(*bounds[(start + first) // block :][:2])
            row, token = rows[block_tokens] - (start + first), tokens[block_tokens]
            count = len(logits[block_rows])
            torch.add(logits[block_rows], bias.detach(), out=values[:count])
            if weights is None:
                nll[block_tokens] = values[:count].logsumexp(-1)[row] - values[row, token]
                continue
            torch.softmax(values[:count], -1, out=p[:count])
            nll[block_tokens] = -p[row, token].clamp(min=torch.finfo(p.dtype).tiny).log()  # 87 nats at most
            p.index_put_((row, token), -row_share[block_tokens], accumulate=True)
            d_bias.addmv_(p[:count].t(), mass[chunk_rows][block_rows])
            logits[block_rows] = p[:count]  # from here on the gradient of each row's mean nll
        if weights is not None:
            d_features[chunk_rows] = logits @ w
            chunk_table = (logits.t() @ weighted[chunk_rows]).to(table.dtype)
            d_table = d_table + chunk_table if start else chunk_table
    if weights is None:
        return (nll,)
    d_table = d_table.expand_as(table)  # of no rows at all it is 0
    return nll, d_features.mul_(mass[:, None]), d_table, d_bias


def linear(x: Tensor, w: Tensor, bias: Tensor | None = None, addend: Tensor | None = None) -> Tensor:
    """x @ w.T + bias, or x @ w.T + addend: x (N, E), w (V, E), bias (V,), addend (N, V) -> (N, V).

    In float32 and without gradients oneDNN's product takes half to four fifths of the time of the default one.
    """
    if x.dtype == torch.float32 and not x.is_cuda and _ONEDNN_LINEAR is not None and not torch.is_grad_enabled():
        if addend is None:
            out: Tensor = _ONEDNN_LINEAR(x, w, bias, "none", [], "")
        else:
            out = _ONEDNN_LINEAR.binary(x, addend, w, bias, "add")
        return out
    return F.linear(x, w, bias) if addend is None else torch.addmm(addend, x, w.t())


def _block_bounds(rows: Tensor, n: int, block: int) -> list[int]:
    """Where in the ascending `rows` the tokens of each block of n feature rows begin, and their end."""
    if n <= block:
        return [0, len(rows)]  # without asking a GPU
    edges = torch.arange(0, n, block, device=rows.device)
    return [*torch.searchsorted(rows, edges).tolist(), len(rows)]
