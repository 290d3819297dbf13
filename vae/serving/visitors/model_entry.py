"""A model as the page lists it: its name, its family, where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vae.config.families import FAMILIES
from vae.text.cleaning import clean

MAX_NAME = 60  # characters
USUAL_FAMILY = "vae"  # the family of which nothing is said
_FILE_NAME = re.compile(r"(.+)\.(txt|csv|tsv|jsonl?|html?|srt|vtt|md|conllu|ipynb|safetensors)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that a visitor may use: where it came from (`origin`, in words) and where its file lies."""

    id: str
    name: str
    origin: str
    path: Path
    family: str = USUAL_FAMILY

    @property
    def about(self) -> str:
        """What stands behind its name: the family, if it is not the usual one, and the origin."""
        return self.origin if self.family == USUAL_FAMILY else f"{FAMILIES[self.family].title.lower()}, {self.origin}"

    @property
    def label(self) -> str:
        """Its line in a list."""
        return f"{self.name}, {self.about}"


def readable_name(name: str) -> str:
    """A name as the page shows it: visible, short, and that of a file without its ending and its dashes."""
    text = clean(name[: 10 * MAX_NAME])
    if file_name := _FILE_NAME.fullmatch(text):
        text = re.sub(r"[\s_-]+", " ", file_name[1]).strip()
        text = text[:1].upper() + text[1:]
    return text[:MAX_NAME].strip()
