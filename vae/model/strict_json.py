"""JSON from strangers, as strict as the standard is."""

from __future__ import annotations

import json
from typing import Any

from vae.messages.message import Message, UserError


def json_object(text: str) -> dict[str, Any]:
    """The object that a text holds.

    Raises:
        ValueError: all else, and NaN, infinities, huge integers, deep nesting, a duplicate name.
    """

    def no_constant(name: str) -> None:
        raise UserError(Message("model.constant_is_no_json", name=name))

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise UserError(Message("model.name_occurs_twice"))
        return dict(pairs)

    try:
        value = json.loads(text, parse_constant=no_constant, object_pairs_hook=unique)
    except RecursionError as error:
        raise UserError(Message("model.nested_too_deeply")) from error
    if not isinstance(value, dict):
        raise UserError(Message("model.no_object"))
    return value
