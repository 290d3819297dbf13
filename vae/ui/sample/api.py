"""The endpoint of the Sample tab, and the checked call behind it and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vae.serving.visitors.session import Session
from vae.serving.visitors.validation import number, sentence, whole

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint
    from vae.model.text_model import Point


MAX_NUMBER = 50
MAX_SEED = 2**31 - 1


def sample(
    session: Session,
    number: int = 8,
    temperature: float = 0.7,
    top_p: float = 1.0,
    greedy: bool = False,
    start: str = "",
    near: bool = False,
    seed: int = 1,
) -> list[dict[str, object]]:
    """New sentences of the model in use, from points drawn at random.

    Args:
        token: of /start.
        number: how many, 1 to 50.
        temperature: variety in the choice of words, 0 to 2; 0 says the likeliest.
        top_p: choose among the likeliest words that hold this share of probability, 0.05 to 1.
        greedy: always take the likeliest word, whatever the temperature.
        start: every sentence begins with it; at most `vae.text.corpus.MAX_CHARACTERS` characters.
        near: draw the points around the code of `start` instead of anywhere.
        seed: the same seed gives the same sentences.
    Returns:
        For each {"text", "z", "new"}; new is false when the sentence is among those that the model learned from, null
        when it learned from too many to tell.
    """
    model = session.checkpoint()
    points = checked_sample(model, number, temperature, top_p, greedy, start, near, seed)
    return [{"text": p.text, "z": list(p.z), "new": model.is_new(p.text)} for p in points]


def checked_sample(
    model: Checkpoint,
    n: object,
    temperature: object,
    top_p: object,
    greedy: object,
    start: object,
    near: object,
    seed: object,
) -> list[Point]:
    """The checked call behind the page and the endpoint. Raises RefusedError naming what is wrong."""
    count = whole(n, "How many", 1, MAX_NUMBER)
    heat = number(temperature, "Variety", 0, 2)
    share = number(top_p, "Likely words only", 0.05, 1)
    begin = sentence(start, "The start", needed=False)
    repeat = whole(seed, "Seed", 0, MAX_SEED)

    from vae.model import text_model

    return text_model.sample(
        model.text_model, count, temperature=0.0 if greedy is True else heat, top_p=share, start=begin,
        from_start=near is True, seed=repeat,
    )  # fmt: skip
