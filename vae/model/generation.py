"""From a state to token ids: greedy, temperature, top-k, top-p and beam, once, for every family.

It knows nothing of text. Rows of a batch never influence each other's choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vae.model.families.interface import SentenceModel
from vae.text.tokenizer import BOS_ID, EOS_ID

_LIKELY = 64  # candidates that hold the share top_p of most rows


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
    generator: torch.Generator | None = None,
    luck: Tensor | None = None,
) -> list[list[int]]:
    """Continue n sentences until each one ends.

    Args:
        state: of `model.begin(n, z)`.
        max_tokens: longest sentence, prefix counted.
        temperature: 0 takes the likeliest token, 1 draws as the model believes, more is more varied.
        top_k: draw among the k likeliest only; 0 for all.
        top_p: draw among the likeliest that hold this much probability.
        prefix: tokens that every sentence starts with.
        generator: gives each sentence its own numbers, (n, max_tokens - prefix) at once.
        luck: these numbers themselves, in [0, 1), instead.
    Returns:
        ids of each sentence, prefix included, without begin and end.
    Raises:
        ValueError: a parameter is out of its range, or the model's probabilities are no numbers.
    Source: Fan et al. 2018, arXiv:1805.04833 (top-k); Holtzman et al. 2020, arXiv:1904.09751 (top-p).
    """
    _check(temperature, top_k, top_p, max_tokens)
    limit, device = max_tokens - len(prefix), state[0].device
    if n == 0 or limit <= 0:
        return [list(prefix) for _ in range(n)]
    row = torch.arange(_wide(n), device=device)  # where in `said` each row of the state is written
    ended = row >= n  # the rows that only fill up
    state = _take(state, row.clamp(max=n - 1))
    logits, state = _force(model, state, len(row), prefix)
    if temperature > 0:
        if logits.amax(-1).isnan().any():
            raise ValueError("the model's figures are no numbers: train it again with a lower learning rate")
        if luck is None:
            luck = torch.rand(n, limit, generator=generator, device=generator.device if generator else None)
        draws = torch.cat([luck, luck.new_zeros(len(row) - n, limit)]).to(device)
    said = torch.full((len(row), limit), EOS_ID, device=device)
    for t in range(limit):
        tokens = _draw(logits, temperature, top_k, top_p, draws[row, t]) if temperature > 0 else logits.argmax(-1)
        said[row, t] = tokens.masked_fill(ended, EOS_ID)
        ended = ended | (tokens == EOS_ID)
        if _may_ask(device, t):
            left = len(row) - int(ended.sum())
            if not left:
                break
            if _wide(left) <= 0.9 * len(row):  # moving the others costs about a tenth of a step
                kept = ended.int().argsort(stable=True)[: _wide(left)]
                row, ended, tokens, state = row[kept], ended[kept], tokens[kept], _take(state, kept)
        logits, state = _advance(model, tokens, state)
    return _rows(prefix, said[:n])


@torch.inference_mode()
def beam_search(
    model: SentenceModel,
    state: Any,
    n: int,
    *,
    beams: int = 5,
    max_tokens: int = 64,
    prefix: Sequence[int] = (),
    length_penalty: float = 0.7,
    margin: float = 3.0,
) -> list[list[int]]:
    """The likeliest sentence found while `beams` candidates a sentence are kept side by side.

    Candidates are compared by log p / length ** length_penalty, the end mark counted.

    Args:
        margin: a candidate this many nats behind the best of its length is given up, whether that is a candidate or
            what would be as good as the best that has ended. At 3 none of 800 sentences of the bundled model changed,
            in seven tenths of the time; infinite keeps them all.
    Returns:
        ids of each sentence, prefix included, without begin and end.
    Raises:
        ValueError: a parameter is out of its range.
    Source: Wu et al. 2016, arXiv:1609.08144, section 7 (length normalisation, and giving candidates up).
    """
    _check(0.0, 0, 1.0, max_tokens)
    if not 1 <= beams <= 64:
        raise ValueError(f"beams is {beams}: it must lie between 1 and 64")
    limit, device = max_tokens - len(prefix), state[0].device
    if n == 0 or limit <= 0:
        return [list(prefix) for _ in range(n)]
    best = torch.full((n, limit), EOS_ID, device=device)
    best_score = torch.full((n,), -torch.inf, device=device)
    live = torch.arange(n, device=device)  # (L,) the sentences still searched for
    said = best[:, None]  # (L, K, limit): what their K candidates have said; at first there is one, of nothing
    scores = torch.zeros(n, 1, device=device)  # (L, K) log p of it
    place = live  # (R,) which of the L * K candidates each row of the state is
    logits, state = _force(model, state, n, prefix)
    for length in range(1, limit + 1):
        searches, k = scores.shape
        rows = len(place)  # and some that only fill up
        gain = -logits.logsumexp(-1, keepdim=True)[:rows]
        ended = _spread(logits[:rows, EOS_ID, None] + gain, place, scores)
        score, which = (ended[..., 0] / length**length_penalty).max(1)
        better = score > best_score[live]
        best_score[live] = torch.where(better, score, best_score[live])
        best[live] = torch.where(better[:, None], said[torch.arange(searches, device=device), which], best[live])
        logits[:, EOS_ID] = -torch.inf
        values, tokens = logits.topk(min(beams, logits.shape[-1]), -1)  # (R, C)
        totals = _spread(values[:rows] + gain, place, scores).flatten(1)  # (L, K * C)
        scores, chosen = totals.topk(min(beams, totals.shape[1]), 1)
        parent = chosen // values.shape[-1]
        said = said.gather(1, parent[..., None].expand(-1, -1, limit))
        row = torch.zeros(searches * k, dtype=torch.long, device=device)
        row[place] = torch.arange(rows, device=device)
        row = row.view(searches, k).gather(1, parent)  # (L, K) of the state
        said[..., length - 1] = tokens[row, chosen % values.shape[-1]]
        if _may_ask(device, length):
            top = best_score[live, None]
            # log p only falls, so a candidate can at best reach its score at the longest length
            going = scores / limit**length_penalty > top
            going &= scores >= torch.maximum(scores[:, :1], top * length**length_penalty) - margin
            left = going.any(1).nonzero().squeeze(1)
            if not len(left):
                break
            live, scores, said, row, going = (part[left] for part in (live, scores, said, row, going))
            place = going.flatten().nonzero().squeeze(1)
        else:
            place = torch.arange(row.numel(), device=device)
        wide = torch.zeros(2, _wide(len(place)), dtype=torch.long, device=device)
        wide[:, : len(place)] = torch.stack([row.flatten()[place], said[..., length - 1].flatten()[place]])
        logits, state = _advance(model, wide[1], _take(state, wide[0]))
    unended = best_score[live].isinf()
    best[live[unended]] = said[unended, 0]
    return _rows(prefix, best)


def _spread(gains: Tensor, place: Tensor, scores: Tensor) -> Tensor:
    """The scores (L, K) behind gains (R, C) of the candidates at `place`, -inf for the others: (L, K, C)."""
    spread = gains.new_full((scores.numel(), gains.shape[1]), -torch.inf)
    spread[place] = gains
    return spread.view(*scores.shape, -1) + scores[..., None]


def _wide(n: int) -> int:
    """Rows to decode for n: the processor's code for a product is made anew for each number of them, in 1 ms."""
    return n if n <= 16 else -(-n // 8) * 8


def _may_ask(device: torch.device, t: int) -> bool:
    """Whether to look at figures now: a GPU has to stand still for it."""
    return device.type == "cpu" or t % 8 == 7


def _take(state: Any, rows: Tensor) -> Any:
    return type(state)(*(part.index_select(0, rows) for part in state))


def _rows(prefix: Sequence[int], said: Tensor) -> list[list[int]]:
    """(N, T) tokens, ended by end marks -> the ids of each sentence."""
    lengths = (said != EOS_ID).cumprod(1).sum(1)
    return [[*prefix, *row[:length]] for row, length in zip(said.tolist(), lengths.tolist(), strict=True)]


def _force(model: SentenceModel, state: Any, n: int, prefix: Sequence[int]) -> tuple[Tensor, Any]:
    """Logits (n, V) behind the begin mark and the prefix."""
    for token in (BOS_ID, *prefix):
        logits, state = _advance(model, torch.full((n,), token, device=state[0].device), state)
    return logits, state


def _advance(model: SentenceModel, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
    logits, state = model.advance(tokens, state)
    logits[:, :EOS_ID] = -torch.inf  # the marks before it, which no sentence holds
    return logits, state


def _draw(logits: Tensor, temperature: float, top_k: int, top_p: float, luck: Tensor) -> Tensor:
    """The token of each row (N, V) at which its probabilities, added up, pass its luck in [0, 1): (N,)."""
    logits = logits.contiguous()  # rows are drawn from faster than columns
    p = (logits if temperature == 1 else logits / max(temperature, 1e-9)).softmax(-1)
    if 0 < top_k < p.shape[-1]:
        p, places = p.topk(top_k, -1)
        return _pick(_cut(p, top_p * p.sum(-1, keepdim=True)), luck, places)
    if top_p == 1:
        return _pick(p, luck)
    if p.is_cuda or p.shape[-1] <= _LIKELY:
        p, places = p.sort(-1, descending=True)
        return _pick(_cut(p, top_p), luck, places)
    likely, places = p.topk(_LIKELY, -1)
    tokens = _pick(_cut(likely, top_p), luck, places)
    short = (likely.sum(-1) < top_p).nonzero().squeeze(1)  # only these need a sort, which takes far longer
    if len(short):
        p, places = p[short].sort(-1, descending=True)
        tokens[short] = _pick(_cut(p, top_p), luck[short], places)
    return tokens


def _cut(p: Tensor, share: Tensor | float) -> Tensor:
    """Falling p (N, K) up to where they hold this share; the others and all behind are 0."""
    return p.masked_fill(F.pad(p.cumsum(-1)[:, :-1], (1, 0), value=-1.0) >= share, 0.0)


def _pick(p: Tensor, luck: Tensor, places: Tensor | None = None) -> Tensor:
    """The column of each row (N, K) at which p, added up, passes its luck; or what stands in `places` there: (N,).

    The block of 64 is found first, and then the column in it: adding up whole rows would take longer than `softmax`.
    """
    blocks = p.shape[1] // 64
    sums = p[:, : blocks * 64].view(len(p), blocks, 64).sum(-1)
    rest = p[:, blocks * 64 :].sum(-1, keepdim=True)
    passed = F.pad(torch.cat([sums, rest], 1).cumsum(-1), (1, 0))  # (N, 2 + blocks) before each block and behind all
    goal = luck[:, None] * passed[:, -1:]
    block = (torch.searchsorted(passed, goal, right=True) - 1).clamp(max=blocks)
    columns = (block * 64 + torch.arange(64, device=p.device)).clamp(max=p.shape[1] - 1)
    within = passed.gather(1, block) + p.gather(1, columns).cumsum(-1)
    goal = goal.minimum(within[:, -1:].nextafter(goal.new_zeros(())))  # it may be rounded down to below the goal
    columns = columns.gather(1, torch.searchsorted(within, goal, right=True))
    return (columns if places is None else places.gather(1, columns)).squeeze(1)


def _check(temperature: float, top_k: int, top_p: float, max_tokens: int) -> None:
    for name, value, low, high in (
        ("temperature", temperature, 0.0, 10.0),
        ("top_k", top_k, 0, 1_000_000),
        ("top_p", top_p, 0.0, 1.0),
        ("max_tokens", max_tokens, 1, 10_000),
    ):
        if not low <= value <= high:
            raise ValueError(f"{name} is {value!r}: it must lie between {low:g} and {high:g}")
