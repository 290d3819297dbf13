"""From a state to token ids: greedy, temperature, top-k, top-p and beam, once, for every family.

It knows nothing of text. Rows of a batch never influence each other's choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vae.families import SentenceModel
from vae.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID


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
) -> list[list[int]]:
    """Continue n sentences until each one ends.

    Args:
        state: of `model.begin(n, z)`.
        max_tokens: longest sentence, prefix counted.
        temperature: 0 takes the likeliest token, 1 draws as the model believes, more is more varied.
        top_k: draw among the k likeliest only; 0 for all.
        top_p: draw among the likeliest that hold this much probability.
        prefix: tokens that every sentence starts with.
    Returns:
        ids of each sentence, prefix included, without begin and end.
    Raises:
        ValueError: a parameter is out of its range, or the model's probabilities are no numbers.
    Source: Fan et al. 2018, arXiv:1805.04833 (top-k); Holtzman et al. 2020, arXiv:1904.09751 (top-p).
    """
    _check(temperature, top_k, top_p, max_tokens)
    rows: list[list[int]] = [list(prefix) for _ in range(n)]
    active = torch.arange(n)
    logits, state = _force(model, state, n, prefix)
    for _ in range(max_tokens - len(prefix)):
        tokens = _choose(logits, temperature, top_k, top_p, generator)  # (active,)
        going = tokens != EOS_ID
        if not going.all():
            active, tokens = active[going], tokens[going]
            state = type(state)(*(part[going] for part in state))
        for row, token in zip(active.tolist(), tokens.tolist(), strict=True):
            rows[row].append(token)
        if not len(active):
            break
        logits, state = _advance(model, tokens, state)
    return rows


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
) -> list[list[int]]:
    """The likeliest sentence found while `beams` candidates a sentence are kept side by side.

    Candidates are compared by log p / length ** length_penalty, the end mark counted.
    Returns:
        ids of each sentence, prefix included, without begin and end.
    Raises:
        ValueError: a parameter is out of its range.
    Source: Wu et al. 2016, arXiv:1609.08144, section 7 (length normalisation).
    """
    _check(0.0, 0, 1.0, max_tokens)
    if not 1 <= beams <= 64:
        raise ValueError(f"beams is {beams}: it must lie between 1 and 64")
    logits, state = _force(model, state, n, prefix)
    vocabulary = logits.shape[-1]
    first = torch.arange(n).repeat_interleave(beams)
    logits, state = logits[first], type(state)(*(part[first] for part in state))
    scores = torch.full((n, beams), -torch.inf)
    scores[:, 0] = 0.0  # all beams of a sentence start alike: only one of them may branch
    tokens = torch.empty(n, beams, 0, dtype=torch.long)
    best_score, best = torch.full((n,), -torch.inf), [list(prefix) for _ in range(n)]
    for length in range(1, max_tokens - len(prefix) + 1):
        total = scores[..., None] + logits.log_softmax(-1).view(n, beams, vocabulary)
        ended = total[..., EOS_ID] / length**length_penalty  # (n, beams)
        score, which = ended.max(1)
        for row in (score > best_score).nonzero().flatten().tolist():
            best_score[row] = score[row]
            best[row] = [*prefix, *tokens[row, which[row]].tolist()]
        total[..., EOS_ID] = -torch.inf
        scores, flat = total.view(n, -1).topk(beams, 1)
        parent, token = flat // vocabulary, flat % vocabulary
        tokens = torch.cat([tokens.gather(1, parent[..., None].expand(-1, -1, length - 1)), token[..., None]], -1)
        # log p only falls, so a candidate can at best reach its score at the longest length
        if (scores[:, 0] / (max_tokens - len(prefix)) ** length_penalty <= best_score).all():
            break
        chosen = (parent + torch.arange(n)[:, None] * beams).flatten()
        state = type(state)(*(part[chosen] for part in state))
        logits, state = _advance(model, token.flatten(), state)
    unended = best_score.isinf()
    for row in unended.nonzero().flatten().tolist():
        best[row] = [*prefix, *tokens[row, 0].tolist()]
    return best


def _force(model: SentenceModel, state: Any, n: int, prefix: Sequence[int]) -> tuple[Tensor, Any]:
    """Logits (n, V) behind the begin mark and the prefix."""
    logits, state = _advance(model, torch.full((n,), BOS_ID), state)
    for token in prefix:
        logits, state = _advance(model, torch.full((n,), token), state)
    return logits, state


def _advance(model: SentenceModel, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
    logits, state = model.advance(tokens, state)
    logits[:, [PAD_ID, UNK_ID, BOS_ID]] = -torch.inf  # marks that no sentence holds
    return logits, state


def _choose(logits: Tensor, temperature: float, top_k: int, top_p: float, generator: torch.Generator | None) -> Tensor:
    """One token a row: (N, V) -> (N,)."""
    if temperature == 0:
        return logits.argmax(-1)
    # from the likeliest down, so that a temperature near zero is greedy and overflows nowhere
    p = ((logits - logits.amax(-1, keepdim=True)).float() / max(temperature, 1e-9)).softmax(-1)
    if p.isnan().any():
        raise ValueError("the model's figures are no numbers: train it again with a lower learning rate")
    if 0 < top_k < p.shape[-1]:
        p = p.masked_fill(p < p.topk(top_k, -1).values[:, -1:], 0.0)
    if top_p < 1:
        ordered, places = p.sort(-1, descending=True)
        # a token stays while the ones before it hold less than top_p: the likeliest always does
        before = ordered.cumsum(-1) - ordered
        outside = before >= top_p * ordered.sum(-1, keepdim=True)
        outside[:, 0] = False
        p = p.scatter(-1, places, ordered.masked_fill(outside, 0.0))
    return torch.multinomial(p, 1, generator=generator).squeeze(-1)


def _check(temperature: float, top_k: int, top_p: float, max_tokens: int) -> None:
    for name, value, low, high in (
        ("temperature", temperature, 0.0, 10.0),
        ("top_k", top_k, 0, 1_000_000),
        ("top_p", top_p, 0.0, 1.0),
        ("max_tokens", max_tokens, 1, 10_000),
    ):
        if not low <= value <= high:
            raise ValueError(f"{name} is {value!r}: it must lie between {low:g} and {high:g}")
