"""Every figure of an evaluation, against a computation of its own."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import pytest
import torch

from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.data.batches import Tokens
from vae.evaluation import judge as fluency
from vae.evaluation.evaluate import compare, evaluate
from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES
from vae.evaluation.missing_figures import reason_missing
from vae.messages.message import Message
from vae.metrics import diagnosis, latent_use, likelihood
from vae.metrics import prior_distance as aggregate
from vae.metrics import text_scores as scores
from vae.model import gaussian
from vae.model.checkpoint import Checkpoint, load
from vae.model.interpolation import find_path, middles
from vae.model.text_model import decode, encode, find_codes, reconstruct, sample
from vae.text.corpus import Corpus
from vae.training.train import train

DRAWN = 40


def trained(family: str, config: Config, corpus: Corpus, factory: pytest.TempPathFactory, steps: int) -> Checkpoint:
    folder = factory.mktemp(family) / "run"
    *_, _ = train(replace(config, family=family, steps=steps), corpus, folder)
    loaded = load(folder / "best.safetensors")
    return replace(loaded, info=replace(loaded.info, name=family))


@pytest.fixture(scope="module")
def judge(config: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return trained("lm", config, corpus, tmp_path_factory, 120)


@pytest.fixture(scope="module")
def aae(config: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return trained("aae", config, corpus, tmp_path_factory, 60)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Pupils smaller than usual."""
    small = replace(fluency._SMALL_LM, vocabulary=400, embedding=16, hidden=24, steps=30, learning_rate=0.02, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fluency, "_SMALL_LM", small)
        yield


@pytest.fixture(scope="module")
def sentences(corpus: Corpus) -> list[str]:
    """Held-out sentences, one of them twice, an empty one and a long one: nothing may be dropped or merged."""
    _, held_out = corpus.split()
    return [*held_out * 2, "", held_out[0], "the cat sees " * 40 + "a letter."]


@pytest.fixture(scope="module")
def figures(checkpoint: Checkpoint, sentences: list[str], judge: Checkpoint, corpus: Corpus) -> Evaluation:
    real, _ = corpus.split()
    return evaluate(checkpoint, sentences, samples=20, judge=judge, real=real, drawn=DRAWN)


@pytest.fixture(scope="module")
def said(checkpoint: Checkpoint) -> list[str]:
    return [point.text for point in sample(checkpoint.text_model, DRAWN, made_up=False, seed=1)]


def test_everything_is_counted(figures: Evaluation, sentences: list[str], checkpoint: Checkpoint) -> None:
    assert figures.sentences == len(sentences)
    assert figures.words == sum(len(sentence.split()) + 1 for sentence in sentences)
    assert figures.characters == sum(len(sentence) + 1 for sentence in sentences)
    assert figures.vocabulary > len({word for sentence in sentences for word in sentence.split()})
    assert figures.letter_bits == scores.letter_entropy(sentences)
    assert figures.tokens == int(Tokens.of(checkpoint.text_model.tokenizer.encode(sentences)).lengths.sum())
    assert figures.samples == 20
    assert figures.latent_dim == checkpoint.config.latent


def test_perplexity_and_bits_follow_from_the_bound(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    total = likelihood.nll_iw(checkpoint.text_model, sentences, samples=20).double().sum().item()
    assert figures.nll_iw == pytest.approx(total / len(sentences))
    assert figures.perplexity == pytest.approx(math.exp(total / figures.words))
    assert figures.bits_per_character == pytest.approx(total / figures.characters / math.log(2))
    low, high = figures.intervals["perplexity"]
    assert 1 < low < figures.perplexity < high


def test_latent_figures_are_those_of_the_metrics(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    use = latent_use.measure_latent_use(checkpoint.text_model, sentences)
    assert (figures.nll, figures.kl, figures.elbo) == pytest.approx((use.nll, sum(use.kl), -use.nll - sum(use.kl)))
    assert (figures.mutual_information, figures.mi_sentences) == (use.mutual_information, use.mi_sentences)
    assert figures.mi_ceiling == pytest.approx(math.log(len(sentences)))
    assert (figures.active_units, figures.latent_gain) == (use.active_units, use.latent_gain)
    assert (figures.level, figures.verdict) == (diagnosis.verdict(use).level, str(diagnosis.verdict(use).text))


def test_reconstruction_is_greedy_from_the_mean(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    said = [point.text for point in reconstruct(checkpoint.text_model, sentences, refine=0)]
    assert figures.reconstruction_bleu == pytest.approx(scores.bleu(said, sentences))
    assert 1 < figures.reconstruction_bleu <= 100


def test_ends_are_counted_from_the_mean_and_from_the_search(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    plain = [" ".join(sentence.split()) for sentence in sentences]
    codes = find_codes(checkpoint.text_model, plain)
    for name, z in (("ends_exact", codes.mu), ("ends_exact_refined", codes.z)):
        share = sum(a == b for a, b in zip(decode(checkpoint.text_model, z), plain, strict=True)) / len(sentences)
        assert getattr(figures, name) == pytest.approx(share)
        low, high = figures.intervals[name]
        assert low <= share <= high
    assert figures.ends_sentences == len(sentences)
    assert figures.ends_exact < figures.ends_exact_refined


def test_bound_lies_below_the_elbo_and_falls_with_samples(checkpoint: Checkpoint, corpus: Corpus) -> None:
    sentences = list(corpus.sentences)
    few, many = (evaluate(checkpoint, sentences, samples=samples, drawn=5) for samples in (1, 50))
    assert many.nll_iw < few.nll_iw
    assert many.nll_iw < -many.elbo
    assert many.perplexity < few.perplexity


def test_evaluation_follows_from_its_seed(checkpoint: Checkpoint, sentences: list[str]) -> None:
    first, again, other = (evaluate(checkpoint, sentences, samples=2, seed=seed, drawn=5) for seed in (1, 1, 2))
    assert first == again
    assert first.nll_iw != other.nll_iw
    assert first.reconstruction_bleu == other.reconstruction_bleu  # no chance in it


def test_figures_are_plain_values(figures: Evaluation) -> None:
    assert {type(value) for value in asdict(figures).values()} <= {int, float, str, bool, tuple, dict, type(None)}
    assert json.loads(json.dumps(asdict(figures), allow_nan=False))["said"] == list(figures.said)


def test_nothing_is_missing_from_a_vae_with_a_judge_and_a_text(figures: Evaluation) -> None:
    values = asdict(figures)
    assert {name for name in FIGURES if values[name] is None} == set()
    assert {name for name in FIGURES if FIGURES[name].share(values) is None} == set()
    assert {reason_missing(figures, name) for name in FIGURES} == {None}


def test_use_of_latent_is_compared_with_the_prior(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    posterior = encode(checkpoint.text_model, sentences)
    assert figures.kl_per_dimension == pytest.approx(gaussian.kl_to_prior(*posterior).mean(0).tolist())
    generator = torch.Generator().manual_seed(1)
    codes = posterior.mu + torch.randn(posterior.mu.shape, generator=generator) * (posterior.logvar / 2).exp()
    points = torch.randn(codes.shape, generator=generator)
    assert figures.prior_mean == pytest.approx(aggregate.mean_distance(posterior.mu))
    assert figures.prior_covariance == pytest.approx(aggregate.covariance_distance(posterior.mu, posterior.logvar))
    assert figures.prior_covariance != pytest.approx(aggregate.covariance_distance(posterior.logvar, posterior.mu))
    assert figures.prior_mmd == pytest.approx(aggregate.mmd(codes, points))
    assert figures.prior_mmd != pytest.approx(aggregate.mmd(posterior.mu, points))  # codes are draws, not means
    assert figures.prior_mmd != pytest.approx(aggregate.mmd(points, points))


def test_samples_are_those_of_the_seed_and_judged_by_the_judge(
    figures: Evaluation, said: list[str], judge: Checkpoint
) -> None:
    assert figures.said == tuple(said[:10])
    nats = sum(fluency.judge_nlls(judge, said))
    assert figures.forward_perplexity == pytest.approx(math.exp(nats / sum(len(text.split()) + 1 for text in said)))
    assert figures.sample_perplexity_ratio == pytest.approx(figures.forward_perplexity / figures.real_perplexity)
    assert figures.sample_distinct == len(set(said)) / DRAWN
    assert figures.judge == "lm"


def test_plain_samples_come_from_the_bell_curve_with_words_by_chance(
    figures: Evaluation, checkpoint: Checkpoint, judge: Checkpoint
) -> None:
    points = sample(checkpoint.text_model, DRAWN, temperature=1.0, prior="normal", seed=1)
    plain = [point.text for point in points]
    perplexity = fluency.perplexity(fluency.judge_nlls(judge, plain), plain)
    assert figures.normal_perplexity_ratio == pytest.approx(perplexity / figures.real_perplexity)
    assert figures.normal_distinct == len(set(plain)) / DRAWN
    assert figures.normal_new == sum(bool(checkpoint.is_new(text)) for text in plain) / DRAWN


def test_real_sentences_get_the_same_figures(
    figures: Evaluation, sentences: list[str], judge: Checkpoint, corpus: Corpus, checkpoint: Checkpoint
) -> None:
    nats = sum(fluency.judge_nlls(judge, sentences))
    assert figures.real_nll == pytest.approx(nats / len(sentences))
    assert figures.real_perplexity == pytest.approx(math.exp(nats / figures.words))
    assert figures.real_bits_per_character == pytest.approx(nats / figures.characters / math.log(2))
    assert len(sentences) < DRAWN  # so all of them are compared with as many samples
    assert figures.real_distinct_2 == scores.distinct_ngrams(sentences, 2)
    assert figures.real_self_bleu == scores.self_bleu(sentences)
    assert figures.real_novel == sum(bool(checkpoint.is_new(sentence)) for sentence in sentences) / len(sentences)
    spans = scores.copied_spans(sentences, corpus.split()[0])
    assert figures.real_copied_span == statistics.fmean(spans)


def test_variety_is_that_of_as_many_samples_as_sentences(
    figures: Evaluation, said: list[str], sentences: list[str], corpus: Corpus, checkpoint: Checkpoint
) -> None:
    some = said[: len(sentences)]
    assert figures.self_bleu == scores.self_bleu(some)
    assert [figures.distinct_1, figures.distinct_3] == [scores.distinct_ngrams(some, n) for n in (1, 3)]
    spans = scores.copied_spans(said, corpus.split()[0])
    assert (figures.copied_span, figures.copied_longest) == (statistics.fmean(spans), max(spans))
    assert figures.shared_words == scores.shared_words(said, sentences)
    assert figures.real_shared_words == scores.shared_words(sentences)
    assert figures.sample_new == sum(bool(checkpoint.is_new(text)) for text in said) / DRAWN


def test_reverse_perplexity_is_of_a_pupil_of_the_samples(
    figures: Evaluation, said: list[str], sentences: list[str]
) -> None:
    small_lm = fluency.train_small_lm(said)
    assert small_lm is not None
    expected = math.exp(sum(fluency.judge_nlls(small_lm, sentences)) / figures.words)
    assert figures.reverse_perplexity == pytest.approx(expected)
    assert figures.real_reverse_perplexity is not None
    assert figures.real_reverse_perplexity != figures.reverse_perplexity


def test_pupil_of_the_samples_learns_from_as_many_as_its_twin(
    checkpoint: Checkpoint, said: list[str], corpus: Corpus
) -> None:
    sentences = corpus.sentences[:5]
    figures = evaluate(checkpoint, sentences, samples=1, real=corpus.sentences[5:17], drawn=DRAWN)
    small_lm = fluency.train_small_lm(said[:12])
    assert small_lm is not None
    expected = fluency.perplexity(fluency.judge_nlls(small_lm, sentences), sentences)
    assert figures.reverse_perplexity == pytest.approx(expected)


def test_reverse_perplexity_that_is_missing_says_why(figures: Evaluation) -> None:
    without = replace(figures, reverse_perplexity=None)
    assert "diverged" in str(reason_missing(without, "reverse_perplexity"))
    assert "same sentence" in str(reason_missing(replace(without, sample_distinct=1 / DRAWN), "reverse_perplexity"))


def test_words_that_a_model_does_not_know_are_counted(
    figures: Evaluation, config: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert figures.unknown_words == 0  # of pieces, whatever the text
    words = trained("lm", replace(config, tokenizer="word"), corpus, tmp_path_factory, 2)
    assert evaluate(words, ["the cat sees a zebra.", "", "zebras"], samples=1, drawn=2).unknown_words == 2 / 6
    assert evaluate(words, ["", ""], samples=1, drawn=2).unknown_words == 0


def test_self_consistency_says_reads_and_says_again(figures: Evaluation, checkpoint: Checkpoint) -> None:
    tm = checkpoint.text_model
    own = [point.text for point in sample(tm, DRAWN, temperature=0, made_up=False, seed=1)]
    again = [point.text for point in reconstruct(tm, own, refine=0)]
    assert figures.self_consistency == pytest.approx(scores.bleu(again, own))


def test_words_in_place_are_those_of_the_reconstructions(
    figures: Evaluation, sentences: list[str], checkpoint: Checkpoint
) -> None:
    said = [point.text for point in reconstruct(checkpoint.text_model, sentences, refine=0)]
    assert figures.token_accuracy == scores.token_accuracy(said, sentences)
    low, high = figures.intervals["token_accuracy"]
    assert 0 <= low < figures.token_accuracy < high <= 1


def test_paths_between_pairs_are_measured_stop_by_stop(checkpoint: Checkpoint, judge: Checkpoint) -> None:
    tm, pair = checkpoint.text_model, ["the cat sees a letter.", "our teacher wants some fresh bread."]
    figures = evaluate(checkpoint, pair, samples=1, judge=judge, drawn=30)
    ways = [(pair[0], pair[1]), (pair[1], pair[0])]
    paths = [[stop.text for stop in find_path(tm, *ends)] for ends in ways]
    assert figures.path_pairs == 2
    assert figures.path_different == statistics.fmean(map(len, paths))
    jumps = [max(scores.words_apart(a, b) for a, b in pairwise(path)) for path in paths]
    assert figures.path_jump == statistics.fmean(jumps)
    most = 2 * statistics.median(fluency.perplexities(fluency.judge_nlls(judge, pair), pair))
    fluent = [sum(p <= most for p in fluency.perplexities(fluency.judge_nlls(judge, path), path)) for path in paths]
    assert figures.path_fluent == statistics.fmean(fluent)
    between = [sentence for path in paths for sentence in path[1:-1]]
    assert figures.path_perplexity == pytest.approx(fluency.perplexity(fluency.judge_nlls(judge, between), between))
    said = [point.text for point in sample(tm, 30, made_up=False, seed=1)]
    commonest = [max(Counter(texts).values()) / len(texts) for texts in (said, middles(tm, ways))]
    assert figures.attractor_share == max(commonest)


def test_language_model_has_an_exact_nll_and_no_space(judge: Checkpoint, sentences: list[str]) -> None:
    one, many = (evaluate(judge, sentences, samples=samples, drawn=5) for samples in (1, 7))
    assert one.nll_iw == many.nll_iw
    assert one.nll_iw == pytest.approx(sum(fluency.judge_nlls(judge, sentences)) / len(sentences), abs=1e-4)
    assert one.elbo == pytest.approx(-one.nll_iw, abs=1e-4)
    assert (one.latent_dim, one.kl_per_dimension, one.path_pairs) == (0, (), 0)
    lacking = {name for name in FIGURES if str(reason_missing(one, name)) == FAMILIES["lm"].limitation}
    assert lacking == {
        "kl", "mutual_information", "active_units", "latent_gain", "prior_mean", "prior_covariance", "prior_mmd",
        "token_accuracy", "reconstruction_bleu", "ends_exact", "ends_exact_refined", "self_consistency",
        "normal_perplexity_ratio", "normal_distinct", "normal_new", "path_different", "path_fluent", "path_jump",
        "path_perplexity", "attractor_share",
    }  # fmt: skip


def test_adversarial_autoencoder_has_a_space_and_no_density(
    aae: Checkpoint, judge: Checkpoint, sentences: list[str]
) -> None:
    figures = evaluate(aae, sentences, samples=2, judge=judge, drawn=20)
    lacking = {name for name in FIGURES if str(reason_missing(figures, name)) == FAMILIES["aae"].limitation}
    assert lacking == {"perplexity", "bits_per_character", "nll_iw", "elbo", "kl", "mutual_information"}
    assert figures.path_fluent is not None
    assert figures.reconstruction_bleu is not None
    assert figures.prior_mmd is not None
    assert figures.active_units == latent_use.active_units(encode(aae.text_model, sentences).mu)


def test_figures_that_take_something_say_what(checkpoint: Checkpoint, corpus: Corpus) -> None:
    sentences = corpus.sentences[:30]
    bare = evaluate(checkpoint, sentences, samples=1, drawn=5)
    without = {name: reason_missing(bare, name) for name in FIGURES if reason_missing(bare, name)}
    assert set(without) == {name for name, figure in FIGURES.items() if figure.takes}
    assert {name for name, why in without.items() if "judge" in str(why)} == {
        "forward_perplexity", "sample_perplexity_ratio", "normal_perplexity_ratio", "path_perplexity", "path_fluent"
    }  # fmt: skip
    hasty = evaluate(checkpoint, sentences, samples=1, drawn=5, real=sentences, reverse=False)
    assert hasty.copied_span is not None
    assert "minutes" in str(reason_missing(hasty, "reverse_perplexity"))


def test_judge_does_not_judge_itself(judge: Checkpoint, corpus: Corpus) -> None:
    figures = evaluate(judge, corpus.sentences[:20], samples=1, judge=judge, drawn=5)
    assert figures.forward_perplexity is None
    assert "itself" in str(reason_missing(figures, "forward_perplexity"))
    assert figures.real_perplexity == pytest.approx(figures.perplexity)


def test_comparison_measures_each_model_as_if_alone(checkpoint: Checkpoint, judge: Checkpoint, corpus: Corpus) -> None:
    reports: list[Message] = []
    given: dict[str, Any] = {"samples": 2, "judge": judge, "drawn": 10}
    sentences = corpus.sentences[:25]
    both = compare([checkpoint, judge], sentences, **given, report=reports.append)
    assert both == [evaluate(each, sentences, **given) for each in (checkpoint, judge)]
    assert {report.values.get("name") for report in reports} == {None, checkpoint.info.name, "lm"}


def test_hopeless_sentences_do_not_overflow(checkpoint: Checkpoint) -> None:
    figures = evaluate(checkpoint, ["\U0001f600" * 400, "日" * 300], samples=2, drawn=5)
    assert math.isfinite(figures.perplexity)
    assert figures.sentences == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"samples": 0}, "samples is 0"),
        ({"drawn": 1}, "drawn is 1"),
        ({"drawn": 100_001}, "drawn is 100001"),
        ({"real": ["one"]}, "too small"),
        ({"real": []}, "too small"),
    ],
)
def test_what_cannot_be_measured_is_an_error(
    checkpoint: Checkpoint, sentences: list[str], given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate(checkpoint, sentences, **given)


def test_nothing_to_evaluate_is_an_error(checkpoint: Checkpoint) -> None:
    with pytest.raises(ValueError, match="no sentence"):
        evaluate(checkpoint, [])


def test_judge_of_another_family_is_refused(checkpoint: Checkpoint, sentences: list[str]) -> None:
    with pytest.raises(ValueError, match="a judge is a language model"):
        evaluate(checkpoint, sentences, judge=checkpoint)
