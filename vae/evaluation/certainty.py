"""What the figures of an evaluation are sure enough to tell: of which text, by which judge, of which model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import Figure
from vae.metrics.bootstrap import Interval

FEW = 20  # sentences: with fewer, a share of them is known to within a fifth at best
LITTLE = 0.7  # of the bits of guessing letter by letter: a model that needs more has learned next to no words
OWN_WORDS = 0.5  # of the real text's share of known words: samples with fewer are no words of the text
SOME = 0.1  # of the way from poor to good: nearer to the poor end nobody is good at anything
SPACED = 3.0  # words a sentence, its end mark counted: with fewer, the script sets no spaces
PERPLEXITIES = ("perplexity", "forward_perplexity", "reverse_perplexity", "path_perplexity")


def too_few(known: Evaluation) -> bool:
    """Whether the sentences are too few to tell anything from."""
    return known.sentences < FEW


def past_vocabulary(known: Evaluation, perplexity: float | None) -> bool:
    """Whether a perplexity a word is that of a blind guess among the words of the text, or worse."""
    spaced = known.words >= SPACED * known.sentences
    return perplexity is not None and spaced and not perplexity < known.vocabulary


def learned_little(known: Evaluation) -> bool:
    """Whether a model has learned too little of the text to be compared: what it finds likely is hardly better than a
    guess, the words that it says are none of the text's, or the judge finds them no likelier than words at random."""
    return (
        _guesses(known, known.bits_per_character, known.perplexity)
        or known.shared_words < OWN_WORDS * known.real_shared_words
        or says_anything(known)
    )


def says_anything(known: Evaluation) -> bool:
    """Whether a judge that has learned enough finds a model's samples no likelier than words at random."""
    return not judge_learned_little(known) and past_vocabulary(known, known.forward_perplexity)


def judge_learned_little(known: Evaluation) -> bool:
    """Whether there is a judge, and it has learned too little to judge."""
    return _guesses(known, known.real_bits_per_character, known.real_perplexity)


def _guesses(known: Evaluation, bits: float | None, perplexity: float | None) -> bool:
    return (bits is not None and not bits < LITTLE * known.letter_bits) or past_vocabulary(known, perplexity)


def takes_the_judge(figure: Figure) -> bool:
    """Whether it is the judge's word that makes a figure, or the ends of its bar."""
    return figure.takes == "judge" or figure.against in ("real_perplexity", "real_bits_per_character", "real_nll")


def told_by(figure: Figure, known: Evaluation) -> bool:
    """Whether a figure of a model says how good it is."""
    by_judge = takes_the_judge(figure) and judge_learned_little(known)
    return not (too_few(known) or learned_little(known) or by_judge)


def bounds(figure: Figure, known: Evaluation) -> Interval | None:
    """Between which a figure lies, 19 times in 20, or about that: where it was not measured, 1/sqrt(n) of its value on
    either side for n sentences, or of 1 if it is a share. None if there is no figure."""
    value = getattr(known, figure.name)
    if value is None or not math.isfinite(value):
        return None
    if figure.name in known.intervals:
        return known.intervals[figure.name]
    sentences = known.drawn if figure.group == "samples" else known.sentences
    margin = (1.0 if figure.unit == "share" else abs(value)) / math.sqrt(max(1, sentences))
    return value - margin, value + margin


def is_poor(figure: Figure, known: Evaluation) -> bool:
    """Whether a figure is next to the poor end of its bar."""
    share = figure.share(asdict(known))
    return share is not None and share < SOME


def leaders(figure: Figure, models: Sequence[Evaluation]) -> set[int]:
    """The places of those that are best at a figure: of which none is surely better, while another is surely worse.

    Past the good end of the bar nothing is gained. Nobody is best where all are poor, or nothing can be told.
    """
    ranges: dict[int, Interval] = {}  # of what can be compared, more being better
    for place, known in enumerate(models):
        ends, bar = bounds(figure, known), figure.bounds(asdict(known))
        if not figure.better or ends is None or not told_by(figure, known):
            continue
        low, high = ends if figure.better == "higher" else (-ends[1], -ends[0])
        most = math.inf if bar is None else bar[0] if figure.better == "higher" else -bar[0]
        ranges[place] = min(low, most), min(high, most)
    good = [place for place in ranges if not is_poor(figure, models[place])]
    surely = max((ranges[place][0] for place in good), default=math.inf)
    best = {place for place in good if ranges[place][1] >= surely}
    return best if ranges.keys() - best else set()
