"""Weights of a model, told from its config alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vae.config.config import Config
from vae.config.presets import PRESETS
from vae.model.families.registry import build
from vae.model.size import min_parameter_count, parameter_count
from vae.serving.limits import Limits

SMALL = Config(embedding=8, encoder_hidden=12, hidden=16, latent=3, vocabulary=300)
CHANGES = [
    {}, {"bidirectional": False}, {"layer_norm": True}, {"pooling": "attention"},
    {"pooling": "attention", "bidirectional": False, "layer_norm": True}, {"batch_norm": 0.6}, {"aggressive": 2},
    {"z_to": "state"}, {"z_to": "inputs"}, {"z_to": "state+inputs"}, {"tied": False},
    {"tied": False, "z_to": "state+inputs"},
]  # fmt: skip


@pytest.mark.parametrize("family", ["vae", "lm", "aae"])
@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_weights_are_as_many_as_the_model_has(family: str, changes: dict[str, object]) -> None:
    config = replace(SMALL, family=family, **changes)  # type: ignore[arg-type]
    assert parameter_count(config, 50) == sum(weight.numel() for weight in build(config, 50).parameters())


def test_min_parameter_count_is_a_bound_from_below() -> None:
    assert min_parameter_count(SMALL) == parameter_count(SMALL, 256)
    assert min_parameter_count(replace(SMALL, tokenizer="word")) == parameter_count(SMALL, 0)


def test_what_the_page_offers_is_allowed() -> None:
    for preset in PRESETS.values():
        assert parameter_count(preset.config, preset.config.vocabulary) < 1_000_000 * Limits().parameters
