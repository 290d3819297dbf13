"""Style sheets and ES modules of ours, joined to one style and one classic script.

Scripts are ES modules for whoever reads and checks them; who runs them gets one classic script, so that nothing more is
fetched and one hash allows it. The bundler knows the few forms that ours have, refuses all others, and leaves out lines
that are nothing but comments.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vae.system.paths import ASSETS, PACKAGE

_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//.*)[ \t]*\n|^[ \t]*\n", re.MULTILINE)
_IMPORT = re.compile(r'^import \{ (\w+(?:, \w+)*) \} from "([./\w]+)";', re.MULTILINE)
_DECLARATION = re.compile(r"(export )?(?:async )?(?:function|class|const|let) (?:(\w+)\b|\[([\w, ]+)\])")
_UNKNOWN = re.compile(r"\s*(?:import|export)\b|(?:async|function|class|const|let|var)\b")


class BundleError(ValueError):
    """A file of ours that cannot become part of the page."""


def style(root: Path, files: Sequence[str]) -> str:
    """The style sheets as one."""
    return "".join(without_comments((root / name).read_text("utf-8")) for name in files)


def script(root: Path, files: Mapping[str, Sequence[str]], gives: str = "space") -> str:
    """The modules as one classic script, which keeps all its names to itself.

    Args:
        files: the modules, each below those that it imports from, and which of its exports whoever runs the script
            is given.
        gives: the name under which it is given them; where there are none, nothing is given.
    Raises:
        BundleError: a module imports what does not stand above it, names something that another does, or has a form
            that is not known here.
    """
    exported: dict[str, set[str]] = {}
    owner: dict[str, str] = {}
    parts = []
    for name, given_of_it in files.items():
        text, imports, exports, names = _module(without_comments(_read(root, name)), name)
        for wanted, source in imports:
            if missing := wanted - exported.get(_named_from(name, source), set()):
                raise BundleError(f"{name} imports {', '.join(sorted(missing))} from {source}, not above it")
        for one in sorted(names):
            if one in owner:
                raise BundleError(f"{name} and {owner[one]} both name something {one}")
            owner[one] = name
        if missing := set(given_of_it) - exports:
            raise BundleError(f"{name} exports no {', '.join(sorted(missing))}")
        exported[name] = exports
        parts.append(text)
    called = ", ".join(name for names in files.values() for name in names)
    given = f"globalThis.{gives} = {{ {called} }};\n" if called else ""
    return f'(() => {{\n"use strict";\n{"".join(parts)}{given}}})();\n'


def modules_of(root: Path, *entries: str) -> list[str]:
    """The modules that `entries` are made of, each below those that it imports from: the order that `script` needs.

    Raises:
        BundleError: two modules import from each other.
    """
    order: list[str] = []
    under_way: list[str] = []

    def visit(name: str) -> None:
        if name in under_way:
            raise BundleError(f"{name} and {under_way[-1]} import from each other")
        if name in order:
            return
        under_way.append(name)
        for _, source in _IMPORT.findall(_read(root, name)):
            visit(_named_from(name, source))
        order.append(under_way.pop())

    for entry in entries:
        visit(entry)
    return order


def _read(root: Path, name: str) -> str:
    """A module by its name below `root`; a wheel has the folder assets/ of a checkout within the package."""
    packaged = root == PACKAGE.parent and name.startswith("assets/")
    return (ASSETS / name.removeprefix("assets/") if packaged else root / name).read_text("utf-8")


def _named_from(name: str, source: str) -> str:
    """What the module `name` imports as `source`, by its own name."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), source))


def without_comments(text: str) -> str:
    """A style or script without empty lines and lines that are comments from their first sign to their last.

    Raises:
        BundleError: a text goes over several lines, in which nobody could tell a comment from what looks like one.
    """
    text = _COMMENT.sub("", text)
    if wrong := [line.strip() for line in text.splitlines() if line.count("`") % 2]:
        raise BundleError(f"a text over several lines: {wrong[0]}")
    return text


def _module(text: str, name: str) -> tuple[str, list[tuple[set[str], str]], set[str], set[str]]:
    """A module's text without `import` and `export`, its imports, what it exports, what it names."""
    lines: list[str] = []
    imports: list[tuple[set[str], str]] = []
    exports: set[str] = set()
    names: set[str] = set()
    for line in text.splitlines(keepends=True):
        if found := _IMPORT.fullmatch(line.rstrip()):
            imports.append((set(found[1].split(", ")), found[2]))
            continue
        found = _DECLARATION.match(line)
        if "import(" in line or (found is None and _UNKNOWN.match(line)):
            raise BundleError(f"{name} has a form that is not known here: {line.strip()}")
        if found:
            declared = set((found[2] or found[3]).split(", "))
            names |= declared
            exports |= declared if found[1] else set()
            line = line.removeprefix("export ")
        lines.append(line)
    return "".join(lines), imports, exports, names
