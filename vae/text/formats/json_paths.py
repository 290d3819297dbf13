"""The places in nested JSON where texts stand: `messages[].content`, `translation.en`, `rows[].row.text`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from vae.text.formats.chat_notes import is_service_message
from vae.text.formats.json_values import is_in_pieces, scalar
from vae.text.records import MAX_COLUMNS, SAMPLE_ROWS, Record, clean_label
from vae.text.report import CHAT_NOTE, NO_TEXT

EACH = None  # the step of a path to every item of an array
Path = tuple[str | None, ...]
_MAX_DEPTH = 24  # steps of a path
_MAX_VISITED = 300_000  # values looked at to find the paths
_MANY = 20  # keys of an object that are no names, but one of each of its items


def find_paths(value: Any) -> dict[Path, list[str]]:
    """The places that strings and numbers stand at, those near the root first, each with its first texts."""
    found: dict[Path, list[str]] = {}
    queue: deque[tuple[Path, Any]] = deque([((), value)])
    visited = 0
    while queue and visited < _MAX_VISITED:
        path, value = queue.popleft()
        visited += 1
        if isinstance(value, list) and not is_in_pieces(value):
            queue.extend(((*path, EACH), item) for item in _sample(value, path) if not is_service_message(item))
        elif isinstance(value, dict):
            if is_map(value, path):
                queue.extend(((*path, EACH), item) for item in _sample(list(value.values()), path))
            elif len(path) < _MAX_DEPTH:
                queue.extend(((*path, key), item) for key, item in islice(value.items(), MAX_COLUMNS))
        elif (text := scalar(value)) is not None and (path in found or len(found) < MAX_COLUMNS):
            texts = found.setdefault(path, [])
            if len(texts) < SAMPLE_ROWS and text.strip():
                texts.append(text)
    return found


def every_text(value: Any) -> Iterator[str]:
    """All strings in a value that has no arrays, in their order."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend(reversed(value.values()))
        elif isinstance(value, str):
            yield value


def _sample(items: Sequence[Any], path: Path) -> Iterable[Any]:
    return items[:SAMPLE_ROWS] if len(path) < _MAX_DEPTH else ()


def is_map(value: dict[str, Any], path: Path) -> bool:
    """Whether the keys of an object are no names of columns: numbers, or one of each of many items."""
    if len(value) >= 2 and all(key.isdigit() for key in islice(value, 50)):
        return True
    if len(value) < _MANY:
        return False
    first = next(iter(value.values()))
    if isinstance(first, dict):
        return all(isinstance(item, dict) and not first.keys().isdisjoint(item) for item in value.values())
    if isinstance(first, list):
        return all(isinstance(item, list) for item in value.values())
    return EACH not in path and all(isinstance(item, str) for item in value.values())


def records(value: Any, path: Path, label: Path | None) -> Iterator[Record]:
    """The texts at a path, each with the label that is nearest to it: the one of the same item."""
    if label is None:
        yield from (_record(cell, "") for cell in walk(value, path))
        return
    common = 0
    while common < min(len(path), len(label)) and path[common] == label[common]:
        common += 1
    for item in walk_to(value, path[:common]):
        of_item = clean_label(next((text for text in walk(item, label[common:]) if isinstance(text, str)), ""))
        yield from (_record(cell, of_item) for cell in walk(item, path[common:]))


def _record(cell: str | Missing, label: str) -> Record:
    return Record(cell.reason, "") if isinstance(cell, Missing) else Record("", cell, label)


class Missing:
    """What stands for a text where there is none, and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def walk(value: Any, path: Path) -> Iterator[str | Missing]:
    """The texts at a path; one `Missing` for each item that has none there."""
    for found in walk_to(value, path):
        if isinstance(found, Missing):
            yield found
        else:
            text = scalar(found)
            yield Missing(NO_TEXT) if text is None else text


def walk_to(value: Any, path: Path) -> Iterator[Any]:
    """The values at a path; one `Missing` for each item in which it breaks off."""
    for index, step in enumerate(path):
        if step is EACH:
            items = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
            if items is None:
                break
            for item in items:
                if is_service_message(item):
                    yield Missing(CHAT_NOTE)
                else:
                    yield from walk_to(item, path[index + 1 :])
            return
        if not isinstance(value, dict) or step not in value:
            break
        value = value[step]
    else:
        yield value
        return
    yield value if isinstance(value, Missing) else Missing(NO_TEXT)


def name_of(path: Path) -> str:
    """`rows[].row.text`; the array at the root of a file is not named."""
    name = "".join("[]" if step is EACH else f".{step}" for step in path)
    return name.removeprefix("[]").removeprefix(".") or "value"
