"""Plain text: its lines; of a book only those between the wrapper that a library puts around it."""

from __future__ import annotations

from vae.text.file_encoding import Text
from vae.text.formats.books import book, is_wrapped
from vae.text.records import Prose


def read_plain(text: Text, _: str = "txt") -> Prose:
    """Any text at all."""
    if is_wrapped(text.head):
        return Prose("book", lambda: book(text.lines()))
    return Prose("txt", text.lines)
