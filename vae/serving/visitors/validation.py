"""Values from outside, checked: every field of a request arrives unproven, whatever the page allows."""

from __future__ import annotations

import math

from vae.messages.message import Message
from vae.serving.visitors.session import RefusedError
from vae.text.corpus import MAX_CHARACTERS


def whole(value: object, name: str, low: int, high: int) -> int:
    """`value` as a whole number in [low, high]. Raises RefusedError."""
    found = number(value, name, low, high)
    if found != int(found):
        raise RefusedError(Message("serving.not_whole", name=name, value=found, low=low, high=high))
    return int(found)


def number(value: object, name: str, low: float, high: float) -> float:
    """`value` as a finite number in [low, high]. Raises RefusedError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise RefusedError(Message("serving.not_number", name=name, low=low, high=high))
    if not low <= value <= high:
        raise RefusedError(Message("serving.out_of_range", name=name, value=value, low=low, high=high))
    return float(value)


def choice(value: object, name: str, choices: tuple[str, ...]) -> str:
    """`value`, when it is one of `choices`. Raises RefusedError."""
    if not isinstance(value, str) or value not in choices:
        raise RefusedError(Message("serving.not_a_choice", name=name, choices=", ".join(choices)))
    return value


def sentence(value: object, name: str, *, needed: bool = True) -> str:
    """`value` as one sentence with its white space evened out. Raises RefusedError when it is missing or too long."""
    if not isinstance(value, str):
        raise RefusedError(Message("serving.not_text", name=name))
    text = " ".join(value.split())
    if needed and not text:
        raise RefusedError(Message("serving.sentence_empty", name=name))
    if len(text) > MAX_CHARACTERS:
        raise RefusedError(Message("serving.sentence_too_long", name=name, length=len(text), most=MAX_CHARACTERS))
    return text
