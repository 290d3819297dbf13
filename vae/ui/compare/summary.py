"""A comparison in a few sentences: which model is best at what, by which figures, and what cannot be told from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vae.config.families import FAMILIES
from vae.evaluation import certainty
from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES, Figure
from vae.ui.compare.tables import told, told_range

HELD_OUT = 20  # one of so many sentences is held out
FEW = 100  # sentences: with fewer, only large differences are told
LEAST, MOST = 2, 3  # sentences


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A model as the text speaks of it: its name, its figures, and the seconds that its training took if known."""

    title: str
    family: str
    known: Evaluation
    seconds: float | None = None

    @property
    def name(self) -> str:
        return called(self.title)


@dataclass(frozen=True, slots=True)
class Topic:
    """What models can be better at than others: a figure, and the words for one that is best, for several that are
    alike, for none that is any good, and for the value."""

    figure: str
    one: str
    alike: str
    none: str
    value: str


TOPICS = (
    Topic("perplexity", "finds sentences it has never seen likeliest", "find unseen sentences about equally likely",
          "None of them finds unseen sentences likely", "perplexity {}"),
    Topic("token_accuracy", "gives most of a sentence back", "give about as much of a sentence back",
          "Next to nothing of a sentence comes back", "{} of its words in place"),
    Topic("sample_perplexity_ratio", "says the most natural sentences", "say about equally natural sentences",
          "None of them says natural sentences", "{} times as odd as real text"),
    Topic("path_different", "takes the most steps from one sentence to another", "take about as many steps from one "
          "sentence to another", "None of them finds a way between two sentences", "{} different sentences on a path"),
)  # fmt: skip


def called(title: str) -> str:
    """A model in the middle of a sentence: "the language model", or its own name in quotes."""
    kinds = {kind.title for kind in FAMILIES.values()}
    return f"the {title.lower()}" if title.rstrip(" 1234") in kinds else f"“{title}”"


def sentences(models: Sequence[Told]) -> list[str]:
    """Who is best at what, two or three sentences; none where nothing can be told."""
    ranked, alone = [], []
    for topic in TOPICS:
        able = _able(topic, models)
        if len(able) > 1:
            ranked.append(_ranked(topic, able))
        elif able:
            alone.append(f"{upper(able[0].name)}: {_values(topic, able)}, and no other model to compare it with.")
    return ranked[:MOST] if len(ranked) >= LEAST else (ranked + alone)[:LEAST]


def cautions(models: Sequence[Told], judge: str = "") -> list[str]:
    """What cannot be told, and why: of the text, of the judge (how it is called), of single models."""
    known = models[0].known
    if certainty.too_few(known):
        count = "1 sentence was" if known.sentences == 1 else f"{known.sentences} sentences were"
        return [
            f"Nothing can be told: only {count} held out to measure on, so the figures are chance. Nothing is called "
            f"best, and no bars are drawn. One sentence in {HELD_OUT} is held out: a text of "
            f"{HELD_OUT * certainty.FEW} gives enough."
        ]
    said = [f"{upper(model.name)} has learned too little to compare: {_little(model.known)}." for model in models
            if certainty.learned_little(model.known)]  # fmt: skip
    judged = next((model.known for model in models if model.known.real_perplexity is not None), known)
    if certainty.judge_learned_little(judged):
        who = f"The judge, {judge}, has" if judge else "The judge has"
        said.append(f"{who} learned too little to judge: how natural the samples are cannot be told.")
    if known.sentences < FEW:
        said.append(f"Only {known.sentences} sentences were held out to measure on: small differences may be chance.")
    return said


def _little(known: Evaluation) -> str:
    """Why a model is said to have learned too little."""
    if known.bits_per_character is not None and known.bits_per_character >= certainty.LITTLE * known.letter_bits:
        return (
            f"{known.bits_per_character:.1f} bits a character, where guessing letter by letter takes "
            f"{known.letter_bits:.1f}"
        )
    if certainty.past_vocabulary(known, known.perplexity):
        return f"it does no better than a blind guess among the {known.vocabulary:,} words of the text"
    if certainty.says_anything(known):
        return "what it says is no likelier, to the judge, than words picked at random"
    return f"only {known.shared_words:.0%} of the words that it says are words of the text"


def _able(topic: Topic, models: Sequence[Told]) -> list[Told]:
    """Those that have a figure which says something, the best first."""
    figure = FIGURES[topic.figure]
    values = {model: getattr(model.known, figure.name) for model in models if certainty.told_by(figure, model.known)}
    able = {model: value for model, value in values.items() if value is not None}
    return sorted(able, key=lambda model: able[model], reverse=figure.better == "higher")


def _ranked(topic: Topic, able: Sequence[Told]) -> str:
    """What is to be said of several models, the best first."""
    figure = FIGURES[topic.figure]
    if all(certainty.is_poor(figure, model.known) for model in able):
        return f"{topic.none}: {_values(topic, able, named=True)}."
    places = certainty.leaders(figure, [model.known for model in able])
    best = [able[place] for place in sorted(places)]
    if not best:
        return f"{upper(listed([model.name for model in able]))} {topic.alike}: {_values(topic, able)}."
    others = listed([f"{_value(figure, model)} for {model.name}" for model in able if model not in best])
    if len(best) == 1:
        return f"{upper(best[0].name)} {topic.one}: {_values(topic, best)}, against {others}."
    names = listed([model.name for model in best])
    return f"{upper(names)} are ahead, too close to tell apart: {_values(topic, best)}, against {others}."


def _values(topic: Topic, models: Sequence[Told], *, named: bool = False) -> str:
    """Values with their intervals, of which the first says what it is."""
    figure = FIGURES[topic.figure]
    texts = [_value(figure, models[0], topic.value), *(_value(figure, model) for model in models[1:])]
    return listed([f"{text} for {model.name}" if named else text for text, model in zip(texts, models, strict=True)])


def _value(figure: Figure, model: Told, words: str = "{}") -> str:
    text, ends = words.format(told(figure, getattr(model.known, figure.name))), told_range(figure, model.known)
    return f"{text} ({ends})" if ends else text


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def upper(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]
