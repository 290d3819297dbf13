"""From a state to token ids: greedy, temperature, top-k, top-p and beam, once, for every family.

It knows nothing of text. Rows of a batch never influence each other's tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vae.messages.message import Message, UserError
from vae.model.families.interface import SentenceModel
from vae.text.tokenizer import BOS_ID, EOS_ID

_TOP_P_CANDIDATES = 64  # candidates that hold the share top_p of most rows


@torch.inference_mode()
def generate(
    model: SentenceModel,
    state: Any,
    n: int,
    *,
    max_tokens: int = 64,
    temperature: float = 0.0,
    top_k: int = 0,
    top_p: float = 1.0,
    prefix: Sequence[int] = (),
    first: Tensor | None = None,
    generator: torch.Generator | None = None,
    uniforms: Tensor | None = None,
) -> list[list[int]]:
    """Continue n sentences until each one ends.

    Args:
        state: of `model.begin(n, z)`.
        max_tokens: longest sentence, prefix counted.
        temperature: 0 takes the likeliest token, 1 draws from the model's probabilities, more is more varied.
        top_k: draw among the k likeliest only; 0 for all.
        top_p: draw among the likeliest that hold this much probability.
        prefix: tokens that every sentence starts with.
        first: (V,) bool, which tokens may come right behind the prefix; None for any.
        generator: of the random numbers, each sentence's own, (n, max_tokens - prefix) at once.
        uniforms: these numbers themselves, in [0, 1), instead.
    Returns:
        ids of each sentence, prefix included, without begin and end.
    Raises:
        UserError: a parameter is out of its range, or the model's probabilities are no numbers.
    Source: Fan et al. 2018, arXiv:1805.04833 (top-k); Holtzman et al. 2020, arXiv:1904.09751 (top-p).
    """
    _check_ranges(temperature, top_k, top_p, max_tokens)
    limit, device = max_tokens - len(prefix), state[0].device
    if n == 0 or limit <= 0:
        return [list(prefix) for _ in range(n)]
    row = torch.arange(_padded_rows(n), device=device)  # where in `generated` each row of the state is written
    ended = row >= n  # the rows that only fill up
    state = _select_rows(state, row.clamp(max=n - 1))
    logits, state = _prefill(model, state, len(row), prefix, first)
    if temperature > 0:
        if logits.amax(-1).isnan().any():
            raise UserError(Message("model.logits_are_no_numbers"))
        if uniforms is None:
            uniforms = torch.rand(n, limit, generator=generator, device=generator.device if generator else None)
        row_uniforms = torch.cat([uniforms, uniforms.new_zeros(len(row) - n, limit)]).to(device)
    generated = torch.full((len(row), limit), EOS_ID, device=device)
    for t in range(limit):
        if temperature > 0:
            tokens = _sample_tokens(logits, temperature, top_k, top_p, row_uniforms[row, t])
        else:
            tokens = logits.argmax(-1)
        generated[row, t] = tokens.masked_fill(ended, EOS_ID)
        ended = ended | (tokens == EOS_ID)
        if _may_sync(device, t):
            remaining = len(row) - int(ended.sum())
            if not remaining:
                break
            if _padded_rows(remaining) <= 0.9 * len(row):  # moving the others costs about a tenth of a step
                kept = ended.int().argsort(stable=True)[: _padded_rows(remaining)]
                row, ended, tokens, state = row[kept], ended[kept], tokens[kept], _select_rows(state, kept)
        logits, state = _advance(model, tokens, state)
    return _to_ids(prefix, generated[:n])


@torch.inference_mode()
def beam_search(
    model: SentenceModel,
    state: Any,
    n: int,
    *,
    beams: int = 5,
    max_tokens: int = 64,
    prefix: Sequence[int] = (),
    first: Tensor | None = None,
    length_penalty: float = 0.7,
    margin: float = 3.0,
) -> list[list[int]]:
    """The likeliest sentence found while `beams` candidates a sentence are kept side by side.

    Candidates are compared by log p / length ** length_penalty, the end mark counted.

    Args:
        first: (V,) bool, which tokens may come right behind the prefix; None for any.
        margin: a candidate this many nats behind the best of its length is given up, whether that is a candidate or
            what would be as good as the best that has ended. At 3 none of 800 sentences of the bundled model changed,
            in seven tenths of the time; infinite keeps them all.
    Returns:
        ids of each sentence, prefix included, without begin and end.
    Raises:
        UserError: a parameter is out of its range.
    Source: Wu et al. 2016, arXiv:1609.08144, section 7 (length normalisation, and giving candidates up).
    """
    _check_ranges(0.0, 0, 1.0, max_tokens)
    if not 1 <= beams <= 64:
        raise UserError(Message("model.out_of_range", name="beams", value=beams, low=1, high=64))
    limit, device = max_tokens - len(prefix), state[0].device
    if n == 0 or limit <= 0:
        return [list(prefix) for _ in range(n)]
    best = torch.full((n, limit), EOS_ID, device=device)
    best_score = torch.full((n,), -torch.inf, device=device)
    active = torch.arange(n, device=device)  # (L,) the sentences still searched for
    generated = best[:, None]  # (L, K, limit): their K candidates so far; at first there is one, of nothing
    scores = torch.zeros(n, 1, device=device)  # (L, K) log p of it
    slots = active  # (R,) which of the L * K candidates each row of the state is
    logits, state = _prefill(model, state, n, prefix, first)
    for length in range(1, limit + 1):
        active_count, k = scores.shape
        rows = len(slots)  # and some that only fill up
        log_normalizer = -logits.logsumexp(-1, keepdim=True)[:rows]
        ended = _spread_scores(logits[:rows, EOS_ID, None] + log_normalizer, slots, scores)
        score, best_beam = (ended[..., 0] / length**length_penalty).max(1)
        better = score > best_score[active]
        best_score[active] = torch.where(better, score, best_score[active])
        completed = generated[torch.arange(active_count, device=device), best_beam]
        best[active] = torch.where(better[:, None], completed, best[active])
        logits[:, EOS_ID] = -torch.inf
        values, tokens = logits.topk(min(beams, logits.shape[-1]), -1)  # (R, C)
        totals = _spread_scores(values[:rows] + log_normalizer, slots, scores).flatten(1)  # (L, K * C)
        scores, chosen = totals.topk(min(beams, totals.shape[1]), 1)
        parent = chosen // values.shape[-1]
        generated = generated.gather(1, parent[..., None].expand(-1, -1, limit))
        row = torch.zeros(active_count * k, dtype=torch.long, device=device)
        row[slots] = torch.arange(rows, device=device)
        row = row.view(active_count, k).gather(1, parent)  # (L, K) of the state
        generated[..., length - 1] = tokens[row, chosen % values.shape[-1]]
        if _may_sync(device, length):
            best_so_far = best_score[active, None]
            # log p only falls, so a candidate can at best reach its score at the longest length
            promising = scores / limit**length_penalty > best_so_far
            promising &= scores >= torch.maximum(scores[:, :1], best_so_far * length**length_penalty) - margin
            remaining = promising.any(1).nonzero().squeeze(1)
            if not len(remaining):
                break
            active, scores, generated, row, promising = (
                part[remaining] for part in (active, scores, generated, row, promising)
            )
            slots = promising.flatten().nonzero().squeeze(1)
        else:
            slots = torch.arange(row.numel(), device=device)
        inputs = torch.zeros(2, _padded_rows(len(slots)), dtype=torch.long, device=device)
        inputs[:, : len(slots)] = torch.stack([row.flatten()[slots], generated[..., length - 1].flatten()[slots]])
        parents, tokens = inputs
        logits, state = _advance(model, tokens, _select_rows(state, parents))
    unended = best_score[active].isinf()
    best[active[unended]] = generated[unended, 0]
    return _to_ids(prefix, best)


def _spread_scores(log_probs: Tensor, slots: Tensor, scores: Tensor) -> Tensor:
    """The scores (L, K) plus the log-probabilities (R, C) of the candidates in `slots`, -inf in others: (L, K, C)."""
    spread = log_probs.new_full((scores.numel(), log_probs.shape[1]), -torch.inf)
    spread[slots] = log_probs
    return spread.view(*scores.shape, -1) + scores[..., None]


def _padded_rows(n: int) -> int:
    """Rows to decode for n: the processor's code for a product is made anew for each number of them, in 1 ms."""
    return n if n <= 16 else -(-n // 8) * 8


def _may_sync(device: torch.device, t: int) -> bool:
    """Whether to look at values now: a GPU has to stand still for it."""
    return device.type == "cpu" or t % 8 == 7


def _select_rows(state: Any, rows: Tensor) -> Any:
    return type(state)(*(part.index_select(0, rows) for part in state))


def _to_ids(prefix: Sequence[int], generated: Tensor) -> list[list[int]]:
    """(N, T) tokens, ended by end marks -> the ids of each sentence."""
    lengths = (generated != EOS_ID).cumprod(1).sum(1)
    return [[*prefix, *row[:length]] for row, length in zip(generated.tolist(), lengths.tolist(), strict=True)]


def _prefill(
    model: SentenceModel, state: Any, n: int, prefix: Sequence[int], first: Tensor | None
) -> tuple[Tensor, Any]:
    """Logits (n, V) behind the begin mark and the prefix."""
    for token in (BOS_ID, *prefix):
        logits, state = _advance(model, torch.full((n,), token, device=state[0].device), state)
    if first is not None:
        logits = logits.masked_fill(~first.to(logits.device), -torch.inf)
    return logits, state


def _advance(model: SentenceModel, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
    logits, state = model.advance(tokens, state)
    logits[:, :EOS_ID] = -torch.inf  # the marks before it, which no sentence holds
    return logits, state


def _sample_tokens(logits: Tensor, temperature: float, top_k: int, top_p: float, uniforms: Tensor) -> Tensor:
    """The token of each row (N, V) at which its probabilities, added up, pass its number in [0, 1): (N,)."""
    logits = logits.contiguous()  # rows are drawn from faster than columns
    p = (logits if temperature == 1 else logits / max(temperature, 1e-9)).softmax(-1)
    if 0 < top_k < p.shape[-1]:
        p, ids = p.topk(top_k, -1)
        return _invert_cdf(_keep_top_p(p, top_p * p.sum(-1, keepdim=True)), uniforms, ids)
    if top_p == 1:
        return _invert_cdf(p, uniforms)
    if p.is_cuda or p.shape[-1] <= _TOP_P_CANDIDATES:
        p, ids = p.sort(-1, descending=True)
        return _invert_cdf(_keep_top_p(p, top_p), uniforms, ids)
    candidates, ids = p.topk(_TOP_P_CANDIDATES, -1)
    tokens = _invert_cdf(_keep_top_p(candidates, top_p), uniforms, ids)
    insufficient = (candidates.sum(-1) < top_p).nonzero().squeeze(1)  # only these need a sort, which takes far longer
    if len(insufficient):
        p, ids = p[insufficient].sort(-1, descending=True)
        tokens[insufficient] = _invert_cdf(_keep_top_p(p, top_p), uniforms[insufficient], ids)
    return tokens


def _keep_top_p(p: Tensor, share: Tensor | float) -> Tensor:
    """Descending p (N, K) up to where they hold this share; all behind are 0."""
    return p.masked_fill(F.pad(p.cumsum(-1)[:, :-1], (1, 0), value=-1.0) >= share, 0.0)


def _invert_cdf(p: Tensor, uniforms: Tensor, ids: Tensor | None = None) -> Tensor:
    """The column of each row (N, K) at which p, added up, passes its number; or what stands in `ids` there: (N,).

    The block of 64 is found first, and then the column in it: adding up whole rows would take longer than `softmax`.
    """
    block_count = p.shape[1] // 64
    block_sums = p[:, : block_count * 64].view(len(p), block_count, 64).sum(-1)
    rest = p[:, block_count * 64 :].sum(-1, keepdim=True)
    # (N, 2 + block_count): before each block, and behind all
    cumulative = F.pad(torch.cat([block_sums, rest], 1).cumsum(-1), (1, 0))
    target = uniforms[:, None] * cumulative[:, -1:]
    block = (torch.searchsorted(cumulative, target, right=True) - 1).clamp(max=block_count)
    columns = (block * 64 + torch.arange(64, device=p.device)).clamp(max=p.shape[1] - 1)
    within = cumulative.gather(1, block) + p.gather(1, columns).cumsum(-1)
    target = target.minimum(
        within[:, -1:].nextafter(target.new_zeros(()))
    )  # it may be rounded down to below the target
    columns = columns.gather(1, torch.searchsorted(within, target, right=True))
    return (columns if ids is None else ids.gather(1, columns)).squeeze(1)


def _check_ranges(temperature: float, top_k: int, top_p: float, max_tokens: int) -> None:
    """Raises UserError: one of them is out of its range."""
    for name, value, low, high in (
        ("temperature", temperature, 0.0, 10.0),
        ("top_k", top_k, 0, 1_000_000),
        ("top_p", top_p, 0.0, 1.0),
        ("max_tokens", max_tokens, 1, 10_000),
    ):
        if not low <= value <= high:
            raise UserError(Message("model.out_of_range", name=name, value=value, low=low, high=high))
