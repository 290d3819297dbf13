"""What stands behind `evaluate`: every figure of a model on a text, one dataclass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vae import latent, metrics, scores
from vae.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures on a text. Losses are in nats a sentence; no sentence was dropped, merged or cut.

    `nll` is the reconstruction term at one z a sentence, `elbo` is -(nll + kl), `nll_iw` the bound with `samples`
    draws, from which perplexity (a word, end marks counted) and bits per character (likewise) follow.
    `reconstruction_bleu` (0 to 100) and `exact_match` (0 to 1) compare what is decoded greedily from the posterior
    mean with the sentence.
    """

    nll: float
    nll_iw: float
    samples: int
    kl: float
    elbo: float
    mutual_information: float
    mi_sentences: int
    mi_ceiling: float
    active_units: int
    latent_dim: int
    latent_gain: float
    perplexity: float
    bits_per_character: float
    reconstruction_bleu: float
    exact_match: float
    tokens: int
    words: int
    characters: int
    sentences: int
    level: str
    verdict: str


def evaluate(checkpoint: Checkpoint, sentences: Sequence[str], *, samples: int = 100, seed: int = 1) -> Evaluation:
    """Measure a model on sentences.

    Args:
        samples: draws a sentence of the importance-weighted bound; more is tighter, and slower.
    Raises:
        ValueError: there is no sentence, or samples is not positive.
    """
    if samples < 1:
        raise ValueError(f"samples is {samples}: it must be at least 1")
    tm = checkpoint.text_model
    use = metrics.use_of_latent(tm, sentences, seed=seed)
    total = metrics.nll_iw(tm, sentences, samples=samples, seed=seed).double().sum().item()
    said = [point.text for point in latent.reconstruct(tm, sentences)]
    words = sum(map(scores.words, sentences))
    characters = sum(len(sentence) + 1 for sentence in sentences)
    verdict = metrics.verdict(use)
    return Evaluation(
        nll=use.nll,
        nll_iw=total / len(sentences),
        samples=samples,
        kl=sum(use.kl),
        elbo=use.elbo,
        mutual_information=use.mutual_information,
        mi_sentences=use.mi_sentences,
        mi_ceiling=use.mi_ceiling,
        active_units=use.active_units,
        latent_dim=len(use.kl),
        latent_gain=use.latent_gain,
        perplexity=math.exp(min(700.0, total / words)),
        bits_per_character=total / characters / math.log(2),
        reconstruction_bleu=scores.bleu(said, sentences),
        exact_match=scores.exact_match(said, sentences),
        tokens=sum(len(ids) + 1 for ids in tm.tokenizer.encode(sentences)),
        words=words,
        characters=characters,
        sentences=len(sentences),
        level=verdict.level,
        verdict=verdict.text,
    )
