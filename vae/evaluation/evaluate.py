"""What stands behind `evaluate` and `compare`: every figure of a model on a text."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import torch

from vae.evaluation.figures import Evaluation
from vae.evaluation.judge import check_judge, judge_nlls, perplexities, perplexity, train_small_lm
from vae.messages.message import Message, UserError
from vae.metrics import diagnosis, latent_use, likelihood, prior_distance, text_scores
from vae.model import gaussian, interpolation, text_model
from vae.model.checkpoint import Checkpoint
from vae.model.text_model import TextModel
from vae.text.tokenizer import UNK_ID

_SHOWN_SAMPLES = 10
_PAIRS, _PATH_STEPS = 100, 11  # interpolations, and sentences of each
_FLUENT = 2.0  # times the median perplexity of real sentences, at most

Report = Callable[[Message], None]


def evaluate(
    checkpoint: Checkpoint, sentences: Sequence[str], *, samples: int = 100, seed: int = 1,
    judge: Checkpoint | None = None, real: Sequence[str] | None = None, reverse: bool = True, drawn: int = 1000,
    report: Report = lambda line: None,
) -> Evaluation:  # fmt: skip
    """Measure a model on sentences.

    Args:
        samples: draws a sentence of the importance-weighted bound; more is tighter, and slower.
        judge: a language model of such text, whose perplexity says how fluent sentences are.
        real: text to learn from, such as the model's own: for reverse perplexity and copied spans.
        reverse: whether to train the two small models that reverse perplexity takes, which is slow.
        drawn: sentences that are sampled, at temperature 1.
        report: called with what is being done, a short line at a time.
    Raises:
        ValueError: there is no sentence, samples is not positive, drawn is out of its range, the judge is no language
            model, or the real text is too small.
    """
    return compare(
        [checkpoint], sentences, samples=samples, seed=seed, judge=judge, real=real, reverse=reverse, drawn=drawn,
        report=report,
    )[0]  # fmt: skip


def compare(
    checkpoints: Sequence[Checkpoint], sentences: Sequence[str], *, samples: int = 100, seed: int = 1,
    judge: Checkpoint | None = None, real: Sequence[str] | None = None, reverse: bool = True, drawn: int = 1000,
    report: Report = lambda line: None,
) -> list[Evaluation]:  # fmt: skip
    """Measure models on the same sentences, with the same draws and pairs.

    Args:
        checkpoints: the models; one of them may be the judge.
        sentences, samples, seed, judge, real, reverse, drawn: as of `evaluate`.
    Returns:
        An evaluation a model, in the order given: nats a sentence, shares from 0 to 1, BLEU from 0 to 100.
    Raises:
        UserError: as `evaluate`.
    """
    if samples < 1:
        raise UserError(Message("metrics.samples_not_positive", samples=samples))
    if not 2 <= drawn <= 100_000:
        raise UserError(Message("model.out_of_range", name="drawn", value=drawn, low=2, high=100_000))
    reference = _prepare_reference(sentences, judge, real, reverse, drawn, seed, report)
    several = len(checkpoints) > 1
    return [
        _evaluate_model(each, reference, samples, partial(_report_of, each.info.name, report) if several else report)
        for each in checkpoints
    ]


def _report_of(name: str, report: Report, message: Message) -> None:
    report(Message("evaluation.of_model", name=name, message=message))


@dataclass(frozen=True, slots=True)
class _Reference:
    """The sentences that models are measured on, and what is measured once for all of the models."""

    sentences: list[str]
    subset: list[str]  # as many as samples are drawn, if there are
    real: Sequence[str] | None
    judge: Checkpoint | None
    nll: list[float]  # of the judge; empty without one
    drawn: int
    seed: int
    figures: dict[str, Any]

    def judge_nll(self, sentences: Sequence[str]) -> list[float]:
        """-log p of each sentence under the judge, nats."""
        assert self.judge is not None
        return judge_nlls(self.judge, sentences)


def _prepare_reference(
    sentences: Sequence[str], judge: Checkpoint | None, real: Sequence[str] | None, reverse: bool, drawn: int,
    seed: int, report: Report,
) -> _Reference:  # fmt: skip
    if not sentences:
        raise UserError(Message("metrics.no_sentences"))
    if judge:
        check_judge(judge)
    sentences = list(sentences)
    words, characters = sum(map(text_scores.word_count, sentences)), sum(len(sentence) + 1 for sentence in sentences)
    rng = random.Random(seed)
    subset = rng.sample(sentences, drawn) if len(sentences) > drawn else sentences
    nll: list[float] = []
    figures: dict[str, Any] = {"sentences": len(sentences), "words": words, "characters": characters}
    figures |= {f"real_{name}": value for name, value in _diversity(subset, seed).items()}
    figures["real_shared_words"] = text_scores.shared_words(sentences)
    figures |= dict.fromkeys(("real_nll", "real_perplexity", "real_bits_per_character"))
    figures |= dict.fromkeys(("real_reverse_perplexity", "real_copied_span"))
    if judge:
        report(Message("evaluation.judging"))
        nll = judge_nlls(judge, sentences)
        figures["real_nll"] = math.fsum(nll) / len(nll)
        figures["real_perplexity"] = perplexity(nll, sentences)
        figures["real_bits_per_character"] = math.fsum(nll) / characters / math.log(2)
    if real is not None:
        figures["real_copied_span"] = statistics.fmean(text_scores.copied_spans(subset, real))
    if real is not None and reverse:
        report(Message("evaluation.learning_from_real"))
        real_lm = train_small_lm(rng.sample(real, drawn) if len(real) > drawn else real, seed=seed)
        if real_lm is None:
            raise UserError(Message("evaluation.training_text_too_small"))
        figures["real_reverse_perplexity"] = perplexity(judge_nlls(real_lm, sentences), sentences)
    return _Reference(sentences, subset, real, judge, nll, drawn, seed, figures)


def _evaluate_model(checkpoint: Checkpoint, reference: _Reference, samples: int, report: Report) -> Evaluation:
    """All figures of one model."""
    tm, config, info = checkpoint.text_model, checkpoint.config, checkpoint.info
    novelty = [checkpoint.is_new(sentence) for sentence in reference.subset]
    tokens = [token for ids in tm.tokenizer.encode(reference.sentences) for token in ids]
    return Evaluation(
        name=info.name, family=tm.spec.name, trained_on=info.trained_on, trained_sentences=info.sentences,
        parameters=info.parameters, steps=info.steps, minutes=config.minutes or None,
        tokens=len(tokens) + len(reference.sentences), unknown_words=tokens.count(UNK_ID) / max(1, len(tokens)),
        samples=samples, drawn=reference.drawn, judge=reference.judge.info.name if reference.judge else None,
        real=reference.real is not None, latent_dim=tm.latent, real_novel=_new_share(novelty),
        **reference.figures,
        **_latent(tm, reference, report),
        **_reconstruction(tm, reference, report),
        **_samples(checkpoint, reference, report),
        **_interpolation(tm, reference, report),
        **_density(tm, reference, samples, report),
    )  # fmt: skip


def _density(tm: TextModel, reference: _Reference, samples: int, report: Report) -> dict[str, Any]:
    if not tm.spec.has_likelihood:
        return dict.fromkeys(("nll_iw", "perplexity", "bits_per_character"))

    def progress(share: float) -> None:
        report(Message("evaluation.likelihood", share=share))

    progress(0.0)
    nll = likelihood.nll_iw(tm, reference.sentences, samples=samples, seed=reference.seed, progress=progress).tolist()
    return {
        "nll_iw": math.fsum(nll) / len(nll),
        "perplexity": perplexity(nll, reference.sentences),
        "bits_per_character": math.fsum(nll) / reference.figures["characters"] / math.log(2),
    }


def _latent(tm: TextModel, reference: _Reference, report: Report) -> dict[str, Any]:
    report(Message("evaluation.latent_space"))
    use = latent_use.measure_latent_use(tm, reference.sentences, seed=reference.seed)
    verdict = diagnosis.verdict(use)
    figures: dict[str, Any] = dict.fromkeys(
        ("kl", "mutual_information", "active_units", "latent_gain", "prior_mean", "prior_covariance", "prior_mmd")
    )
    figures |= {"nll": use.nll, "elbo": use.elbo if tm.spec.has_likelihood else None, "kl_per_dimension": ()}
    figures |= {"mi_sentences": use.mi_sentences, "mi_ceiling": use.mi_ceiling}
    figures |= {"level": verdict.level, "verdict": str(verdict.text)}
    if tm.spec.has_latent_space:
        generator = torch.Generator().manual_seed(reference.seed)
        with torch.inference_mode():
            posterior = text_model.encode(tm, reference.sentences)
            z = gaussian.sample(*posterior, generator)
            prior = tm.model.prior.sample(len(z), generator)
        figures |= {
            "active_units": use.active_units,
            "latent_gain": use.latent_gain,
            "prior_mean": prior_distance.mean_distance(posterior.mu),
            "prior_covariance": prior_distance.covariance_distance(*posterior),
            "prior_mmd": prior_distance.mmd(z, prior),
        }
        if tm.spec.has_likelihood:
            figures |= {"kl": sum(use.kl), "kl_per_dimension": use.kl, "mutual_information": use.mutual_information}
    return figures


def _reconstruction(tm: TextModel, reference: _Reference, report: Report) -> dict[str, Any]:
    if not tm.spec.has_latent_space:
        return dict.fromkeys(("token_accuracy", "reconstruction_bleu", "exact_match", "self_consistency"))
    report(Message("evaluation.reconstructions"))
    reconstructed = [point.text for point in text_model.reconstruct(tm, reference.sentences)]
    own = [point.text for point in text_model.sample(tm, reference.drawn, temperature=0, seed=reference.seed)]
    own_reconstructed = [point.text for point in text_model.reconstruct(tm, own)]
    return {
        "token_accuracy": text_scores.token_accuracy(reconstructed, reference.sentences),
        "reconstruction_bleu": text_scores.bleu(reconstructed, reference.sentences),
        "exact_match": text_scores.exact_match(reconstructed, reference.sentences),
        "self_consistency": text_scores.bleu(own_reconstructed, own),
    }


def _samples(checkpoint: Checkpoint, reference: _Reference, report: Report) -> dict[str, Any]:
    report(Message("evaluation.samples", n=reference.drawn))
    points = text_model.sample(checkpoint.text_model, reference.drawn, seed=reference.seed)
    generated = [point.text for point in points]
    figures: dict[str, Any] = dict.fromkeys(
        ("forward_perplexity", "reverse_perplexity", "copied_span", "copied_longest")
    )
    figures |= _diversity(generated[: len(reference.subset)], reference.seed)
    figures |= {
        "shared_words": text_scores.shared_words(generated, reference.sentences),
        "distinct": text_scores.distinct(generated),
        "novel": _new_share([checkpoint.is_new(sentence) for sentence in generated]),
        "said": tuple(generated[:_SHOWN_SAMPLES]),
    }
    if reference.judge and reference.judge is not checkpoint:
        figures["forward_perplexity"] = perplexity(reference.judge_nll(generated), generated)
    if reference.real is not None:
        spans = text_scores.copied_spans(generated, reference.real)
        figures |= {"copied_span": statistics.fmean(spans), "copied_longest": max(spans)}
    if reference.real is not None and reference.figures["real_reverse_perplexity"]:
        report(Message("evaluation.learning_from_samples"))
        sample_lm = train_small_lm(generated[: len(reference.real)], seed=reference.seed)
        if sample_lm:
            figures["reverse_perplexity"] = perplexity(judge_nlls(sample_lm, reference.sentences), reference.sentences)
    return figures


def _diversity(sentences: Sequence[str], seed: int) -> dict[str, float]:
    """Figures that rise or fall with the number of sentences, so that only those of as many compare."""
    ngrams = {f"distinct_{n}": text_scores.distinct_ngrams(sentences, n) for n in (1, 2, 3)}
    return {"self_bleu": text_scores.self_bleu(sentences, seed=seed), **ngrams}


def _new_share(new: Sequence[bool | None]) -> float | None:
    return None if None in new else sum(map(bool, new)) / len(new)


def _interpolation(tm: TextModel, reference: _Reference, report: Report) -> dict[str, Any]:
    figures: dict[str, Any] = dict.fromkeys(("path_perplexity", "step_length", "distinct_steps", "fluent_steps"))
    candidates = sorted({sentence for sentence in reference.sentences if sentence.strip()})
    if not tm.spec.has_latent_space or len(candidates) < 2:
        return {**figures, "pairs": 0}
    report(Message("evaluation.interpolations", pairs=_PAIRS))
    rng = random.Random(reference.seed)
    pairs = [(a, b) for a, b in (rng.sample(candidates, 2) for _ in range(_PAIRS))]
    interpolations = interpolation.interpolate_pairs(tm, pairs, steps=_PATH_STEPS)
    paths = [[point.text for point in points] for points in interpolations]
    direct = [text_scores.edit_distance(path[0], path[-1]) for path in paths]
    steps = [statistics.fmean(text_scores.edit_distance(a, b) for a, b in pairwise(path)) for path in paths]
    figures |= {"pairs": len(pairs), "distinct_steps": float(statistics.median(len(set(path)) for path in paths))}
    if any(direct):
        apart = [step for step, distance in zip(steps, direct, strict=True) if distance]
        figures["step_length"] = sum(apart) / sum(direct)
    if reference.judge:
        between = [sentence for path in paths for sentence in path[1:-1]]
        figures["path_perplexity"] = perplexity(reference.judge_nll(between), between)
        limit = _FLUENT * statistics.median(perplexities(reference.nll, reference.sentences))
        fluent = [
            sum(p <= limit for p in perplexities(reference.judge_nll(different), different))
            for different in (list(dict.fromkeys(path)) for path in paths)
        ]
        figures["fluent_steps"] = float(statistics.median(fluent))
    return figures
