"""What to notice in a comparison: a few sentences made from its figures, which say no more than those show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vae.config.families import FAMILIES
from vae.evaluation.evaluation import Evaluation
from vae.messages.durations import duration

ENDLESS = 1_000_000  # a perplexity past it says no more than that
FEW = 100  # sentences: with fewer, small differences are chance
ALIKE = 1.03  # times: figures no further apart are called alike
SCARCE = 5.0  # BLEU under which nothing of a sentence is said to come back
DULL = 0.7  # of the real text's perplexity: samples far below it play safe
VARIED = 0.9  # share of different samples under which repetition is worth a word
LOST = 3.0  # bits a character of the real text, past which a judge has learned next to nothing
UNEVEN = 1.3  # times: trainings no further apart took the same


@dataclass(frozen=True, slots=True)
class Told:
    """A model as the text speaks of it: its name, its figures, and the seconds that its training took if known."""

    title: str
    family: str
    known: Evaluation
    seconds: float | None = None

    @property
    def name(self) -> str:
        return called(self.title)


def called(title: str) -> str:
    """A model in the middle of a sentence: "the language model", or its own name in quotes."""
    kinds = {kind.title for kind in FAMILIES.values()}
    return f"the {title.lower()}" if title.rstrip(" 1234") in kinds else f"“{title}”"


def lacks(known: Evaluation) -> str:
    """What the family of a model has no way to do."""
    return FAMILIES[known.family].limitation


def notices(columns: Sequence[Told]) -> list[str]:
    """What to notice, one thought a sentence or two."""
    said = [*_few(columns), *_density(columns), *_reconstruction(columns), *_samples(columns), *_ways(columns)]
    said += [
        f"{column.known.verdict} (That is {column.name}.)" for column in columns if column.known.level == "collapsed"
    ]
    said += dict.fromkeys(text for column in columns if (text := lacks(column.known)))
    return [*said, *_time(columns)]


def _few(columns: Sequence[Told]) -> list[str]:
    n = columns[0].known.sentences
    if n >= FEW:
        return []
    held_out = "1 sentence was" if n == 1 else f"{n} sentences were"
    return [f"Only {held_out} held out to measure on, so small differences may be chance."]


def _density(columns: Sequence[Told]) -> list[str]:
    told = sorted((c.known.perplexity, i) for i, c in enumerate(columns) if c.known.perplexity is not None)
    if len(told) < 2:
        return []
    (low, first), (high, _) = told[0], told[-1]
    names = [columns[place].name for _, place in told]
    if high < ALIKE * low:
        values = " to ".join(dict.fromkeys([_number(low), _number(high)]))
        return [_upper(f"{_list(names)} find the held-out sentences about equally likely: perplexity {values}.")]
    others = _list([f"{_number(value)} ({columns[place].name})" for value, place in told[1:]])
    text = f"{columns[first].name} finds the held-out sentences likeliest: perplexity {_number(low)}, against {others}."
    if any(FAMILIES[columns[place].family].has_latent_space for _, place in told[1:]):
        text += " With a latent space the figure is an upper bound: more draws would lower it."
    return [_upper(text)]


def _reconstruction(columns: Sequence[Told]) -> list[str]:
    told = [(c.known.reconstruction_bleu, c.name) for c in columns if c.known.reconstruction_bleu is not None]
    if not told:
        return []
    told.sort(reverse=True)
    best, name = told[0]
    if best < SCARCE:
        return [f"Next to nothing of a held-out sentence comes back: BLEU {best:.1f} of 100 at best."]
    if len(told) == 1:
        return [f"What comes back of a held-out sentence: BLEU {best:.1f} of 100."]
    if best < ALIKE * told[-1][0]:
        return [_upper(f"{_list([n for _, n in told])} give back about as much of a sentence: BLEU {best:.1f} of 100.")]
    others = _list([f"{value:.1f} ({other})" for value, other in told[1:]])
    rest = "the other" if len(told) == 2 else "the others"
    more = f"{name} gives more of a held-out sentence back than {rest}: BLEU {best:.1f} of 100, against {others}."
    return [_upper(more)]


def _samples(columns: Sequence[Told]) -> list[str]:
    said = []
    told = sorted((c.known.forward_perplexity, c.name) for c in columns if c.known.forward_perplexity is not None)
    real = next((c.known.real_perplexity for c in columns if c.known.real_perplexity is not None), None)
    bits = next((c.known.real_bits_per_character for c in columns if c.known.real_bits_per_character is not None), 0.0)
    if bits > LOST:
        said.append("The judge has learned too little to judge.")
    elif told and real is not None:
        values = _list([f"{_number(value)} ({name})" for value, name in told])
        text = f"To the judge the samples have a perplexity of {values}; real sentences have {_number(real)}."
        if told[0][0] < DULL * real:
            text += f" {_upper(told[0][1])} is far below that: fluent, but perhaps dull."
        said.append(text)
    same = [column for column in columns if column.known.sample_distinct < VARIED]
    said += [
        _upper(f"{c.name} repeats itself: only {c.known.sample_distinct:.0%} of its samples differ.") for c in same
    ]
    return said


def _ways(columns: Sequence[Told]) -> list[str]:
    told = [(c.known.path_different, c.name) for c in columns if c.known.path_different is not None]
    if not told:
        return []
    values = _list([f"{value:.0f} ({name})" for value, name in sorted(told, reverse=True)])
    return [f"Different sentences on a path between two, at the median: {values}."]


def _time(columns: Sequence[Told]) -> list[str]:
    told = sorted((c.seconds, c.name) for c in columns if c.seconds)
    if len(told) < 2 or told[-1][0] < UNEVEN * told[0][0]:
        return []
    return [_upper(f"{told[-1][1]} took {duration(told[-1][0])} to train, {told[0][1]} {duration(told[0][0])}.")]


def _number(value: float) -> str:
    return f"{value:,.1f}" if value < ENDLESS else f"over {ENDLESS:,}"


def _list(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
