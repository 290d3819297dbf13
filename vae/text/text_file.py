"""A text on disk that is to be trained on, whatever its size."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vae.messages.message import Message
from vae.text import corpus
from vae.text.containers.compressed import inner_name, open_compressed, unpacked_from
from vae.text.containers.registry import unpack
from vae.text.file_encoding import Opener
from vae.text.options import ReadingOptions
from vae.text.report import Report


@dataclass(frozen=True, slots=True)
class Source:
    """A text on its way out of a file."""

    opener: Opener
    name: str  # whose extension tells the format
    unpacked: Message | None = None  # what it was taken out of


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text on disk, of any size, to be trained on without being in memory.

    Args:
        options: how it is to be read.
        keep_duplicates: whether a sentence that occurs again is learned from again.
        cache_folder: a folder in which the prepared text stays, for other runs on the same text to use.
        on_report: called with what it is taken for, once there is a sentence in it; the counts are not known then.
        on_progress: called with how far the preparation is, and whether that is the last call.
    """

    path: Path
    options: ReadingOptions = field(default_factory=ReadingOptions)
    keep_duplicates: bool = False
    cache_folder: Path | None = None
    on_report: Callable[[Report], None] = lambda _: None
    on_progress: Callable[[Message, bool], None] = lambda _, __: None

    @property
    def name(self) -> str:
        return corpus.title(self.path.name)

    @property
    def is_large(self) -> bool:
        """Whether it is larger than what is read at once elsewhere: then its preparation takes a while."""
        return self.path.stat().st_size > corpus.MAX_BYTES

    def source(self) -> Source:
        """Where its text comes from: a stream, but for documents and archives, which are unpacked in memory.

        Raises:
            CorpusError: as `unpack`.
            OSError: it cannot be read.
        """
        path, name = self.path, self.name
        if path.is_file():
            if self.options.part is None and (note := unpacked_from(path)):
                return Source(lambda: open_compressed(path), inner_name(name), note)
            if self.is_large:
                return Source(lambda: path.open("rb"), name)
        data, options = path.read_bytes(), self.options  # a pipe can be read only once
        found = unpack(data, name, part=options.part, encoding=options.encoding)
        return Source(lambda: io.BytesIO(found.data), found.name, found.note)
