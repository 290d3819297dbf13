"""A writer's losses from its weights alone, one sentence and one token at a time, in double precision."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from vae.data.batches import Batch
from vae.model.families.base import DecoderModel
from vae.text.tokenizer import BOS_ID, EOS_ID


def sentences(batch: Batch) -> list[list[int]]:
    """The words of each row, without the end mark."""
    return [row[: n - 1] for row, n in zip(batch.tokens.tolist(), batch.lengths.tolist(), strict=True)]


def nll(model: DecoderModel, sentence: Sequence[int], z: Tensor) -> float:
    """-log p(x|z), the end mark counted. z: (D,), D perhaps 0."""
    w = {name: value.double() for name, value in model.state_dict().items()}
    z = z.double()
    first = w["decoder.first.weight"] @ z + w["decoder.first.bias"] if len(z) else w["decoder.first.value"]
    h, c = first.chunk(2)
    h, total = h.tanh(), 0.0
    for seen, said in zip([BOS_ID, *sentence], [*sentence, EOS_ID], strict=True):
        x = torch.cat([w["embedding.weight"][seen], z])
        gates = w["decoder.lstm.weight_ih_l0"] @ x + w["decoder.lstm.weight_hh_l0"] @ h
        i, f, g, o = (gates + w["decoder.lstm.bias_ih_l0"] + w["decoder.lstm.bias_hh_l0"]).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        features = w["decoder.features.weight"] @ torch.cat([h, z]) + w["decoder.features.bias"]
        total += surprise(model, features, said)
    return total


def bag(model: DecoderModel, sentence: Sequence[int], z: Tensor) -> float:
    """-log p of the words from z alone, in no order."""
    w = {name: value.double() for name, value in model.state_dict().items()}
    features = w["bag.weight"] @ z.double() + w["bag.bias"]
    return sum(surprise(model, features, word) for word in sentence)


def surprise(model: DecoderModel, features: Tensor, token: int) -> float:
    """-log p(token | features)."""
    logits: list[float] = (model.embedding.weight.double() @ features + model.bias.double()).tolist()
    return math.log(sum(map(math.exp, logits))) - logits[token]
