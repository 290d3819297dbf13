"""Which format a text is in: told by its name's extension, or else by its looks."""

from __future__ import annotations

from vae.text.cleaning import SAMPLE_SIZE, CorpusError
from vae.text.file_encoding import Text
from vae.text.formats.delimited import NO_DELIMITER, find_delimiter, looks_tab_separated, read_delimited
from vae.text.formats.json_values import looks_like_json_lines, parse_json, read_json, read_json_lines
from vae.text.formats.table import Table

_EXTENSIONS = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl",
    "txt": "txt", "text": "txt", "md": "txt",
}  # fmt: skip


def open_table(text: Text, name: str, *, sniff: bool = True) -> Table | None:
    """The table a text holds, or None for plain text: by its name's extension, else by its looks if `sniff`.

    Raises:
        CorpusError: it is a table or JSON, but broken.
    """
    extension = _EXTENSIONS.get(name.rpartition(".")[2].lower() if "." in name else "", "")
    if not sniff and extension in ("txt", ""):
        return None
    head = text.head[:SAMPLE_SIZE]
    if looks_like_json_lines(head, extension):
        return read_json_lines(text)
    if head.lstrip()[:1] in ("{", "["):
        try:
            return read_json(parse_json(text.read()))
        except CorpusError:
            if extension in ("json", "jsonl"):
                raise
    if extension in ("csv", "tsv"):
        return read_delimited(text, find_delimiter(head, "\t" if extension == "tsv" else ",") or NO_DELIMITER)
    if looks_tab_separated(head):
        return read_delimited(text, "\t")
    if not extension and (delimiter := find_delimiter(head, ",")):
        table = read_delimited(text, delimiter)
        return table if table.has_header else None
    return None
