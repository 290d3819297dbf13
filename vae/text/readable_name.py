"""The name of a model or a text, as a person reads it."""

from __future__ import annotations

import re

from vae.text.cleaning import clean

MAX_NAME = 60  # characters
_FILE_NAME = re.compile(r"(.+)\.(txt|csv|tsv|jsonl?|html?|srt|vtt|md|conllu|ipynb|safetensors)", re.IGNORECASE)


def readable_name(name: str) -> str:
    """A name as the page shows it: visible, short, and that of a file without its ending and its dashes."""
    text = clean(name[: 10 * MAX_NAME])
    if file_name := _FILE_NAME.fullmatch(text):
        text = re.sub(r"[\s_-]+", " ", file_name[1]).strip()
        text = text[:1].upper() + text[1:]
    return text[:MAX_NAME].strip()
