"""Language models as judges: the perplexity of sentences under one, and one that learns from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from vae.config.config import Config
from vae.data.batches import Tokens
from vae.messages.message import Message, UserError
from vae.metrics import text_scores
from vae.metrics.likelihood import nll_at
from vae.model import checkpoint
from vae.model.checkpoint import Checkpoint
from vae.text import corpus
from vae.training.events import Finished
from vae.training.train import train

# small, and the same for every text: one that learns from samples is compared with one that learns from real text
_SMALL_LM = Config(
    family="lm", vocabulary=600, embedding=96, hidden=192, dropout=0.5, steps=400, batch=64, learning_rate=1e-2,
    autoencoder=0.0, warmup=0.0, precision="float32",
)  # fmt: skip


def check_judge(judge: Checkpoint) -> None:
    """Raises UserError: the model is no language model, so its perplexities would not be comparable."""
    spec = judge.text_model.spec
    if spec.has_latent_space or not spec.has_likelihood:
        name = judge.info.name or "given"
        raise UserError(Message("evaluation.judge_is_no_language_model", name=name, family=spec.name))


def judge_nlls(judge: Checkpoint, sentences: Sequence[str]) -> list[float]:
    """-log p(x) of each sentence under a language model, in nats: exact."""
    tokens = Tokens.of(judge.text_model.tokenizer.encode(sentences))
    return nll_at(judge.text_model.model, tokens, torch.empty(len(tokens), 0)).tolist()


def perplexity(nll: Sequence[float], sentences: Sequence[str]) -> float:
    """exp(nats a word) over all sentences, end marks counted as words."""
    return math.exp(min(700.0, math.fsum(nll) / sum(map(text_scores.word_count, sentences))))


def perplexities(nll: Sequence[float], sentences: Sequence[str]) -> list[float]:
    """The same of each sentence alone."""
    return [perplexity([nats], [sentence]) for nats, sentence in zip(nll, sentences, strict=True)]


def train_small_lm(sentences: Sequence[str], *, seed: int = 1) -> Checkpoint | None:
    """A small language model that has learned from these sentences alone, in the same way whatever they are.

    None if they are fewer than two different ones, from which there is nothing to learn, or if the training diverged.
    """
    try:
        text = corpus.read_corpus("\n".join(sentences).encode(), "samples.txt", layout="lines")
    except corpus.CorpusError:
        return None
    with TemporaryDirectory() as folder:
        *_, finished = train(Config.from_dict({**_SMALL_LM.to_dict(), "seed": seed}), text, Path(folder) / "run")
        assert isinstance(finished, Finished)
        return checkpoint.load(finished.path) if finished.path else None
