"""Markdown: its words, without front matter, code, link targets and marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vae.text.file_encoding import Text
from vae.text.markup import without_markup
from vae.text.records import Prose

_FENCE = re.compile(r"\s{0,12}(`{3,}|~{3,})")
_BLOCK_MARK = re.compile(r"(?:\s{0,12}(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?|\s{0,3}#{1,6}\s+|\s{0,3}(?:>\s?)+)+")
_RULE = re.compile(r"\s{0,3}(?:=+|-+|(?:[-*_]\s*){3,})\s*")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*")
_REFERENCE = re.compile(r"\s{0,3}\[(?!\^)[^\]]{1,100}\]:\s*\S+.*")
_IMAGE = re.compile(r"!\[([^\]]{0,500})\](?:\([^()]{0,2000}(?:\([^()]{0,200}\)[^()]{0,200})?\)|\[[^\]]{0,100}\])")
_LINK = re.compile(r"\[([^\[\]]{0,1000})\](?:\([^()]{0,2000}(?:\([^()]{0,200}\)[^()]{0,200})?\)|\[[^\]]{0,100}\])")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]:?")
_ADDRESS = re.compile(r"<?\bhttps?://[^\s<>]+>?|<[^\s<>@]+@[^\s<>]+>")
_MARKED = re.compile(r"(\*{1,3}|_{1,3}|~~|`{1,2}|==)(?=\S)(.{1,200}?)(?<=\S)\1")
_UNDERLINED_WORD = re.compile(r"(?<=\w)_(?=\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def read_markdown(text: Text, extension: str) -> Prose | None:
    """The prose of a note that its name calls Markdown."""
    return Prose("markdown", lambda: markdown_words(text.lines()), "running") if extension == "md" else None


def markdown_words(lines: Iterable[str]) -> Iterator[str]:
    """The lines of words, with an empty one before each paragraph, heading, list item and cell."""
    for line in _without_blocks(lines):
        if not line.strip():
            yield ""
            continue
        mark = _BLOCK_MARK.match(line)
        if mark and mark.group().strip() != ">":
            yield ""
        bare = line[mark.end() :] if mark else line.strip()
        if bare.startswith("|") or " | " in bare:
            for cell in bare.strip("| ").split("|"):
                yield ""
                yield _words(cell)
            yield ""
        else:
            yield _words(bare.rstrip("# ") if line.lstrip().startswith("#") else bare)
        if line.lstrip().startswith("#"):
            yield ""


def _without_blocks(lines: Iterable[str]) -> Iterator[str]:
    """The lines that hold words: without front matter, code, comments, rules and the targets of references."""
    fence, matter, comment, before = "", "", False, ""
    for number, line in enumerate(lines):
        bare = line.strip()
        if number == 0 and bare in ("---", "+++"):
            matter = bare
            continue
        if matter:
            matter = "" if bare in (matter, "...") else matter
            continue
        if fence:
            fence = "" if bare.startswith(fence) and not bare.strip(fence[0]) else fence
            continue
        if comment or bare.startswith("<!--"):
            comment = "-->" not in bare
            continue
        if found := _FENCE.match(line):
            fence = found.group(1)
            yield ""
        elif _RULE.fullmatch(line) or _TABLE_RULE.fullmatch(line) or _REFERENCE.fullmatch(line):
            yield ""
        elif not (line.startswith(("    ", "\t")) and not before.strip() and not _BLOCK_MARK.match(line)):
            yield line
            before = line
            continue
        before = "" if not line.startswith(("    ", "\t")) else before


def _words(line: str) -> str:
    """A line without marks. Code in a line stays: the sentence needs it."""
    line = _FOOTNOTE.sub("", _IMAGE.sub("", line))
    line = _LINK.sub(r"\1", line)
    line = _ADDRESS.sub("", line)
    for _ in range(3):  # marks within marks
        line, changed = _MARKED.subn(_unmarked, line)
        if not changed:
            break
    return without_markup(_ESCAPE.sub(r"\1", line))


def _unmarked(found: re.Match[str]) -> str:
    """What stands between two marks; an underscore within a word is none."""
    text, begin, end = found.string, found.start(), found.end()
    within = text[begin - 1 : begin].isalnum() or text[end : end + 1].isalnum()
    return found[0] if found[1][0] == "_" and within else found[2]
