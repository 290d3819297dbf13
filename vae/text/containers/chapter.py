"""A chapter of a book, which is a web page, as lines of text: one a paragraph, heading, item or line of verse."""

from __future__ import annotations

from html.parser import HTMLParser

_SKIPPED = {"head", "script", "style", "nav", "svg", "math", "audio", "video", "object", "rt", "rp", "template"}
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "ruby", "rb", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
    "u", "var", "wbr", "img",
}  # fmt: skip
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_NOTE = "noteref"  # what a book calls the mark of a footnote


def lines_of(page: str) -> list[str]:
    """The lines of a page, none of them empty."""
    parser = _Chapter()
    parser.feed(page)
    parser.close()
    parser.end_line()
    return parser.lines


class _Chapter(HTMLParser):
    """Gathers lines. What is not closed, or closed and not open, does no harm."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line: list[str] = []
        self._skipped: list[str] = []  # the elements that are open from the one on whose text is left out

    def end_line(self) -> None:
        if line := " ".join("".join(self._line).split()):
            self.lines.append(line)
        self._line = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            if tag in ("br", "hr") and not self._skipped:
                self.end_line()
        elif self._skipped or tag in _SKIPPED or (tag == "a" and _NOTE in (dict(attrs).get("epub:type") or "")):
            self._skipped.append(tag)
        elif tag not in _INLINE:
            self.end_line()

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            if tag in self._skipped:
                while self._skipped.pop() != tag:
                    pass
        elif tag not in _INLINE and tag not in _VOID:
            self.end_line()

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._line.append(data)
