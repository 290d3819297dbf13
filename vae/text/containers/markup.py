"""XML read as a stream of events, by a parser that knows no entities and follows nothing; and the paragraphs in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from vae.messages.message import Message
from vae.text.containers.packed import damaged, too_large

_MAX_DEPTH = 1000  # elements inside each other
SEPARATOR = " "  # between a name's namespace and the name


@dataclass(frozen=True, slots=True)
class Markup:
    """Which elements of a format make its text. Names are written `namespace name`."""

    paragraphs: frozenset[str]
    skipped: frozenset[str]  # with all that is in them
    characters: Mapping[str, str]  # what an element stands for
    text: frozenset[str] | None = None  # the elements whose characters are text; None: all those in a paragraph


def parse(
    data: bytes, what: Message, on_start: Callable[[str, dict[str, str]], None],
    on_end: Callable[[str], None] = lambda _: None, on_text: Callable[[str], None] = lambda _: None,
) -> None:  # fmt: skip
    """Go through an XML file, and call what is given for each element's beginning and end and for what it says.

    Args:
        what: what a person calls the file that the XML is in.
    Raises:
        CorpusError: it is no XML, declares a document type (which entities need), or is nested too deeply.
    """
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise damaged(what)
        on_start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        on_end(name)

    def refuse(*_: object) -> None:
        raise damaged(what)

    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = on_text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise damaged(what) from None


class _Paragraphs:
    """Gathers the paragraphs, one inside another by itself and before it."""

    def __init__(self, markup: Markup, max_characters: int) -> None:
        self.done: list[str] = []
        self._markup, self._left, self._most = markup, max_characters, max_characters
        self._open: list[list[str]] = []  # the parts of each paragraph that is open
        self._skipped = self._in_text = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        markup = self._markup
        if self._skipped or name in markup.skipped:
            self._skipped += 1
        elif name in markup.paragraphs:
            self._open.append([])
        elif name in markup.characters:
            self._add(markup.characters[name])
        elif markup.text and name in markup.text:
            self._in_text += 1

    def end(self, name: str) -> None:
        markup = self._markup
        if self._skipped:
            self._skipped -= 1
        elif name in markup.paragraphs:
            self.done.append("".join(self._open.pop()))
        elif markup.text and name in markup.text:
            self._in_text -= 1

    def characters(self, text: str) -> None:
        if not self._skipped and (self._markup.text is None or self._in_text):
            self._add(text)

    def _add(self, text: str) -> None:
        if self._open:
            self._left -= len(text)
            if self._left < 0:
                raise too_large(self._most)
            self._open[-1].append(text)


def paragraphs(data: bytes, markup: Markup, what: Message, max_characters: int) -> list[str]:
    """The paragraphs of an XML file, in order; those in tables and boxes, too.

    Raises:
        CorpusError: as `parse`, or they have more characters.
    """
    found = _Paragraphs(markup, max_characters)
    parse(data, what, found.start, found.end, found.characters)
    return found.done


def elements(data: bytes, what: Message) -> list[tuple[str, dict[str, str]]]:
    """All elements of an XML file that lists things, as (name without its namespace, attributes). Raises as `parse`."""
    found: list[tuple[str, dict[str, str]]] = []
    parse(data, what, lambda name, attributes: found.append((name.rpartition(SEPARATOR)[2], attributes)))
    return found
