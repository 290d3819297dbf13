"""What stands behind `evaluate` and `compare`: every figure of a model on a text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from vae.evaluation.evaluation import Evaluation
from vae.evaluation.judge import perplexity
from vae.evaluation.paths import measure_ends, measure_paths
from vae.evaluation.reference import Reference, Report, prepare_reference
from vae.evaluation.samples import measure_samples, share_of
from vae.messages.message import Message, UserError
from vae.metrics import diagnosis, latent_use, likelihood, prior_distance, text_scores
from vae.metrics.bootstrap import Interval, interval
from vae.model import gaussian, text_model
from vae.model.checkpoint import Checkpoint
from vae.model.text_model import TextModel
from vae.text.tokenizer import UNK_ID


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
        drawn: sentences that are sampled, 2 to 100,000.
        report: called with what is being done, a short line at a time.
    Returns:
        An evaluation: nats a sentence, shares from 0 to 1, BLEU from 0 to 100. What the family cannot have, or nothing
        was given for, is None.
    Raises:
        ValueError: there is no sentence, samples is not positive, drawn is out of its range, the judge is no language
            model, or the real text is too small.

    >>> small = load_model("run/best.safetensors")
    >>> figures = evaluate(small, corpus.sentences[:20], drawn=10, reverse=False)
    >>> figures.name, figures.family, figures.perplexity > 1, figures.kl
    ('text.txt', 'lm', True, None)
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
        An evaluation a model, in the order given.
    Raises:
        UserError (a ValueError): as `evaluate`.

    >>> first, second = compare([small, small], corpus.sentences[:20], drawn=10, reverse=False)
    >>> first.perplexity == second.perplexity
    True
    """
    if samples < 1:
        raise UserError(Message("metrics.samples_not_positive", samples=samples))
    if not 2 <= drawn <= 100_000:
        raise UserError(Message("model.out_of_range", name="drawn", value=drawn, low=2, high=100_000))
    reference = prepare_reference(sentences, judge, real, reverse, drawn, seed, report)
    several = len(checkpoints) > 1
    return [
        _evaluate_model(each, reference, samples, partial(_report_of, each.info.name, report) if several else report)
        for each in checkpoints
    ]


def _report_of(name: str, report: Report, message: Message) -> None:
    report(Message("evaluation.of_model", name=name, message=message))


def _evaluate_model(checkpoint: Checkpoint, reference: Reference, draws: int, report: Report) -> Evaluation:
    """All figures of one model."""
    tm, config, info = checkpoint.text_model, checkpoint.config, checkpoint.info
    novelty = [checkpoint.is_new(sentence) for sentence in reference.subset]
    report(Message("evaluation.samples", n=reference.drawn))
    drawn = text_model.sample(tm, reference.drawn, made_up=False, seed=reference.seed)  # as the page draws them
    samples = [point.text for point in drawn]
    parts = [
        measure_ends(tm, reference, report),
        measure_samples(checkpoint, samples, reference, report),
        measure_paths(tm, samples, reference, report),
        _reconstruction(tm, samples, reference, report),
        _density(tm, reference, draws, report),
    ]
    tokens = [token for ids in tm.tokenizer.encode(reference.sentences) for token in ids]
    return Evaluation(
        name=info.name, family=tm.spec.name, trained_on=info.trained_on, trained_sentences=info.sentences,
        parameters=info.parameters, steps=info.steps, minutes=config.minutes or None,
        tokens=len(tokens) + len(reference.sentences), unknown_words=tokens.count(UNK_ID) / max(1, len(tokens)),
        samples=draws, drawn=reference.drawn, judge=reference.judge.info.name if reference.judge else None,
        real=reference.real is not None, latent_dim=tm.latent, real_novel=share_of(novelty),
        **reference.figures,
        **_latent(tm, info.steps, reference, report),
        **{name: value for figures, _ in parts for name, value in figures.items()},
        intervals={name: ends for _, intervals in parts for name, ends in intervals.items()},
    )  # fmt: skip


def _density(
    tm: TextModel, reference: Reference, samples: int, report: Report
) -> tuple[dict[str, Any], dict[str, Interval]]:
    if not tm.spec.has_likelihood:
        return dict.fromkeys(("nll_iw", "perplexity", "bits_per_character")), {}

    def progress(share: float) -> None:
        report(Message("evaluation.likelihood", share=share))

    progress(0.0)
    nll = likelihood.nll_iw(tm, reference.sentences, samples=samples, seed=reference.seed, progress=progress).tolist()
    figures = {
        "nll_iw": math.fsum(nll) / len(nll),
        "perplexity": perplexity(nll, reference.sentences),
        "bits_per_character": math.fsum(nll) / reference.figures["characters"] / math.log(2),
    }
    return figures, {"perplexity": _interval(perplexity, nll, reference)}


def _latent(tm: TextModel, steps: int, reference: Reference, report: Report) -> dict[str, Any]:
    report(Message("evaluation.latent_space"))
    use = latent_use.measure_latent_use(tm, reference.sentences, seed=reference.seed)
    verdict = diagnosis.verdict(use, steps)
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


def _reconstruction(
    tm: TextModel, own: Sequence[str], reference: Reference, report: Report
) -> tuple[dict[str, Any], dict[str, Interval]]:
    if not tm.spec.has_latent_space:
        return dict.fromkeys(("token_accuracy", "reconstruction_bleu", "self_consistency")), {}
    report(Message("evaluation.reconstructions"))
    reconstructed = [point.text for point in text_model.reconstruct(tm, reference.sentences, refine=0)]
    own_reconstructed = [point.text for point in text_model.reconstruct(tm, own, refine=0)]
    figures = {
        "token_accuracy": text_scores.token_accuracy(reconstructed, reference.sentences),
        "reconstruction_bleu": text_scores.bleu(reconstructed, reference.sentences),
        "self_consistency": text_scores.bleu(own_reconstructed, own),
    }
    return figures, {"token_accuracy": _interval(text_scores.token_accuracy, reconstructed, reference)}


def _interval(statistic: Callable[[Sequence[Any], Sequence[str]], float], of: Sequence[Any],
              reference: Reference) -> Interval:  # fmt: skip
    """That of a statistic of a value for each of the sentences, and of these themselves."""
    pairs = list(zip(of, reference.sentences, strict=True))
    return interval(pairs, lambda some: statistic(*zip(*some, strict=True)), reference.seed)
