"""Plain text: its lines; of a book only those between the wrapper that a library puts around it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vae.text.cleaning import split_lines
from vae.text.file_encoding import Text
from vae.text.formats.books import book, is_wrapped
from vae.text.records import Prose

# What ends an utterance or a sentence in files made for models.
_END = re.compile(r"\s*(?:__eou__|__eot__|</?s>|<eos>|<EOS>|<sep>|\[SEP\]|<\|endoftext\|>)\s*")


def read_plain(text: Text, _: str = "txt") -> Prose:
    """Any text at all."""
    if is_wrapped(text.head):
        return Prose("book", lambda: book(text.lines()))
    head = [line for line in split_lines(text.head[:20_000]) if line.strip()]
    if sum(bool(_END.search(line)) for line in head) * 2 > len(head) > 1:
        return Prose("txt", lambda: _utterances(text.lines()), "lines")
    return Prose("txt", text.lines)


def _utterances(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        parts = [part for part in _END.split(line) if part]
        yield from parts or [""]
