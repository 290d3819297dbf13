"""Every sentence that the page, the messages and the settings say, each with its place, to be read in one go.

`python tests/words.py` prints them: entries of the catalog by their key, texts of Python and JavaScript by file and
line. Words of one line of code stand together; code that only looks like words is among them now and then.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ("vae/ui", "vae/config", "vae/serving/visitors", "vae/evaluation/figures.py", "vae/cli")
_WORDS = re.compile(r"[A-Za-z’']{2,}[,:;.?!…]? +\S*[a-z]{2,}")
_TEXT = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|`([^`]*)`")
_TAG = re.compile(r"<[^>]+>")


def catalog() -> Iterator[tuple[str, str]]:
    """The messages, by key."""
    entries = json.loads((ROOT / "vae/messages/locales/en.json").read_text("utf-8"))
    for key, entry in entries.items():
        for text in entry.values() if isinstance(entry, dict) else [entry]:
            yield key, text


def python(path: Path) -> Iterator[tuple[str, str]]:
    """Texts in a file that are no docstrings, by line."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [one.value if isinstance(one, ast.Constant) else "{}" for one in node.values]
            skipped.update(id(one) for one in node.values)
            yield f"{path.relative_to(ROOT)}:{node.lineno}", "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def script(path: Path) -> Iterator[tuple[str, str]]:
    """Texts in a script, by line."""
    code = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), path.read_text("utf-8"), flags=re.DOTALL)
    for found in _TEXT.finditer(code):
        line = code.count("\n", 0, found.start()) + 1
        yield f"{path.relative_to(ROOT)}:{line}", re.sub(r"\$\{[^}]*\}", "{}", found[1] or found[2] or "")


def html(path: Path) -> Iterator[tuple[str, str]]:
    """The paragraphs of a page."""
    for part in re.split(r"</(?:p|h\d|label|button)>", path.read_text("utf-8")):
        yield str(path.relative_to(ROOT)), " ".join(_TAG.sub("", part).split())


def words() -> Iterator[tuple[str, str]]:
    """Every place and what it says."""
    yield from catalog()
    for name in PYTHON:
        found = ROOT / name
        for path in sorted(found.rglob("*.py")) if found.is_dir() else [found]:
            yield from python(path)
    for path in sorted((ROOT / "vae/ui").rglob("*.js")):
        yield from script(path)
    for path in sorted((ROOT / "vae").rglob("*.html")):
        yield from html(path)


if __name__ == "__main__":
    for place, text in words():
        if _WORDS.search(_TAG.sub("", text)):
            print(f"{place}\t{text}")
