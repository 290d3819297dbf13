"""Values from outside, checked: every field of a request arrives unproven, whatever the page allows."""

from __future__ import annotations

import math

from vae.serving.visitors.session import RefusedError
from vae.text.corpus import MAX_CHARACTERS


def whole(value: object, name: str, low: int, high: int) -> int:
    """`value` as a whole number in [low, high]. Raises RefusedError."""
    number_ = number(value, name, low, high)
    if number_ != int(number_):
        raise RefusedError(f"{name} is {number_}: it must be a whole number from {low} to {high}.")
    return int(number_)


def number(value: object, name: str, low: float, high: float) -> float:
    """`value` as a finite number in [low, high]. Raises RefusedError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise RefusedError(f"{name} must be a number from {low:g} to {high:g}.")
    if not low <= value <= high:
        raise RefusedError(f"{name} is {value:g}: it must lie between {low:g} and {high:g}.")
    return float(value)


def choice(value: object, name: str, choices: tuple[str, ...]) -> str:
    """`value`, when it is one of `choices`. Raises RefusedError."""
    if not isinstance(value, str) or value not in choices:
        raise RefusedError(f"{name} must be one of: {', '.join(choices)}.")
    return value


def sentence(value: object, name: str, *, needed: bool = True) -> str:
    """`value` as one sentence with its white space evened out. Raises RefusedError when it is missing or too long."""
    if not isinstance(value, str):
        raise RefusedError(f"{name} must be text.")
    text = " ".join(value.split())
    if needed and not text:
        raise RefusedError(f"{name} is empty. Type a sentence, or take two others.")
    if len(text) > MAX_CHARACTERS:
        raise RefusedError(f"{name} has {len(text)} characters. Shorten it to {MAX_CHARACTERS}.")
    return text
