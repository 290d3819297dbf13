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

from vae.config.families import FAMILIES
from vae.evaluation.figures import FIGURES, Evaluation
from vae.evaluation.judge import check_judge, nll_by, perplexities, perplexity, train_pupil
from vae.metrics import diagnosis, latent_use, likelihood, prior_distance, text_scores
from vae.model import gaussian, interpolation, text_model
from vae.model.checkpoint import Checkpoint
from vae.model.text_model import TextModel
from vae.text.tokenizer import UNK_ID

__all__ = ["Evaluation", "compare", "evaluate", "missing"]

_SAID = 10  # samples that are shown
_PAIRS, _STEPS = 100, 11  # ways, and sentences of each
_FLUENT = 2.0  # times the median perplexity of real sentences, at most

_REASONS = {
    "forward_perplexity": "It is the judge itself, and nobody judges their own words.",
    "reverse_perplexity": "All samples are the same sentence, from which nobody learns to write.",
    "novel": "It learned from more sentences than a model can list.",
}

Say = Callable[[str], None]


def evaluate(
    checkpoint: Checkpoint, sentences: Sequence[str], *, samples: int = 100, seed: int = 1,
    judge: Checkpoint | None = None, real: Sequence[str] | None = None, reverse: bool = True, drawn: int = 1000,
    say: Say = lambda line: None,
) -> Evaluation:  # fmt: skip
    """Measure a model on sentences.

    Args:
        samples: draws a sentence of the importance-weighted bound; more is tighter, and slower.
        judge: a language model of such text, which tells how odd sentences are.
        real: text to learn from, such as the model's own: for reverse perplexity and copied spans.
        reverse: whether to train the two small models that reverse perplexity takes, which is slow.
        drawn: sentences that are said at random, at temperature 1.
        say: is told what is being done, a short line at a time.
    Raises:
        ValueError: there is no sentence, samples is not positive, drawn is out of its range, the judge is no language
            model, or the real text is too small.
    """
    return compare(
        [checkpoint], sentences, samples=samples, seed=seed, judge=judge, real=real, reverse=reverse, drawn=drawn,
        say=say,
    )[0]  # fmt: skip


def compare(
    checkpoints: Sequence[Checkpoint], sentences: Sequence[str], *, samples: int = 100, seed: int = 1,
    judge: Checkpoint | None = None, real: Sequence[str] | None = None, reverse: bool = True, drawn: int = 1000,
    say: Say = lambda line: None,
) -> list[Evaluation]:  # fmt: skip
    """Measure models on the same sentences, with the same draws and pairs. Parameters as of `evaluate`."""
    if samples < 1:
        raise ValueError(f"samples is {samples}: it must be at least 1")
    if not 2 <= drawn <= 100_000:
        raise ValueError(f"drawn is {drawn}: it must lie between 2 and 100000")
    text = _text(sentences, judge, real, reverse, drawn, seed, say)
    several = len(checkpoints) > 1
    return [
        _measured(each, text, samples, partial(_said_of, each.info.name, say) if several else say)
        for each in checkpoints
    ]


def missing(evaluation: Evaluation, name: str) -> str:
    """Why an evaluation has no figure of this name: a sentence for people, or nothing if it has it."""
    if getattr(evaluation, name) is not None:
        return ""
    figure, kind = FIGURES[name], FAMILIES[evaluation.family]
    of_density = figure.group == "density" or name in ("kl", "mutual_information")
    of_space = figure.group in ("latent", "reconstruction", "interpolation")
    if (of_density and not kind.density) or (of_space and not kind.space):
        return kind.lacks
    if figure.takes == "judge" and not evaluation.judge:
        return "It takes a judge, a language model of such text."
    if figure.takes == "real" and not evaluation.real:
        return "It takes the text that was learned from."
    if name == "reverse_perplexity" and evaluation.real_reverse_perplexity is None:
        return "It takes minutes, and was left out: the command line measures it."
    if name == "reverse_perplexity" and round(evaluation.distinct * evaluation.drawn) > 1:
        return "No small language model could be trained on the samples: they hold too little, or it diverged."
    return _REASONS.get(name, "There is too little text to tell.")


def _said_of(name: str, say: Say, line: str) -> None:
    say(f"{name}: {line}")


@dataclass(frozen=True, slots=True)
class _Text:
    """The sentences that models are measured on, and what is measured once for all of the models."""

    sentences: list[str]
    some: list[str]  # as many as are drawn, if there are
    real: Sequence[str] | None
    judge: Checkpoint | None
    nll: list[float]  # of the judge; empty without one
    drawn: int
    seed: int
    figures: dict[str, Any]

    def odd(self, sentences: Sequence[str]) -> list[float]:
        """What the judge gives for each sentence, in nats."""
        assert self.judge is not None
        return nll_by(self.judge, sentences)


def _text(
    sentences: Sequence[str], judge: Checkpoint | None, real: Sequence[str] | None, reverse: bool, drawn: int,
    seed: int, say: Say,
) -> _Text:  # fmt: skip
    if not sentences:
        raise ValueError("there is no sentence to measure on")
    if judge:
        check_judge(judge)
    sentences = list(sentences)
    words, characters = sum(map(text_scores.words, sentences)), sum(len(sentence) + 1 for sentence in sentences)
    chance = random.Random(seed)
    some = chance.sample(sentences, drawn) if len(sentences) > drawn else sentences
    nll: list[float] = []
    figures: dict[str, Any] = {"sentences": len(sentences), "words": words, "characters": characters}
    figures |= {f"real_{name}": value for name, value in _variety(some, seed).items()}
    figures["real_shared_words"] = text_scores.shared_words(sentences)
    figures |= dict.fromkeys(("real_nll", "real_perplexity", "real_bits_per_character"))
    figures |= dict.fromkeys(("real_reverse_perplexity", "real_copied_span"))
    if judge:
        say("The judge reads the sentences")
        nll = nll_by(judge, sentences)
        figures["real_nll"] = math.fsum(nll) / len(nll)
        figures["real_perplexity"] = perplexity(nll, sentences)
        figures["real_bits_per_character"] = math.fsum(nll) / characters / math.log(2)
    if real is not None:
        figures["real_copied_span"] = statistics.fmean(text_scores.copied_spans(some, real))
    if real is not None and reverse:
        say("A small language model learns from real sentences")
        twin = train_pupil(chance.sample(real, drawn) if len(real) > drawn else real, seed=seed)
        if twin is None:
            raise ValueError("the text to learn from is too small, below 2 different sentences, or a training diverged")
        figures["real_reverse_perplexity"] = perplexity(nll_by(twin, sentences), sentences)
    return _Text(sentences, some, real, judge, nll, drawn, seed, figures)


def _measured(checkpoint: Checkpoint, text: _Text, samples: int, say: Say) -> Evaluation:
    """All figures of one model."""
    tm, config, info = checkpoint.text_model, checkpoint.config, checkpoint.info
    novel = [checkpoint.is_new(sentence) for sentence in text.some]
    tokens = [token for ids in tm.tokenizer.encode(text.sentences) for token in ids]
    return Evaluation(
        name=info.name, family=tm.kind.name, trained_on=info.trained_on, trained_sentences=info.sentences,
        parameters=info.parameters, steps=info.steps, minutes=config.minutes or None,
        tokens=len(tokens) + len(text.sentences), unknown_words=tokens.count(UNK_ID) / max(1, len(tokens)),
        samples=samples, drawn=text.drawn, judge=text.judge.info.name if text.judge else None,
        real=text.real is not None, latent_dim=tm.latent, real_novel=_share(novel),
        **text.figures,
        **_latent(tm, text, say),
        **_reconstruction(tm, text, say),
        **_samples(checkpoint, text, say),
        **_interpolation(tm, text, say),
        **_density(tm, text, samples, say),
    )  # fmt: skip


def _density(tm: TextModel, text: _Text, samples: int, say: Say) -> dict[str, Any]:
    if not tm.kind.density:
        return dict.fromkeys(("nll_iw", "perplexity", "bits_per_character"))

    def progress(share: float) -> None:
        say(f"Likelihood of the text: {share:.0%}")

    progress(0.0)
    nll = likelihood.nll_iw(tm, text.sentences, samples=samples, seed=text.seed, progress=progress).tolist()
    return {
        "nll_iw": math.fsum(nll) / len(nll),
        "perplexity": perplexity(nll, text.sentences),
        "bits_per_character": math.fsum(nll) / text.figures["characters"] / math.log(2),
    }


def _latent(tm: TextModel, text: _Text, say: Say) -> dict[str, Any]:
    say("Use of the latent space")
    use = latent_use.use_of_latent(tm, text.sentences, seed=text.seed)
    verdict = diagnosis.verdict(use)
    found: dict[str, Any] = dict.fromkeys(
        ("kl", "mutual_information", "active_units", "latent_gain", "prior_mean", "prior_covariance", "prior_mmd")
    )
    found |= {"nll": use.nll, "elbo": use.elbo if tm.kind.density else None, "kl_per_dimension": ()}
    found |= {"mi_sentences": use.mi_sentences, "mi_ceiling": use.mi_ceiling}
    found |= {"level": verdict.level, "verdict": verdict.text}
    if tm.kind.space:
        generator = torch.Generator().manual_seed(text.seed)
        with torch.inference_mode():
            posterior = text_model.encode(tm, text.sentences)
            z = gaussian.sample(*posterior, generator)
            prior = tm.model.draw(len(z), generator)
        found |= {
            "active_units": use.active_units,
            "latent_gain": use.latent_gain,
            "prior_mean": prior_distance.off_centre(posterior.mu),
            "prior_covariance": prior_distance.off_shape(*posterior),
            "prior_mmd": prior_distance.mmd(z, prior),
        }
        if tm.kind.density:
            found |= {"kl": sum(use.kl), "kl_per_dimension": use.kl, "mutual_information": use.mutual_information}
    return found


def _reconstruction(tm: TextModel, text: _Text, say: Say) -> dict[str, Any]:
    if not tm.kind.space:
        return dict.fromkeys(("token_accuracy", "reconstruction_bleu", "exact_match", "self_consistency"))
    say("Reconstructions")
    said = [point.text for point in text_model.reconstruct(tm, text.sentences)]
    own = [point.text for point in text_model.sample(tm, text.drawn, temperature=0, seed=text.seed)]
    again = [point.text for point in text_model.reconstruct(tm, own)]
    return {
        "token_accuracy": text_scores.in_place(said, text.sentences),
        "reconstruction_bleu": text_scores.bleu(said, text.sentences),
        "exact_match": text_scores.exact_match(said, text.sentences),
        "self_consistency": text_scores.bleu(again, own),
    }


def _samples(checkpoint: Checkpoint, text: _Text, say: Say) -> dict[str, Any]:
    say(f"{text.drawn:,} samples")
    said = [point.text for point in text_model.sample(checkpoint.text_model, text.drawn, seed=text.seed)]
    found: dict[str, Any] = dict.fromkeys(("forward_perplexity", "reverse_perplexity", "copied_span", "copied_longest"))
    found |= _variety(said[: len(text.some)], text.seed)
    found |= {
        "shared_words": text_scores.shared_words(said, text.sentences),
        "distinct": text_scores.distinct(said),
        "novel": _share([checkpoint.is_new(sentence) for sentence in said]),
        "said": tuple(said[:_SAID]),
    }
    if text.judge and text.judge is not checkpoint:
        found["forward_perplexity"] = perplexity(text.odd(said), said)
    if text.real is not None:
        spans = text_scores.copied_spans(said, text.real)
        found |= {"copied_span": statistics.fmean(spans), "copied_longest": max(spans)}
    if text.real is not None and text.figures["real_reverse_perplexity"]:
        say("A small language model learns from the samples")
        pupil = train_pupil(said[: len(text.real)], seed=text.seed)  # from as many as its twin
        if pupil:
            found["reverse_perplexity"] = perplexity(nll_by(pupil, text.sentences), text.sentences)
    return found


def _variety(sentences: Sequence[str], seed: int) -> dict[str, float]:
    """What rises or falls with the number of sentences, so that only as many of each compare."""
    runs = {f"distinct_{n}": text_scores.distinct_runs(sentences, n) for n in (1, 2, 3)}
    return {"self_bleu": text_scores.self_bleu(sentences, seed=seed), **runs}


def _share(new: Sequence[bool | None]) -> float | None:
    return None if None in new else sum(map(bool, new)) / len(new)


def _interpolation(tm: TextModel, text: _Text, say: Say) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(("path_perplexity", "step_length", "distinct_steps", "fluent_steps"))
    candidates = sorted({sentence for sentence in text.sentences if sentence.strip()})
    if not tm.kind.space or len(candidates) < 2:
        return {**found, "pairs": 0}
    say(f"Ways between {_PAIRS} pairs of sentences")
    chance = random.Random(text.seed)
    pairs = [(a, b) for a, b in (chance.sample(candidates, 2) for _ in range(_PAIRS))]
    ways = [[point.text for point in way] for way in interpolation.interpolate_pairs(tm, pairs, steps=_STEPS)]
    whole = [text_scores.edit_distance(way[0], way[-1]) for way in ways]
    steps = [statistics.fmean(text_scores.edit_distance(a, b) for a, b in pairwise(way)) for way in ways]
    found |= {"pairs": len(pairs), "distinct_steps": float(statistics.median(len(set(way)) for way in ways))}
    if any(whole):
        found["step_length"] = sum(step for step, far in zip(steps, whole, strict=True) if far) / sum(whole)
    if text.judge:
        between = [sentence for way in ways for sentence in way[1:-1]]
        found["path_perplexity"] = perplexity(text.odd(between), between)
        most = _FLUENT * statistics.median(perplexities(text.nll, text.sentences))
        fluent = [sum(p <= most for p in perplexities(text.odd(steps), steps)) for steps in map(_different, ways)]
        found["fluent_steps"] = float(statistics.median(fluent))
    return found


def _different(way: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(way))
