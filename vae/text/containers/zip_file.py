"""A zip archive in memory, opened with care: it may have been made to fill the memory of whoever opens it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from vae.messages.message import Message
from vae.text.cleaning import CorpusError
from vae.text.containers.packed import Listing, damaged, encrypted, too_large

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # the latter: an empty one
_ENTRY = b"PK\x01\x02"  # begins what the list at the archive's end says of each member
_MAX_MEMBERS = 10_000
# Others are hardly met, and LZMA lets a file of few bytes ask for memory without end.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
MIMETYPE = "mimetype"  # by which documents tell what they are
MANIFEST = "META-INF/manifest.xml"  # of OpenDocument
_OPEN_DOCUMENT = re.compile(rb"application/vnd\.oasis\.opendocument\.[a-z-]+")
_IS_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, LookupError, RuntimeError)


@contextmanager
def open_zip(data: bytes, what: Message) -> Iterator[zipfile.ZipFile]:
    """The archive in bytes. No member is ever written anywhere, whatever its name.

    Args:
        what: what a person calls it.
    Raises:
        CorpusError: it is damaged, at once or where something of it is read, or has too many members.
    """
    if data.count(_ENTRY) > _MAX_MEMBERS:  # before the list is built
        raise CorpusError(Message("text.too_many_members", what=what, most=_MAX_MEMBERS))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except CorpusError:
        raise
    except _BROKEN:
        raise damaged(what) from None


def listing_of(data: bytes) -> Listing:
    """What is in an archive. Raises CorpusError: as `open_zip`."""
    what = Message("text.zip_archive")
    with open_zip(data, what) as archive:
        names = frozenset(archive.namelist())
        mimetype = read_head(archive, MIMETYPE, what, 100) if MIMETYPE in names else b""
        if not mimetype and MANIFEST in names:  # some programs leave out the first
            found = _OPEN_DOCUMENT.search(read_head(archive, MANIFEST, what, 2000))
            mimetype = found.group() if found else b""
    return Listing(names, mimetype.decode("ascii", "replace").strip())


def read_member(archive: zipfile.ZipFile, name: str, what: Message, most: int) -> bytes:
    """The bytes of a member, which may be `most`.

    Raises:
        CorpusError: they are more, or encrypted, or compressed in a way that is not read here.
        KeyError, zipfile.BadZipFile: there is no such member, or it is damaged; `open_zip` words it.
    """
    data = _read(archive, name, what, most + 1)
    if len(data) > most:
        raise too_large(most)
    return data


def read_head(archive: zipfile.ZipFile, name: str, what: Message, size: int) -> bytes:
    """The first bytes of a member. Raises as `read_member`."""
    return _read(archive, name, what, size)


def _read(archive: zipfile.ZipFile, name: str, what: Message, size: int) -> bytes:
    info = archive.getinfo(name)
    if info.flag_bits & _IS_ENCRYPTED:
        raise encrypted(what)
    if info.compress_type not in _METHODS:
        raise CorpusError(Message("text.compression_unknown", what=what))
    with archive.open(info) as file:
        return file.read(size)
