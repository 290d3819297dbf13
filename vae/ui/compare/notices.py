"""What else to notice in a comparison: what models lack, how they repeat themselves, what their training took."""

from __future__ import annotations

from collections.abc import Sequence

from vae.config.families import FAMILIES
from vae.evaluation import certainty
from vae.evaluation.evaluation import Evaluation
from vae.messages.durations import duration
from vae.ui.compare.summary import Told, upper

DULL = 0.7  # of the real text's perplexity: samples far below it play safe
VARIED = 0.9  # share of different samples under which repetition is worth a word
UNEVEN = 1.3  # times: trainings no further apart took the same


def lacks(known: Evaluation) -> str:
    """What the family of a model has no way to do."""
    return FAMILIES[known.family].limitation


def notices(columns: Sequence[Told]) -> list[str]:
    """What to notice beside who is best, one thought a sentence or two."""
    said = []
    if not certainty.too_few(columns[0].known):
        said += [*_samples(columns), *_bound(columns)]
    said += [
        f"{column.known.verdict} (That is {column.name}.)" for column in columns if column.known.level == "collapsed"
    ]
    said += dict.fromkeys(text for column in columns if (text := lacks(column.known)))
    return [*said, *_time(columns)]


def _bound(columns: Sequence[Told]) -> list[str]:
    measured = [FAMILIES[column.family] for column in columns if column.known.perplexity is not None]
    if not any(family.has_latent_space for family in measured) or all(family.has_latent_space for family in measured):
        return []
    return ["With a latent space, perplexity is an upper bound: more draws would lower it."]


def _samples(columns: Sequence[Told]) -> list[str]:
    said = []
    for column in columns:
        ratio = None if certainty.judge_learned_little(column.known) else column.known.sample_perplexity_ratio
        if ratio is not None and ratio < DULL:
            said.append(
                f"{upper(column.name)} says what the judge finds far likelier than real text: fluent, but perhaps dull."
            )
        if column.known.sample_distinct < VARIED:
            share = column.known.sample_distinct
            said.append(f"{upper(column.name)} repeats itself: only {share:.0%} of its samples differ.")
    return said


def _time(columns: Sequence[Told]) -> list[str]:
    told = sorted((c.seconds, c.name) for c in columns if c.seconds)
    if len(told) < 2 or told[-1][0] < UNEVEN * told[0][0]:
        return []
    return [upper(f"{told[-1][1]} took {duration(told[-1][0])} to train, {told[0][1]} {duration(told[0][0])}.")]
