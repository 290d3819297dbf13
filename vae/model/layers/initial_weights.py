"""The weights that a model begins with."""

from __future__ import annotations

from torch import nn

_SCALE, _EMBEDDING_SCALE = 0.01, 0.1  # of the uniform ones


def initialize(part: nn.Module, kind: str) -> None:
    """New random weights for a part of a model: scaled to the size of each layer, or uniform.

    Args:
        kind: "scaled": what each layer begins with by itself, and embeddings of a length about 1. "uniform": all
            within .01 of 0, and embeddings within .1.
    Source: He et al. 2019, arXiv:1901.05534 (uniform).
    """
    for layer in part.modules():
        if isinstance(layer, nn.Embedding):
            if kind == "uniform":
                nn.init.uniform_(layer.weight, -_EMBEDDING_SCALE, _EMBEDDING_SCALE)
            else:
                nn.init.normal_(layer.weight, std=layer.embedding_dim**-0.5)
        elif kind == "uniform" and isinstance(layer, nn.Linear | nn.LSTM):
            for weight in layer.parameters(recurse=False):
                nn.init.uniform_(weight, -_SCALE, _SCALE)
