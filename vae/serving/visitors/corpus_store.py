"""The texts of all visitors: a file each, and those used last in memory."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from pathlib import Path

from vae.messages.message import Message
from vae.system.files import atomic_write
from vae.text.corpus import Corpus, CorpusError

MAX_BYTES = 64_000_000  # bytes of files of which the texts stay in memory, where they take about three times as much
MAX_TEXTS = 64  # texts in memory, beside those that are in use: a small one is read from its file in a millisecond
_OWNER_LENGTH = 16  # first characters of an id: whose text it is; the others are the hash of what is in it


class CorpusStore:
    """Texts in `folder`, one file for each visitor who has it; in memory each stands once, however many have it.

    Args:
        capacity: bytes of files of which the texts stay in memory. One alone may be larger.
    """

    def __init__(self, folder: Path, capacity: int = MAX_BYTES) -> None:
        self._folder = folder
        self._capacity = capacity
        self._cached: OrderedDict[str, tuple[Corpus, int]] = OrderedDict()  # by hash, the longest unused first
        self._lock = threading.Lock()

    def path(self, text_id: str) -> Path:
        """The file of a text."""
        return self._folder / f"{text_id}.json"

    def keep(self, owner: str, corpus: Corpus) -> str:
        """Write a visitor's text to its file; the same text of the same visitor is the same file. Returns its id.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        data = corpus.to_json()
        text_id = owner[:_OWNER_LENGTH] + _hash(data)
        path = self.path(text_id)
        try:
            os.utime(path)  # it is needed again: old files that no row names yet are tidied away
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True)
            atomic_write(path, data)
        self._cache(text_id, corpus, len(data))
        return text_id

    def load(self, text_id: str) -> Corpus:
        """A text, from memory or else from its file, which may take a second: not on the event loop.

        Raises:
            CorpusError: the file is lost or damaged.
        """
        with self._lock:
            cached = self._cached.get(text_id[_OWNER_LENGTH:])
            if cached is not None:
                self._cached.move_to_end(text_id[_OWNER_LENGTH:])
                return cached[0]
        try:
            data = self.path(text_id).read_bytes()
        except OSError as error:
            raise CorpusError(Message("serving.corpus_file_lost")) from error
        if _hash(data) != text_id[_OWNER_LENGTH:]:
            raise CorpusError(Message("serving.corpus_file_damaged"))
        corpus = Corpus.from_json(data)
        self._cache(text_id, corpus, len(data))
        return corpus

    def drop(self, text_id: str) -> None:
        """Remove a text's file."""
        self.path(text_id).unlink(missing_ok=True)

    def _cache(self, text_id: str, corpus: Corpus, size: int) -> None:
        with self._lock:
            self._cached[text_id[_OWNER_LENGTH:]] = corpus, size
            self._cached.move_to_end(text_id[_OWNER_LENGTH:])
            while len(self._cached) > 1 and (
                len(self._cached) > MAX_TEXTS or sum(size for _, size in self._cached.values()) > self._capacity
            ):
                self._cached.popitem(last=False)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
