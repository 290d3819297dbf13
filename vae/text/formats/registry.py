"""Which format a text is in: what is sure by its looks first, then by its name's extension, then by its looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vae.messages.message import Message, UserError
from vae.text.file_encoding import Text
from vae.text.formats.chat_log import read_chat
from vae.text.formats.delimited import read_csv
from vae.text.formats.json_records import read_json, read_json_lines
from vae.text.formats.labelled_lines import read_labelled_lines
from vae.text.formats.markdown import read_markdown
from vae.text.formats.notebook import read_notebook
from vae.text.formats.plain import read_plain
from vae.text.formats.subtitles import read_subtitles
from vae.text.formats.treebank import read_treebank
from vae.text.formats.web_page import read_page
from vae.text.records import Prose, Table


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of text file.

    Args:
        extensions: of the names of such files, the first of them what it is called by.
        read: its content, or None where a text is of another kind; it gets the extension, "" where that says nothing.
    """

    extensions: tuple[str, ...]
    read: Callable[[Text, str], Table | Prose | None]

    @property
    def name(self) -> str:
        return self.extensions[0]


FORMATS = (  # in the order in which they are tried
    Format(("ipynb",), read_notebook),
    Format(("jsonl", "ndjson", "jsonlines"), read_json_lines),
    Format(("json", "geojson"), read_json),
    Format(("html", "htm", "xhtml", "xml"), read_page),
    Format(("srt", "vtt", "sbv", "ass", "ssa"), read_subtitles),
    Format(("conllu", "conll", "conllx"), read_treebank),
    Format(("md", "markdown", "mdown", "qmd", "rmd"), read_markdown),
    Format(("chat", "log"), read_chat),
    Format(("fasttext",), read_labelled_lines),
    Format(("csv",), read_csv),
    Format(("tsv", "tab"), read_csv),
    Format(("txt", "text"), read_plain),
)
NAMES = tuple(one.name for one in FORMATS)
_BY_EXTENSION = {extension: one.name for one in FORMATS for extension in one.extensions}


def format_named(name: str) -> str:
    """The format that a file's name promises; "" where it promises none."""
    return _BY_EXTENSION.get(name.rpartition(".")[2].lower() if "." in name else "", "")


def open_format(text: Text, name: str, wanted: str | None, *, sniff: bool = True) -> tuple[Table | Prose, str]:
    """What a text holds, and why it was taken for that: "chosen", "name" or "looks".

    Args:
        name: of its file.
        wanted: the format it is to be read as; None finds it.
        sniff: whether a plain text may be anything else by its looks.
    Raises:
        CorpusError: it is of a format, but broken.
        UserError: there is no such format.
    """
    if wanted is not None:
        return _open_as(text, wanted), "chosen"
    extension = format_named(name)
    if not sniff and extension in ("txt", ""):
        return read_plain(text), "chosen"
    for one in FORMATS:
        if one.name in ("csv", "tsv") and extension in ("csv", "tsv") and one.name != extension:
            continue
        if (found := one.read(text, extension)) is not None:
            return found, "name" if extension == one.name else "looks"
    return read_plain(text), "looks"


def _open_as(text: Text, wanted: str) -> Table | Prose:
    name = _BY_EXTENSION.get(wanted.lower().lstrip("."))
    if name is None:
        raise UserError(Message("text.format", formats=", ".join(NAMES), value=repr(wanted)))
    format_ = next(one for one in FORMATS if one.name == name)
    return format_.read(text, name) or read_plain(text)
