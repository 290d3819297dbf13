"""The package's reference, from its docstrings: what each public name takes, gives and raises, with its example.

    python tests/reference.py

writes that part of docs/package.md anew; the test beside it says when that is due.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import vae
from vae.config.config import parameters

PAGE = ROOT / "docs" / "package.md"
NAMES = (  # in the order of a first visit, in which the examples build on each other
    "read_corpus", "Config", "PRESETS", "train", "load_model", "generate_text", "interpolate", "reconstruct",
    "evaluate", "compare",
)  # fmt: skip
_SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Source):(.*)$")
_ENTRY = re.compile(r"^ {4}(\w[\w, ]*)( \(.*?\))?: (.*)$")


def page() -> str:
    """The page as it has to be: what stands before the first of the names is written by hand."""
    by_hand = PAGE.read_text("utf-8").split(f"## {NAMES[0]}\n", 1)[0]
    made = "\n".join(line for name in NAMES for line in _described(name, getattr(vae, name)))
    return by_hand + re.sub(r"\n{3,}", "\n\n", made)


def _described(name: str, value: Any) -> Iterator[str]:
    yield from (f"## {name}", "")
    if name == "PRESETS":
        yield from ("Ready choices by name; `PRESETS[name].config` is a `Config`.", "")
        yield from _table(("name", "what it does"), [(f"`{each.name}`", each.summary) for each in value.values()])
        return
    if name != "Config":
        yield from ("```python", _signature(value), "```", "")
    yield from _told(inspect.getdoc(value) or "")
    if name == "Config":
        rows = [(f"`{each.name}`", f"{each.default}", _range(each), each.help) for each in parameters()]
        yield from _table(("parameter", "default", "range", "what it does"), rows)


def _signature(function: Any) -> str:
    """As it stands in the source, without its comments."""
    code = re.sub(r" *#.*", "", inspect.getsource(function))
    found = re.match(r"def (.+? -> .+?):\n", code, re.DOTALL)
    assert found, function
    return found[1]


def _told(docstring: str) -> Iterator[str]:
    """A docstring as Markdown: its paragraphs, its sections as lists, its example as code."""
    text, _, example = docstring.partition("\n\n>>> ")
    section = ""
    for line in text.splitlines():
        entry = _ENTRY.match(line) if section in ("Args", "Raises") else None
        if found := _SECTION.match(line):
            section = found[1]
            yield from ("", f"**{section}**:{found[2]}") if found[2] else ("", f"**{section}**", "")
        elif entry:
            yield f"- {', '.join(f'`{name}`' for name in entry[1].split(', '))}{entry[2] or ''}: {entry[3]}"
        else:
            yield f"  {line.strip()}" if line.startswith(" " * 8) and section in ("Args", "Raises") else line.strip()
    yield ""
    if example:
        yield from ("```python", f">>> {example}", "```", "")


def _range(parameter: Any) -> str:
    return ", ".join(parameter.choices) or ("" if parameter.low is None else f"{parameter.low:,} to {parameter.high:,}")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8", newline="\n")
