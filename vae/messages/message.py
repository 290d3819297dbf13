"""What is said to a person, as a value: a key of the catalog and what goes into its words.

Whoever has to decide by what was said looks at the key, never at the words, which come in every language.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vae.messages import catalog


class Message:
    """A sentence or two for a person; `str()` says it in plain English. Equal when key and values are.

    Args:
        key: of the catalog.
        values: what goes into the words: numbers, texts, or other messages. With a `count`, the words of one and of
            several may differ.
    """

    __slots__ = ("key", "values")

    def __init__(self, key: str, /, **values: Any) -> None:
        self.key = key
        self.values: Mapping[str, Any] = values

    def __str__(self) -> str:
        return catalog.words(self.key, self.values)

    def __repr__(self) -> str:
        return f"Message({self.key!r}, {dict(self.values)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.key, self.values) == (other.key, other.values)

    def __hash__(self) -> int:
        return hash(self.key)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.key, dict(self.values))

    def to_json(self) -> str:
        """As one line for a file or a record; `from_json` gives an equal one back."""
        return json.dumps(_plain(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Message:
        """The message that `to_json` wrote; any other text, such as older versions kept, says just itself."""
        try:
            message = _from_plain(json.loads(text))
            str(message)  # that it has all that its words need
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return cls("text", text=text)
        return message


class UserError(ValueError):
    """What a person asked for cannot be done. `message` says what is wrong and what to do; `str()` in plain English.

    It travels between processes with its type and its message. A plain text stands for a message of no key.
    """

    def __init__(self, message: Message | str) -> None:
        self.message = Message("text", text=message) if isinstance(message, str) else message
        super().__init__(str(self.message))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message,)


def _again(key: str, values: dict[str, Any]) -> Message:
    return Message(key, **values)


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return {"key": value.key, "values": {name: _plain(one) for name, one in value.values.items()}}
    return value


def _from_plain(value: Any) -> Message:
    values = {name: _from_plain(one) if isinstance(one, dict) else one for name, one in value["values"].items()}
    if not isinstance(value["key"], str) or not catalog.knows(value["key"]):
        raise KeyError(value["key"])
    return Message(value["key"], **values)
