"""Bytes to text: how it is encoded, and its lines, decoded as they are read.

A text is never in memory as a whole unless it is wanted whole, so that it may be larger than memory.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from vae.messages.message import Message
from vae.text.cleaning import SAMPLE_SIZE, CorpusError, split_at_line_ends
from vae.text.encodings.decoding import Dropped, blocks, survey
from vae.text.encodings.detection import Reading, looks_like_utf8, readings, special_readings
from vae.text.encodings.guess import Guess, guess_among, guess_without_doubt
from vae.text.encodings.known import find_encoding
from vae.text.encodings.sampling import Opener, sample
from vae.text.file_signatures import refuse_known_binaries

__all__ = ["Opener", "Text", "is_unmistakable", "open_text"]

_BLOCK = 1 << 20  # bytes read at once
_MAX_WHOLE = 20_000_000  # bytes that may be read at once
_MAX_LINE = 20_000_000  # characters of a line, which has to fit into memory
_NEAR = 10.0  # bits by which an encoding that is likely may be behind the one that fits best
_BOMS: tuple[tuple[bytes, str], ...] = (  # UTF-32 before UTF-16, whose mark begins the same
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that can be read again and again."""

    opener: Opener
    size: int  # bytes
    encoding: str  # Python's name for it
    head: str  # its first 4 * SAMPLE_SIZE characters
    digest: str  # the same for the same bytes, read in the same encoding
    guess: Guess  # the encoding as a person is told it, with what else it might be
    dropped: Dropped  # what was no text

    def lines(self) -> Iterator[str]:
        """The lines without their ends (CR LF, LF or CR); an end after the last line begins no other.

        Raises:
            CorpusError: a line is too long.
        """
        unfinished: list[str] = []  # the parts of a line whose end has not come yet
        for block in blocks(self.opener, self.encoding):
            first, *others = split_at_line_ends(block)
            unfinished.append(first)
            if others:
                yield "".join(unfinished)
                unfinished = [others.pop()]
                yield from others
            elif sum(map(len, unfinished)) > _MAX_LINE:
                raise CorpusError(Message("text.line_too_long", most=_MAX_LINE))
        if last := "".join(unfinished):
            yield last

    def read(self) -> str:
        """All of it. Raises CorpusError: it is too large for that."""
        if self.size > _MAX_WHOLE:
            raise CorpusError(Message("text.json_too_large", size=self.size / 1e6, most=_MAX_WHOLE / 1e6))
        return "".join(blocks(self.opener, self.encoding))


def is_unmistakable(data: bytes) -> bool:
    """Whether a text tells its encoding: by its mark, or since it is UTF-8."""
    return data.startswith(tuple(mark for mark, _ in _BOMS)) or _goes_on(_utf8(), data, final=True)


def open_text(opener: Opener, encoding: str | None = None, *, likely: str | None = None) -> Text:
    """Reads a text through, to tell that it is one, and in which encoding.

    UTF-8, also with a few broken bytes, UTF-16 and UTF-32 by their mark; anything else is detected.

    Args:
        encoding: chosen by hand, one of `encoding_choices`, by any of its names; None detects it.
        likely: Python's name of one that texts beside it are in, which is taken where it fits nearly as well.
    Raises:
        CorpusError: the bytes are no text, their encoding cannot be told, or there is none of the given name.
    """
    chosen = None if encoding is None else find_encoding(encoding)
    head, size, digest, is_utf8 = _scan(opener)
    refuse_known_binaries(head)
    marked = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    guess = None
    if chosen:
        codec = chosen.codec
        digest = f"{digest}-{codec}"
    elif marked:
        codec = marked
    else:
        codec, found = _detect(opener, head, size, is_utf8, likely)
        guess = guess_among(found) if found else None
    dropped = survey(opener, codec)
    if dropped is None:
        raise CorpusError(Message("text.wrong_encoding", name=chosen.name) if chosen else Message("text.binary"))
    text = next(filter(None, blocks(opener, codec)), "")[: 4 * SAMPLE_SIZE]
    return Text(opener, size, codec, text, digest, guess or guess_without_doubt(find_encoding(codec), text), dropped)


def _scan(opener: Opener) -> tuple[bytes, int, str, bool]:
    """The first bytes, how many there are, their digest, and whether they are UTF-8."""
    hashed, size, is_utf8 = blake2b(digest_size=16), 0, True
    decoder = _utf8()
    with opener() as file:
        head = block = file.read(SAMPLE_SIZE)
        while block:
            hashed.update(block)
            size += len(block)
            is_utf8 = is_utf8 and _goes_on(decoder, block)
            block = file.read(_BLOCK)
    return head, size, hashed.hexdigest(), is_utf8 and _goes_on(decoder, b"", final=True)


def _utf8() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")()


def _goes_on(decoder: codecs.IncrementalDecoder, block: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _detect(opener: Opener, head: bytes, size: int, is_utf8: bool, likely: str | None) -> tuple[str, Sequence[Reading]]:
    """The encoding of a text without a mark, and the readings among which it was found, if there was a doubt.

    Raises:
        CorpusError: it cannot be told.
    """
    if special := special_readings(head):
        return special[0].encoding.codec, special
    if is_utf8:
        return "utf-8", ()
    part = sample(opener, size)
    if looks_like_utf8(part):
        return "utf-8", ()
    found = readings(part)
    if not found or not found[0].is_text:
        raise CorpusError(Message("text.unknown_encoding"))
    found = sorted(found, key=lambda one: one.bits - _NEAR * (one.encoding.codec == likely))
    return found[0].encoding.codec, found
