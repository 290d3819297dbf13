"""The page's own style and script: which files, in which order, and how they become one of each.

The files lie with what they draw. Scripts are ES modules for whoever reads and checks them; the page gets one classic
script, so that nothing is fetched and one hash allows it. The bundler knows the few forms that ours have, refuses
all others when the server starts, and leaves out lines that are nothing but comments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent
# Of two rules as strong as each other the later wins: what is shared comes first.
STYLES = (
    "components/design.css",
    "components/first.css",
    "components/frame.css",
    "components/gradio.css",
    "components/prose.css",
    "components/fingerprint.css",
    "components/sentences.css",
    "components/messages.css",
    "components/numbers.css",
    "components/sheet.css",
    "components/connection.css",
    "header/header.css",
    "header/share.css",
    "corpus/corpus.css",
    "train/train.css",
    "train/chart.css",
    "train/shared_run.css",
    "slide/slide.css",
    "compare/compare.css",
    "compare/figures.css",
    "compare/comparison.css",
    "compare/parts.css",
)
# A module imports from those above it alone. Beside each stands what Gradio calls of it, as `space.<name>`.
SCRIPTS = {
    "components/storage.js": (),
    "components/light.js": (),
    "components/dom.js": (),
    "components/slot.js": ("slot",),
    "components/fingerprint.js": (),
    "components/copy.js": (),
    "components/sentences.js": (),
    "components/results.js": (),
    "components/address.js": ("link",),
    "components/lines.js": ("lines",),
    "components/messages.js": ("note", "verdict", "progress"),
    "components/focus.js": ("focus", "bring"),
    "components/tabs.js": (),
    "components/download.js": ("save",),
    "components/connection.js": ("failed",),
    "header/header.js": ("header", "arrived", "reveal", "facts"),
    "header/share.js": ("share", "opened", "leaving", "begin"),
    "corpus/bars.js": ("bars",),
    "corpus/pasted.js": ("pasted",),
    "corpus/told.js": ("told",),
    "train/chart.js": ("lossChart",),
    "train/shared_run.js": ("watching",),
    "sample/sample.js": ("samples", "thrown"),
    "slide/path.js": (),
    "slide/pair.js": ("asked", "offered", "replacing", "undo"),
    "slide/slide.js": ("stage",),
    "compare/steps.js": ("steps",),
    "compare/table_tools.js": (),
    "compare/figures.js": (),
    "compare/curves.js": (),
    "compare/parts.js": (),
    "compare/side_by_side.js": (),
    "compare/comparison.js": ("comparison",),
}
# What a page needs before Gradio has been loaded, so that a dark one does not begin white.
FIRST_STYLES = ("components/design.css", "components/first.css")
FIRST_SCRIPTS = {"components/storage.js": (), "components/light.js": ()}
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//.*)[ \t]*\n|^[ \t]*\n", re.MULTILINE)
_IMPORT = re.compile(r'import \{ (\w+(?:, \w+)*) \} from "([./\w]+)";')
_DECLARATION = re.compile(r"(export )?(?:async )?(?:function|class|const|let) (?:(\w+)\b|\[([\w, ]+)\])")
_UNKNOWN = re.compile(r"\s*(?:import|export)\b|(?:async|function|class|const|let|var)\b")


class BundleError(ValueError):
    """A file of ours that cannot become part of the page."""


def first_sight() -> str:
    """The HTML that a page begins with: its colours, and whether it is dark."""
    return f"<style>{style(files=FIRST_STYLES)}</style><script>{script(files=FIRST_SCRIPTS)}</script>"


def style(root: Path = ROOT, files: Sequence[str] = STYLES) -> str:
    """The style sheets as one."""
    return "".join(without_comments((root / name).read_text("utf-8")) for name in files)


def script(root: Path = ROOT, files: Mapping[str, Sequence[str]] = SCRIPTS) -> str:
    """The modules as one classic script, which gives the page `space` and nothing else.

    Raises:
        BundleError: a module imports what does not stand above it, names something that another does, or has a form
            that is not known here.
    """
    exported: dict[Path, set[str]] = {}
    owner: dict[str, str] = {}
    parts = []
    for name, called in files.items():
        path = (root / name).resolve()
        text, imports, exports, names = _module(without_comments(path.read_text("utf-8")), name)
        for wanted, source in imports:
            if missing := wanted - exported.get((path.parent / source).resolve(), set()):
                raise BundleError(f"{name} imports {', '.join(sorted(missing))} from {source}, not above it")
        for one in sorted(names):
            if one in owner:
                raise BundleError(f"{name} and {owner[one]} both name something {one}")
            owner[one] = name
        if missing := set(called) - exports:
            raise BundleError(f"{name} exports no {', '.join(sorted(missing))}")
        exported[path] = exports
        parts.append(text)
    space = ", ".join(name for called in files.values() for name in called)
    return f'(() => {{\n"use strict";\n{"".join(parts)}window.space = {{ {space} }};\n}})();\n'


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
