"""Sentences to begin with that lie in the world of the model in use, and where they come from."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from vae.config.families import FAMILIES
from vae.messages.message import Message
from vae.serving.visitors.session import BUNDLED, RefusedError, Session
from vae.text.examples import middling, pairs

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint
    from vae.text.corpus import Corpus

BUNDLED_PAIRS = (
    ("I have never seen such a beautiful lake.", "We should leave before it gets dark."),
    ("She likes to read in the garden.", "He was too tired to go out last night."),
    ("Where did you buy that red bicycle?", "I don't know what time the train leaves."),
    ("My brother is afraid of the neighbor's dog.", "Nobody believed the story she told us."),
    ("Please close the window before you go.", "It has been raining since this morning."),
    ("They want to learn how to swim.", "The old man sold his house by the sea."),
    ("I hope that you will come to the party.", "You can't park your car in front of the school."),
    ("The baby slept through the whole film.", "Tell me why you are so late today."),
    ("Do you want another cup of tea?", "We lost our way in the forest."),
    ("Tom forgot to bring his umbrella.", "There is nothing interesting on television tonight."),
)
BUNDLED_START = "I would like"
_START_WORDS = 2
_KEPT = 5  # pairs that a page is given
_LOOKED_AT = 20  # training sentences of a text by which a model knows it again


class Pair(NamedTuple):
    """Two sentences; `source` says where they come from, unless they are those of the bundled model."""

    first: str
    second: str
    source: Message | None


def two_sentences(session: Session, which: int | None = None) -> Pair:
    """Two sentences that suit the model in use.

    Of a model that learned from the visitor's text, sentences of that text, held out if there are two; of any other
    model of theirs, sentences that it says itself.

    Args:
        which: the same number gives the same two; None: any two.
    Raises:
        RefusedError: there is no model, or it has collapsed and has no two sentences to say.
        CheckpointError: the model is damaged.
    """
    chance, model = random.Random(which), session.model()
    if model.id == BUNDLED or not FAMILIES[model.family].has_latent_space:
        return Pair(*(chance.choice(BUNDLED_PAIRS) if which is None else BUNDLED_PAIRS[which]), None)
    checkpoint, text = session.checkpoint(), session.corpus
    if text is not None and (known := _own_sentences(checkpoint, text)):
        held_out = [sentence for sentence in known if checkpoint.is_new(sentence)]
        key = "serving.examples_held_out" if len(held_out) > 1 else "serving.examples_of_text"
        first, second = chance.sample(middling(held_out if len(held_out) > 1 else known), 2)
        return Pair(first, second, Message(key, text=text.name))

    from vae.model import text_model

    samples = text_model.sample(checkpoint.text_model, 8, made_up=False, seed=chance.randrange(2**31))
    longest = sorted({point.text for point in samples if point.text}, key=len)[-2:]
    if len(longest) < 2:
        raise RefusedError(Message("ui.slide.collapsed"))
    return Pair(longest[0], longest[1], Message("serving.examples_sampled", model=model.name))


def start_of_sentence(session: Session) -> str:
    """A beginning that the model in use may go on from; nothing where none of its text is known."""
    if not session.models() or session.model().id == BUNDLED:
        return BUNDLED_START
    text = session.corpus
    known = _own_sentences(session.checkpoint(), text) if text else []
    return " ".join(known[0].split()[:_START_WORDS]) if known else ""


def pairs_of_text(session: Session) -> list[tuple[str, str]]:
    """A few pairs of sentences of the text that the model in use learned from; none where that text is not here."""
    if session.model().id == BUNDLED:
        return list(BUNDLED_PAIRS[:_KEPT])
    text = session.corpus
    return pairs(_own_sentences(session.checkpoint(), text), _KEPT, seed=1) if text else []


def _own_sentences(model: Checkpoint, text: Corpus) -> list[str]:
    """All sentences of a text, the held-out ones first, if the model has learned from it; else none."""
    train, held_out = text.split()
    if any(model.is_new(sentence) is not False for sentence in train[:_LOOKED_AT]):
        return []
    return [*held_out, *train]
