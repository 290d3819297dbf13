"""Where a visitor's text may come from: one of ours, a file, or what was pasted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from vae.messages.message import Message
from vae.serving.visitors.session import Session
from vae.system.paths import ASSETS
from vae.text import corpus
from vae.text.corpus import Corpus, CorpusError

CORPORA = ASSETS / "corpora"
BUNDLED_CORPORA = {  # file: what its card says
    "everyday-english.tsv": "Everyday English\n20,000 short sentences about daily life",
    "restaurant-opinions.csv": "Restaurant opinions\nShort reviews, each with its sentiment",
    "weather-two-languages.csv": "Weather in two languages\nReports in English and in German",
    "hundred.txt": "A hundred sentences\nEnough to fine-tune a ready model",
}
MAX_PASTED = 300_000  # characters


@dataclass(frozen=True, slots=True)
class CorpusSource:
    """A text before it is read."""

    name: str
    data: bytes
    shared: bool = False  # the same for all visitors


def bundled_corpus(name: object) -> CorpusSource:
    """One of the texts that come with the page. Raises CorpusError when there is none of that name."""
    if not isinstance(name, str) or name not in BUNDLED_CORPORA:
        raise CorpusError(Message("serving.no_bundled_text"))
    return CorpusSource(name, (CORPORA / name).read_bytes(), shared=True)


def uploaded_corpus(path: object) -> CorpusSource:
    """A file that Gradio has received."""
    if not isinstance(path, str):
        raise CorpusError(Message("serving.no_text_file"))
    try:
        return CorpusSource(Path(path).name, Path(path).read_bytes())
    except OSError as error:
        raise CorpusError(Message("serving.text_file_gone")) from error


def pasted_corpus(text: object, name: object = "pasted.txt") -> CorpusSource:
    """What was typed or pasted."""
    if not isinstance(text, str) or not isinstance(name, str):
        raise CorpusError(Message("serving.pasted_not_text"))
    if not text.strip():
        raise CorpusError(Message("serving.nothing_pasted"))
    if len(text) > MAX_PASTED:
        raise CorpusError(Message("serving.pasted_too_long", most=MAX_PASTED))
    return CorpusSource(name, text.encode("utf-8", "replace"))


SOURCES = {"ours": bundled_corpus, "uploaded": uploaded_corpus, "pasted": pasted_corpus}
read_once = lru_cache(maxsize=8)(corpus.read_corpus)  # ours only: a class that opens the same text has it read once


def read_source(session: Session, source: CorpusSource, **options: object) -> Corpus:
    """Read a text as a visitor may.

    Args:
        options: those of `options.ReadingOptions` by name, as a page or a program sends them: "" finds out.
    Raises:
        CorpusError: it cannot be read.
    """
    return (read_once if source.shared else corpus.read_corpus)(
        source.data, source.name, **reading_options(options),
        max_bytes=max_bytes(session), max_sentences=session.limits.sentences,
    )  # fmt: skip


def read_and_keep(session: Session, source: CorpusSource, **options: object) -> Corpus:
    """Read a text and keep it as the visitor's. When it cannot be, theirs is the one before. Arguments: `read_source`.

    Raises:
        CorpusError: it cannot be read.
        OvertakenError: they have asked for another meanwhile, which they shall have.
        RefusedError: it cannot be stored.
    """
    turn = session.take_turn()
    try:
        read = read_source(session, source, **options)
    except CorpusError:
        session.check_turn(turn)
        raise
    session.set_corpus(read, turn)
    return read


def reading_options(values: Mapping[str, object]) -> dict[str, Any]:
    """The options that say something, checked to be texts. Raises CorpusError: one is none."""
    chosen: dict[str, Any] = {}
    for name, value in values.items():
        if value is None:  # a program left it out
            continue
        if not isinstance(value, str):
            raise CorpusError(Message("serving.option_not_text", option=name))
        if value and value != "auto":
            chosen[name] = value
    return chosen


def max_bytes(session: Session) -> int:
    """Bytes that a text may have here."""
    return session.limits.corpus_mb * 1_000_000
