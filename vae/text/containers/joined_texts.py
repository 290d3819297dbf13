"""Several texts as one, each read in the encoding that it is in itself."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial

from vae.messages.message import Message
from vae.text.cleaning import CorpusError
from vae.text.encodings.decoding import decode
from vae.text.encodings.known import find_encoding
from vae.text.file_encoding import is_unmistakable, open_text

_BETWEEN = "\n\n"
_MOST = 50  # texts in old encodings that are looked at one by one, since each takes a while


def join(texts: Mapping[str, bytes], chosen: str | None) -> tuple[bytes, tuple[Message, ...]]:
    """The texts, one behind the other, in UTF-8, and the names of the encodings that they were in.

    Where all are in one old encoding, or in the chosen one, they stay in it, and there are no names: whoever reads on
    tells it by all of them together, and offers others.

    Args:
        texts: by their names, which are told where one cannot be read.
        chosen: the encoding that they are said to be in; None finds it for each.
    Raises:
        CorpusError: one of them is no text, or in no encoding that can be told.
    """
    as_they_are = _BETWEEN.encode().join(data.removeprefix(codecs.BOM_UTF8) for data in texts.values())
    if chosen:
        return as_they_are, ()
    old = {name for name, data in texts.items() if not is_unmistakable(data)}
    likely = _likely([texts[name] for name in old]) if len(old) > 1 else None
    found = {
        name: likely if likely and name in old and len(old) > _MOST else _encoding(name, data, likely)
        for name, data in texts.items()
    }
    foreign = {name for name, data in texts.items() if not (data.isascii() and found[name] == "utf-8")}
    encodings = sorted({found[name] for name in foreign})
    if len(encodings) == 1 and foreign == old:
        return as_they_are, ()
    said = _BETWEEN.join(decode(data, found[name]) for name, data in texts.items())
    return said.encode("utf-8"), tuple(find_encoding(encoding).name for encoding in encodings)


def _likely(texts: Iterable[bytes]) -> str | None:
    """The encoding in which all of them together read best, if there is one."""
    with suppress(CorpusError):
        return open_text(partial(io.BytesIO, _BETWEEN.encode().join(texts))).encoding
    return None


def _encoding(name: str, data: bytes, likely: str | None) -> str:
    try:
        return open_text(partial(io.BytesIO, data), likely=likely).encoding
    except CorpusError as error:
        raise CorpusError(Message("text.part_unreadable", part=name, why=error.message)) from None
