"""Preparations of a text for processes of their own: one that is killed in the middle, and one whose disk is full."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from vae.config.config import Config
from vae.data import deduplication, prepare, token_file
from vae.messages.message import Message
from vae.text.corpus import read_corpus
from vae.text.text_file import TextFile

CONFIG = Config(vocabulary=400)
SMALL = ((prepare, "_RUN_SIZE", 300), (prepare, "_ENCODED_AT_ONCE", 100), (deduplication, "_WINDOW", 250),
         (token_file, "BLOCK", 150))  # fmt: skip


def prepare_asking(pipe: Connection, text: Path, folder: Path) -> None:
    """Prepare a file in small parts, and wait for an answer to everything that is told meanwhile."""

    def ask(told: Message, done: bool) -> None:
        pipe.send(str(told))
        pipe.recv()

    for module, name, size in SMALL:
        setattr(module, name, size)
    prepare.prepare(TextFile(text, on_progress=ask), folder, CONFIG)


def prepare_within(limit: int, text: Path, folder: Path, *, in_memory: bool = False) -> None:
    """Prepare a file in small parts, or as one text in memory, where no file may grow over so many bytes."""
    import resource  # which Windows has not

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for module, name, size in () if in_memory else SMALL:
        setattr(module, name, size)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        prepare.prepare(read_corpus(text.read_bytes(), text.name) if in_memory else TextFile(text), folder, CONFIG)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)  # what it says in the end is a file, too
