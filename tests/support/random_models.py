"""Tiny models of every kind that can be trained, with weights made at random, as files; and what the engine makes of
one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from support.engine_page import EnginePage

from vae.config.config import Config
from vae.model.checkpoint import Checkpoint, Info, save
from vae.model.families.registry import build
from vae.model.priors.gaussian_mixture import GaussianMixture
from vae.model.text_model import TextModel, sample
from vae.text.hashing import hashes
from vae.text.lexicon import Lexicon
from vae.text.tokenizer import Tokenizer, train_tokenizer
from vae.text.words import words_of

SENTENCES = [
    f"{who} {does} {what}."
    for who in ("the cat", "a dog", "my sister", "the old man", "your friend")
    for does in ("sees", "likes", "wants", "finds")
    for what in ("the red ball", "a green apple", "bread", "a letter to the girl")
]
MAX_TOKENS = 14  # of what a model writes: weights made at random seldom end a sentence
# Opens a model and calls its methods, each as [name, arguments]; gives what they give.
_CALL = """async ({model, plain, calls}) => {
  const { TextModel } = await import("/engine/text_model.js");
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const kernel = plain ? null : await bytes("/engine/kernel.wasm");
  const opened = TextModel.open(await bytes(model), kernel);
  const flat = (key, value) => (ArrayBuffer.isView(value) ? [...value] : value);
  const results = calls.map(([name, ...given]) => opened[name](...given));
  return JSON.parse(JSON.stringify([opened.backend, ...results], flat));
}"""


def call(engine: EnginePage, model: bytes, calls: list[list[Any]], *, plain: bool = False) -> list[Any]:
    """The name of the engine's kernel, and what the methods of its text model give."""
    results: list[Any] = engine.run(_CALL, {"model": engine.serve(model), "plain": plain, "calls": calls})
    return results


@cache
def tokenizer() -> Tokenizer:
    """Some of whose pieces the models do not know."""
    trained = train_tokenizer(SENTENCES, "bpe", 320)
    known = trained.known.copy()
    known[np.flatnonzero(known)[3:9]] = False  # some of the longer ones
    return Tokenizer(trained.model, known)


def random_model(folder: Path, bits: int = 16, fitted: bool = True, **settings: Any) -> bytes:
    """The file of a model with weights made at random, where they would begin at 0 or 1, too."""
    torch.manual_seed(1)
    sizes = {"vocabulary": 400, "embedding": 18, "encoder_hidden": 13, "hidden": 22, "latent": 5}
    config = Config(**{**sizes, **settings})
    model = build(config, len(tokenizer()))
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.copy_(torch.randn(value.shape) * (1.5 if "embedding" in name else 0.4))
            if name == "norm.moments":
                value.abs_()
    d = config.dimensions
    prior = GaussianMixture(
        torch.tensor([0.5, 0.2, 0.3]), torch.randn(3, d), torch.randn(3, d, d).tril(-1) * 0.1 + torch.eye(d) * 0.7
    )
    text_model = TextModel(model, tokenizer(), MAX_TOKENS, prior if fitted and d else None)
    if fitted:  # and with every second word of what it says counted as made up
        said = sorted({word.lower() for point in sample(text_model, 60, seed=9) for word in words_of(point.text)})
        text_model = replace(text_model, lexicon=Lexicon(hashes(said[::2])))
    info = Info("Random", "a text", "", 3, 1, 1, MAX_TOKENS, "unknown", "", 1.0, (0.5,) * d)
    seen = hashes(SENTENCES[:40]) if fitted else np.empty(0, np.uint32)
    save(folder / "model.safetensors", Checkpoint(text_model, config, info, seen), bits)
    return (folder / "model.safetensors").read_bytes()
