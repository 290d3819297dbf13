"""The words of every message, by language and key. A language is a file: locales/xx.json.

An entry is a text with its values in braces, or two of them: "one" for a `count` of 1, "other" for all else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

LOCALES = Path(__file__).with_name("locales")
ENGLISH = "en"
Entry = str | dict[str, str]


@lru_cache(maxsize=16)
def entries(language: str = ENGLISH) -> Mapping[str, Entry]:
    """All entries of a language, by key. Raises OSError: there is none."""
    found: dict[str, Entry] = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    return found


def knows(key: str) -> bool:
    """Whether there are words for a key."""
    return key in entries()


def named_in(script: str) -> dict[str, Entry]:
    """The entries whose keys stand in quotation marks in a script of ours, which says them itself."""
    return {key: entry for key, entry in entries().items() if "." in key and f'"{key}"' in script}


def words(key: str, values: Mapping[str, Any], language: str = ENGLISH) -> str:
    """A message in words. Values that are messages themselves are told in the same language.

    Raises:
        KeyError: there is no such key, or a value is missing.
    """
    entry = entries(language)[key]
    if isinstance(entry, dict):
        entry = entry["one" if values.get("count") == 1 else "other"]
    parts = {name: words(one.key, one.values, language) if hasattr(one, "key") else one for name, one in values.items()}
    return entry.format(**parts)
