"""HTML pages: what a reader of the page reads, without scripts, styles, menus and forms."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from vae.text.cleaning import SAMPLE_SIZE, clean
from vae.text.file_encoding import Text
from vae.text.records import Prose

_BEGINNING = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype html|html|head|body)\b", re.I | re.S)
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
_RAW = {"script", "style", "textarea", "title", "noscript", "template", "svg", "math", "iframe", "object", "canvas"}
_SKIPPED = {"nav", "footer", "aside", "form", "button", "select", "menu", "dialog", "head", "datalist"}
_ASIDE = re.compile(
    r"role=[\"']?(?:navigation|menu|menubar|search|contentinfo|complementary|banner)\b|"
    r"\b(?:class|id)=[\"']?[^\"'>]*\b(?:nav|navbar|navigation|menu|breadcrumbs?|sidebar|footer|cookies?|toc|share|social)\b|"
    r"\bhidden\b|aria-hidden=[\"']?true",
    re.IGNORECASE,
)
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "time", "tt", "u", "var", "wbr",
}  # fmt: skip
_EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}


def read_page(text: Text, extension: str) -> Prose | None:
    """The paragraphs of a page; None: it is none."""
    if not (_BEGINNING.match(text.head[:SAMPLE_SIZE]) or (extension == "html" and "<" in text.head)):
        return None
    return Prose("html", lambda: _lines(text.read()), "running")


def _lines(page: str) -> Iterator[str]:
    """Its blocks, an empty line between any two. Where it has a main part, only that."""
    for part in ("main", "article"):
        found = [block for block, place in _blocks(page) if part in place]
        if sum(map(len, found)) > 200:
            break
    else:
        found = [block for block, _ in _blocks(page)]
    for block in found:
        yield block
        yield ""


def _blocks(page: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The text of each block, with the names of main parts that it stands in; of what is skipped, none."""
    parts: list[str] = []
    inside: dict[str, int] = {"main": 0, "article": 0}
    skipped: list[str] = []  # elements that are open within one that is not read
    for name, closing, content in _tokens(page):
        if not name:
            if not skipped:
                parts.append(content)
            continue
        if skipped:
            _follow(skipped, name, closing)
            continue
        if name in _INLINE:
            continue
        if block := clean(html.unescape("".join(parts))):
            yield block, frozenset(part for part, depth in inside.items() if depth)
        parts = []
        if name in inside:
            inside[name] = max(0, inside[name] + (-1 if closing else 1))
        if (
            not closing
            and name not in _EMPTY
            and (name in _SKIPPED or (name != "body" and _ASIDE.search(content[:1000])))
        ):
            skipped.append(name)
    if block := clean(html.unescape("".join(parts))):
        yield block, frozenset(part for part, depth in inside.items() if depth)


def _follow(opened: list[str], name: str, closing: bool) -> None:
    """Of what is skipped only elements of the same name are counted: a page forgets to close many others."""
    if name == opened[0]:
        if closing:
            opened.pop()
        else:
            opened.append(name)


def _tokens(page: str) -> Iterator[tuple[str, bool, str]]:
    """The page in pieces: ("", False, its text) or (name of a tag, whether it closes, what stands in it). Linear."""
    at, end = 0, len(page)
    while at < end:
        opens = page.find("<", at)
        if opens < 0:
            opens = end
        if opens > at:
            yield "", False, page[at:opens]
        if page.startswith("<!--", opens):
            at = _behind(page, "-->", opens + 4)
            continue
        closing = page.startswith("</", opens)
        name = _NAME.match(page, opens + 1 + closing)
        if name is None:
            is_declaration = page.startswith(("<!", "<?", "</"), opens)
            if not is_declaration and opens < end:
                yield "", False, "<"
            at = _behind(page, ">", opens) if is_declaration else opens + 1
            continue
        at = _behind(page, ">", opens)
        tag = name[0].lower()
        if tag in _RAW and not closing and page[at - 2 : at] != "/>":
            close = re.compile(rf"</{tag}\b", re.IGNORECASE).search(page, at)
            at = _behind(page, ">", close.start()) if close else end
        elif tag not in _RAW:
            yield tag, closing, page[name.end() : at]


def _behind(page: str, what: str, begin: int) -> int:
    found = page.find(what, begin)
    return len(page) if found < 0 else found + len(what)
