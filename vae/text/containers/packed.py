"""A file that holds a text in another form, what is taken out of it, and how a kind of such files is described."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vae.messages.message import Message
from vae.text.cleaning import CorpusError, clean

MAX_BYTES = 20_000_000  # of the text in a file, unless told otherwise
MAX_MARKUP = 10  # times as many bytes as the text may have: what a document's markup may have in all
_LISTED = 12  # parts that are named when there are others
_MAX_NAME = 120  # characters of a part's name in a message


@dataclass(frozen=True, slots=True)
class Packed:
    """A file as it came."""

    data: bytes
    name: str
    part: str | None = None  # which of its texts is wanted, where it holds several
    encoding: str | None = None  # which its texts are said to be in
    max_bytes: int = MAX_BYTES  # that the text may have


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A plain text or a table in UTF-8 or in its own encoding; the extension of its name tells the format."""

    data: bytes
    name: str
    note: Message | None = None  # what was taken from where; None: the file is the text
    from_part: bool = False  # whether the part that was asked for has been found
    part: str = ""  # which of the file's texts this is
    parts: tuple[str, ...] = ()  # all of them, the likeliest first; () where there is but one


class SeveralTextsError(CorpusError):
    """A file holds several texts, and it cannot be told which is meant: one of `parts`."""

    def __init__(self, message: Message | str, parts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.parts = tuple(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.parts)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a file that is a zip archive; of any other, nothing."""

    names: frozenset[str] = frozenset()
    mimetype: str = ""  # what the member of this name says, by which documents tell what they are


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file with a text in it: how to know it, and how to read it.

    Args:
        what: what a person calls it.
        recognizes: whether bytes are such a file, of which there is a listing where it is a zip archive.
        read: takes the text out. Raises CorpusError where there is none, and whatever it likes of a damaged file.
        confined: whether it is read in a process of its own: always, if a library or a parser of markup reads it.
    """

    what: Message
    recognizes: Callable[[bytes, Listing], bool]
    read: Callable[[Packed], Unpacked]
    confined: bool = True


def renamed(name: str, extension: str) -> str:
    """The name of a file with another extension: `report.docx` -> `report.txt`."""
    base = re.split(r"[\\/]", name)[-1]
    stem = base.rpartition(".")[0] or base
    return f"{stem}.{extension}"


def listed(names: Sequence[str]) -> str:
    """Names of parts in a row, for a message; of many the first."""
    shown = [clean(name)[:_MAX_NAME] for name in names[:_LISTED]]
    return ", ".join(shown) + (", ..." if len(names) > _LISTED else "")


def checked_size(data: bytes, packed: Packed) -> bytes:
    """The same bytes. Raises CorpusError: they are more than the text may have."""
    if len(data) > packed.max_bytes:
        raise too_large(packed.max_bytes)
    return data


def too_large(most: int) -> CorpusError:
    return CorpusError(Message("text.unpacked_too_large", most=most / 1e6))


def damaged(what: Message) -> CorpusError:
    return CorpusError(Message("text.container_damaged", what=what))


def encrypted(what: Message) -> CorpusError:
    return CorpusError(Message("text.container_encrypted", what=what))


def without_text(what: Message) -> CorpusError:
    return CorpusError(Message("text.container_without_text", what=what))


def no_such_part(part: str, names: Sequence[str]) -> CorpusError:
    return CorpusError(Message("text.no_such_part", part=clean(part)[:_MAX_NAME], parts=listed(names)))


def of_lines(lines: Sequence[str], packed: Packed, note: Message) -> Unpacked:
    """A plain text of these lines, without the NUL that some fonts and programs leave in a text."""
    data = "".join(f"{line}\n" for line in lines).replace("\0", "").encode("utf-8", "replace")
    return Unpacked(checked_size(data, packed), renamed(packed.name, "txt"), note)


def of_paragraphs(paragraphs: Sequence[str], packed: Packed, what: Message) -> Unpacked:
    """A plain text of a document's paragraphs. Raises CorpusError: they say nothing."""
    filled = [paragraph for paragraph in paragraphs if paragraph.strip()]
    if not filled:
        raise without_text(what)
    return of_lines(filled, packed, Message("text.unpacked_paragraphs", what=what, count=len(filled)))
