"""The figures of what lies between two sentences, and of the ends themselves."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from vae.evaluation.judge import perplexity
from vae.evaluation.reference import Reference, Report
from vae.messages.message import Message
from vae.metrics import text_scores
from vae.metrics.bootstrap import Interval, interval
from vae.model import interpolation, text_model
from vae.model.text_model import TextModel

_ENDS = 500  # sentences whose codes are searched for
_PAIRS, _MIDDLES = 100, 200  # paths that are measured whole, and those whose middles are looked at
_DRAWS = 500  # samples among which the commonest is looked for


def measure_ends(tm: TextModel, reference: Reference, report: Report) -> tuple[dict[str, Any], dict[str, Interval]]:
    """How many of some sentences the model says word for word, from their means and from codes found by search."""
    figures: dict[str, Any] = {"ends_sentences": 0, "ends_exact": None, "ends_exact_refined": None}
    if not tm.latent:
        return figures, {}
    report(Message("evaluation.ends"))
    sentences = [" ".join(sentence.split()) for sentence in reference.subset[:_ENDS]]
    codes, intervals = text_model.find_codes(tm, sentences), {}
    figures["ends_sentences"] = len(sentences)
    for name, z in (("ends_exact", codes.mu), ("ends_exact_refined", codes.z)):
        exact = [float(a == b) for a, b in zip(text_model.decode(tm, z), sentences, strict=True)]
        figures[name], intervals[name] = statistics.fmean(exact), interval(exact, statistics.fmean, reference.seed)
    return figures, intervals


def measure_paths(
    tm: TextModel, samples: Sequence[str], reference: Reference, report: Report
) -> tuple[dict[str, Any], dict[str, Interval]]:
    """What is said on the paths between random pairs of sentences.

    Args:
        samples: what the model says at random, among which an attractor shows as well.
    """
    names = ("path_different", "path_fluent", "path_jump", "path_perplexity", "attractor_share")
    figures: dict[str, Any] = {"path_pairs": 0, **dict.fromkeys(names)}
    pairs = _random_pairs(reference)
    if not tm.latent or not pairs:
        return figures, {}
    report(Message("evaluation.interpolations", pairs=len(pairs[:_PAIRS])))
    paths = [[stop.text for stop in path] for path in interpolation.find_paths(tm, pairs[:_PAIRS])]
    middles = interpolation.middles(tm, pairs)
    different = [float(len(path)) for path in paths]
    jumps = [max((text_scores.words_apart(a, b) for a, b in pairwise(path)), default=0) for path in paths]
    figures |= {
        "path_pairs": len(paths),
        "path_different": statistics.median(different),
        "path_jump": statistics.fmean(jumps),
        "attractor_share": max(_commonest(middles), _commonest(samples[:_DRAWS])),
    }
    intervals = {
        "path_different": interval(different, statistics.median, reference.seed),
        "path_jump": interval([float(jump) for jump in jumps], statistics.fmean, reference.seed),
    }
    if reference.judge:
        fluent = [float(reference.fluent(path)) for path in paths]
        figures["path_fluent"] = statistics.median(fluent)
        intervals["path_fluent"] = interval(fluent, statistics.median, reference.seed)
        if between := [sentence for path in paths for sentence in path[1:-1]]:
            figures["path_perplexity"] = perplexity(reference.judge_nll(between), between)
    return figures, intervals


def _random_pairs(reference: Reference) -> list[tuple[str, str]]:
    """Different pairs of different sentences, as many as there are if they are few."""
    candidates = sorted({sentence for sentence in reference.sentences if sentence.strip()})
    if len(candidates) * (len(candidates) - 1) <= _MIDDLES:
        return [(a, b) for a in candidates for b in candidates if a != b]
    rng = random.Random(reference.seed)
    pairs: dict[tuple[str, str], None] = {}
    while len(pairs) < _MIDDLES:
        a, b = rng.sample(candidates, 2)
        pairs[a, b] = None
    return list(pairs)


def _commonest(sentences: Sequence[str]) -> float:
    """The share of the most frequent one."""
    return Counter(sentences).most_common(1)[0][1] / len(sentences)
