"""Notebooks: the words of their Markdown cells."""

from __future__ import annotations

from collections.abc import Iterator

from vae.text.cleaning import CorpusError, split_lines
from vae.text.file_encoding import Text
from vae.text.formats.json_values import joined, parse_json
from vae.text.formats.markdown import markdown_words
from vae.text.records import Prose


def read_notebook(text: Text, extension: str) -> Prose | None:
    """The prose of a notebook. Raises CorpusError: it is broken."""
    if extension != "ipynb" and '"nbformat"' not in text.head and '"cell_type"' not in text.head:
        return None
    try:
        notebook = parse_json(text.read())
    except CorpusError:
        if extension == "ipynb":
            raise
        return None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        return None

    def lines() -> Iterator[str]:
        for cell in cells:
            if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
                source = cell.get("source")
                yield from markdown_words(split_lines(source if isinstance(source, str) else joined(source) or ""))
                yield ""

    return Prose("ipynb", lines, "running")
