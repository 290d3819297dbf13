"""The endpoint of the Sample tab, and the checked call behind it and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vae.messages.message import Message
from vae.serving.visitors.session import Session
from vae.serving.visitors.validation import choice, number, sentence, whole

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint
    from vae.model.text_model import Point


MAX_NUMBER = 50
MAX_SEED = 2**31 - 1


PLACES = {"text": "fitted", "bell": "normal"}
_NARROW, _HOT = 0.5, 1.4  # spread of z at no Variety; temperature at all of it, where there is no z


def sample(
    session: Session,
    number: int = 8,
    variety: float = 0.5,
    top_p: float = 1.0,
    start: str = "",
    near: bool = False,
    places: str = "text",
    seed: int = 1,
) -> list[dict[str, object]]:
    """New sentences of the model in use, from points drawn at random: all different, if it has so many to say.

    Args:
        token: of /start.
        number: how many, 1 to 50.
        variety: from 0 to 1; up to the middle of the points that are drawn, from there on of the choice of words, too.
        top_p: choose among the likeliest words that hold this share of probability, 0.05 to 1.
        start: every sentence begins with it, and behind a blank at its end with a new word; at most
            `vae.text.corpus.MAX_CHARACTERS` characters, and no words that the model has never seen.
        near: draw the points around the code of `start` instead of anywhere.
        places: draw them "text", where the sentences of its text lie, or "bell", from the bell curve N(0, I).
        seed: the same seed gives the same sentences.
    Returns:
        For each {"text", "z", "new"}; new is false when the sentence is among those that the model learned from, null
        when it learned from too many to tell.
    """
    model = session.checkpoint()
    points = checked_sample(model, number, variety, top_p, start, near, places, seed)
    return [{"text": p.text, "z": list(p.z), "new": model.is_new(p.text)} for p in points]


def checked_sample(
    model: Checkpoint,
    n: object,
    variety: object,
    top_p: object,
    start: object,
    near: object,
    places: object,
    seed: object,
) -> list[Point]:
    """The checked call behind the page and the endpoint. Raises RefusedError naming what is wrong."""
    count = whole(n, "How many", 1, MAX_NUMBER)
    spread, temperature = _chances(number(variety, "Variety", 0, 1), bool(model.text_model.latent))
    share = number(top_p, "Likely words only", 0.05, 1)
    begin = sentence(start, "The start", needed=False)
    if begin and str(start)[-1].isspace():
        begin += " "
    prior = PLACES[choice(places, "Places", tuple(PLACES))]
    repeat = whole(seed, "Seed", 0, MAX_SEED)

    from vae.model import text_model

    return text_model.sample(
        model.text_model, count, temperature=temperature, top_p=share, start=begin, from_start=near is True,
        prior=prior, spread=spread, distinct=True, made_up=prior == "normal", seed=repeat,
    )  # fmt: skip


def strange_start(model: Checkpoint, start: str) -> str:
    """What is said of a start with words that the model hardly knows; nothing where it knows all."""
    from vae.model import readability

    (unread,) = readability.unread_words(model.text_model, [(start, "")])
    return str(Message("ui.sample.strange_start", words=readability.listed(unread.words))) if unread.words else ""


def _chances(variety: float, has_space: bool) -> tuple[float, float]:
    """The spread of z and the temperature of the words: chance has z first, and words past the middle only.

    Without a latent space all is left to the words.
    """
    if not has_space:
        return 1.0, _HOT * variety
    return min(1.0, _NARROW + 2 * (1 - _NARROW) * variety), max(0.0, 2 * variety - 1)
