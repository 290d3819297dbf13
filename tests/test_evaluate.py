"""Every figure of an evaluation, against a computation of its own."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import pytest

from vae import metrics, scores
from vae.batches import Tokens
from vae.checkpoint import Checkpoint
from vae.corpus import Corpus
from vae.evaluate import Evaluation, evaluate
from vae.latent import reconstruct


@pytest.fixture(scope="module")
def sentences(corpus: Corpus) -> list[str]:
    """Held-out sentences, one of them twice, an empty one and a long one: nothing may be dropped or merged."""
    _, held_out = corpus.split()
    return [*held_out * 2, "", held_out[0], "the cat sees " * 40 + "a letter."]


@pytest.fixture(scope="module")
def figures(checkpoint: Checkpoint, sentences: list[str]) -> Evaluation:
    return evaluate(checkpoint, sentences, samples=20)


def test_everything_is_counted(figures: Evaluation, sentences: list[str], checkpoint: Checkpoint) -> None:
    assert figures.sentences == len(sentences)
    assert figures.words == sum(len(sentence.split()) + 1 for sentence in sentences)
    assert figures.characters == sum(len(sentence) + 1 for sentence in sentences)
    assert figures.tokens == int(Tokens.of(checkpoint.text_model.tokenizer.encode(sentences)).lengths.sum())
    assert figures.samples == 20
    assert figures.latent_dim == checkpoint.config.latent


def test_perplexity_and_bits_follow_from_the_bound(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    total = metrics.nll_iw(checkpoint.text_model, sentences, samples=20).double().sum().item()
    assert figures.nll_iw == pytest.approx(total / len(sentences))
    assert figures.perplexity == pytest.approx(math.exp(total / figures.words))
    assert figures.bits_per_character == pytest.approx(total / figures.characters / math.log(2))


def test_latent_figures_are_those_of_the_metrics(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    use = metrics.use_of_latent(checkpoint.text_model, sentences)
    assert (figures.nll, figures.kl, figures.elbo) == pytest.approx((use.nll, sum(use.kl), -use.nll - sum(use.kl)))
    assert (figures.mutual_information, figures.mi_sentences) == (use.mutual_information, use.mi_sentences)
    assert figures.mi_ceiling == pytest.approx(math.log(len(sentences)))
    assert (figures.active_units, figures.latent_gain) == (use.active_units, use.latent_gain)
    assert (figures.level, figures.verdict) == (metrics.verdict(use).level, metrics.verdict(use).text)


def test_reconstruction_is_greedy_from_the_mean(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    said = [point.text for point in reconstruct(checkpoint.text_model, sentences)]
    assert figures.reconstruction_bleu == pytest.approx(scores.bleu(said, sentences))
    assert figures.exact_match == sum(a == b for a, b in zip(said, sentences, strict=True)) / len(sentences)
    assert 0 <= figures.exact_match <= 1 < figures.reconstruction_bleu <= 100


def test_bound_lies_below_the_elbo_and_falls_with_samples(checkpoint: Checkpoint, corpus: Corpus) -> None:
    sentences = list(corpus.sentences)
    few, many = (evaluate(checkpoint, sentences, samples=samples) for samples in (1, 50))
    assert many.nll_iw < few.nll_iw
    assert many.nll_iw < -many.elbo
    assert many.perplexity < few.perplexity


def test_evaluation_follows_from_its_seed(checkpoint: Checkpoint, sentences: list[str]) -> None:
    first, again, other = (evaluate(checkpoint, sentences, samples=2, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.nll_iw != other.nll_iw
    assert first.reconstruction_bleu == other.reconstruction_bleu  # no chance in it


def test_figures_are_plain_values(figures: Evaluation) -> None:
    assert {type(value) for value in asdict(figures).values()} == {int, float, str}


def test_hopeless_sentences_do_not_overflow(checkpoint: Checkpoint) -> None:
    figures = evaluate(checkpoint, ["\U0001f600" * 400, "日" * 300], samples=2)
    assert math.isfinite(figures.perplexity)
    assert figures.sentences == 2


def test_nothing_to_evaluate_is_an_error(checkpoint: Checkpoint, sentences: list[str]) -> None:
    with pytest.raises(ValueError, match="no sentence"):
        evaluate(checkpoint, [])
    with pytest.raises(ValueError, match="samples is 0"):
        evaluate(replace(checkpoint), sentences, samples=0)
