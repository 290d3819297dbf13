"""A model in the browser is the same as in Python: codes, sentences, the search for codes, and samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from support.engine_page import EnginePage
from support.random_models import SENTENCES, call, random_model

from vae.model.checkpoint import Checkpoint, loads
from vae.model.text_model import Point, decode, encode, find_codes, sample

BUNDLED = Path(__file__).parents[2] / "assets" / "models" / "everyday-english.safetensors"
KINDS: dict[str, dict[str, Any]] = {
    "usual": {},
    "8 bits": {"bits": 8, "hidden": 36, "embedding": 24},
    "three tables": {"tied": False, "pooling": "mean", "batch_norm": 0.6},
    "three tables, z as inputs": {"tied": False, "z_to": "inputs", "layer_norm": True, "pooling": "last"},
    "z as state": {"z_to": "state", "bidirectional": False, "layer_norm": True, "pooling": "attention"},
    "z as state and inputs": {"z_to": "state+inputs", "pooling": "attention", "fitted": False},
    "adversarial": {"family": "aae", "layer_norm": True, "tied": False, "pooling": "max"},
    "language model": {"family": "lm", "layer_norm": True},
    "language model, two tables": {"family": "lm", "tied": False},
}
WRITTEN = [*SENTENCES[::9], "bread", "", "The zebra eats 7 apples!"]
STEPS = 18  # of the search: past the one at which hopeless sentences are given up
SAMPLES: list[dict[str, Any]] = [
    {"seed": 1, "n": 20},
    {"seed": 1, "n": 1},
    {"seed": 2**32 + 5, "n": 12, "temperature": 0.8, "top_p": 0.9, "spread": 0.7},
    {"seed": 3, "n": 2, "temperature": 1.3, "top_k": 5, "top_p": 0.8, "prior": "normal"},
    {"seed": 4, "n": 9, "temperature": 1.0, "start": "the ca"},
    {"seed": 5, "n": 6, "start": "a dog ", "from_start": True, "temperature": 0.5},
    {"seed": 6, "n": 12, "start": "the", "distinct": True, "temperature": 0.3, "top_p": 0.999},
    {"seed": 7, "n": 9, "made_up": False},
    {"seed": 8, "n": 7, "made_up": False, "distinct": True, "start": "the old", "spread": 0.4},
]


def _in_javascript(options: dict[str, Any]) -> dict[str, Any]:
    names = {"top_p": "topP", "top_k": "topK", "from_start": "fromStart", "made_up": "madeUp"}
    return {names.get(name, name): value for name, value in options.items()}


def _close(ours: list[list[float]], theirs: torch.Tensor, most: float) -> bool:
    return theirs.numel() == 0 or bool((torch.tensor(ours) - theirs).abs().max() < most)


def _same_points(ours: list[dict[str, Any]], theirs: list[Point]) -> bool:
    return [point["text"] for point in ours] == [point.text for point in theirs] and _close(
        [point["z"] for point in ours], torch.tensor([point.z for point in theirs]), 1e-4
    )


def _assert_same(engine: EnginePage, data: bytes, texts: list[str], plain: bool) -> None:
    checkpoint: Checkpoint = loads(data)
    model = checkpoint.text_model
    q = encode(model, texts)
    z = torch.randn(24, model.latent, generator=torch.Generator().manual_seed(7))
    samples = [options for options in SAMPLES if model.latent or "from_start" not in options]
    calls = [
        ["encode", texts], ["decode", [*z.tolist(), *q.mu.tolist()]],
        ["decode", [*z.tolist(), *q.mu.tolist()], {"besides": texts[0]}], *(["isNew", text] for text in texts),
        *(["sample", _in_javascript(options)] for options in samples),
        *([["findCodes", texts, STEPS]] if model.latent else []),
    ]  # fmt: skip
    backend, posterior, said, real, *rest = call(engine, data, calls, plain=plain)
    assert backend == ("plain" if plain else "simd")
    assert _close(posterior["mu"], q.mu, 1e-4)
    assert _close(posterior["logvar"], q.logvar, 1e-4)
    assert said == decode(model, torch.cat([z, q.mu]))
    lexicon = model.lexicon
    assert real == [text if lexicon is None or not lexicon.made_up(text, besides=texts[0]) else "" for text in said]
    assert rest[: len(texts)] == [checkpoint.is_new(text) for text in texts]
    for options, drawn in zip(samples, rest[len(texts) :], strict=False):
        assert _same_points(drawn, sample(model, **options)), options
    if model.latent:
        found = find_codes(model, texts, refine=STEPS)
        assert _close(rest[-1]["z"], found.z, 0.01)
        assert not torch.equal(found.z, found.mu)  # the search moved


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_is_the_same(engine: EnginePage, tmp_path: Path, kind: str) -> None:
    _assert_same(engine, random_model(tmp_path, **KINDS[kind]), WRITTEN, plain=kind in ("usual", "adversarial"))


def test_the_bundled_model_is_the_same(engine: EnginePage) -> None:
    """The search ends in the same sentences, though its way there may differ in the last digits."""
    texts = ["I like it.", "She went to the market to buy some bread.", "Tom's dog doesn't like cats at all."]
    data = BUNDLED.read_bytes()
    model = loads(data).text_model
    _, posterior, found = call(engine, data, [["encode", texts], ["findCodes", texts, 20]])
    codes = find_codes(model, texts, refine=20)
    assert _close(posterior["mu"], codes.mu, 1e-4)
    assert found["exact"] == [True, True, True]
    (_, said) = call(engine, data, [["decode", [*posterior["mu"], *found["z"]]]])
    assert said == decode(model, torch.cat([codes.mu, codes.z]))
    assert said[3:] == texts
