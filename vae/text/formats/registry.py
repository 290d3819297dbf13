"""Which format a text is in: told by its name's ending, or else by its looks."""

from __future__ import annotations

from vae.text.cleaning import SAMPLE, CorpusError
from vae.text.file_encoding import Text
from vae.text.formats.delimited import NO_DELIMITER, find_delimiter, looks_tabbed, read_delimited
from vae.text.formats.json_values import looks_like_json_lines, parse_json, read_json, read_json_lines
from vae.text.formats.table import Table

_EXTENSIONS = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl",
    "txt": "txt", "text": "txt", "md": "txt",
}  # fmt: skip


def open_table(text: Text, name: str, *, sniff: bool = True) -> Table | None:
    """The table a text holds, or None for plain text: by its name's ending, else by its looks if `sniff`.

    Raises:
        CorpusError: it is a table or JSON, but broken.
    """
    ending = _EXTENSIONS.get(name.rpartition(".")[2].lower() if "." in name else "", "")
    if not sniff and ending in ("txt", ""):
        return None
    head = text.head[:SAMPLE]
    if looks_like_json_lines(head, ending):
        return read_json_lines(text)
    if head.lstrip()[:1] in ("{", "["):
        try:
            return read_json(parse_json(text.whole()))
        except CorpusError:
            if ending in ("json", "jsonl"):
                raise
    if ending in ("csv", "tsv"):
        return read_delimited(text, find_delimiter(head, "\t" if ending == "tsv" else ",") or NO_DELIMITER)
    if looks_tabbed(head):
        return read_delimited(text, "\t")
    if not ending and (guess := find_delimiter(head, ",")):
        table = read_delimited(text, guess)
        return table if table.headed else None
    return None
