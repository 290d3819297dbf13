"""A zip archive of texts: the one that is meant is taken out, and it is said which others there are."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from functools import reduce

from vae.messages.message import Message
from vae.text.containers.joined_texts import join
from vae.text.containers.packed import (
    Kind,
    Listing,
    Packed,
    SeveralTextsError,
    Unpacked,
    listed,
    no_such_part,
    renamed,
    without_text,
)
from vae.text.containers.zip_file import MAGIC, open_zip, read_head, read_member

WHAT = Message("text.zip_archive")
ALL = "*"  # the part that is all of an archive's texts, one behind the other
_CONTENT_TYPES = "[Content_Types].xml"  # is in every document of Microsoft's Office
_HEAD = 1024  # bytes by which a text is told
_MAX_TRIED = 1000  # members that are looked into
# What systems put into archives by themselves, and what tells about a text and is none.
_HIDDEN = re.compile(r"(^|/)(__MACOSX/|\.[^./]|Thumbs\.db$|desktop\.ini$)")
_ASIDE = re.compile(
    r"(^|/)_*(read.?me|licen[cs]e|copying|changelog|notice|authors|citation|index|metadata)[^/]*$"
    r"|\.(py|js|css|xml|ya?ml|toml|ini|cfg|log|sh|bat|bib|sql|r|m)$",
    re.IGNORECASE,
)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a]")
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # marks of UTF-16 and UTF-32, which hold NULs
_DOCUMENT = re.compile(
    r"\.(gz|bz2|xz|zip|docx|odt|ods|xlsx|xlsm|xlsb|xls|epub|pdf|parquet)$",
    re.IGNORECASE,
)
_JOINED = ("txt", "text", "")  # extensions of texts that are one text, put behind each other
_RIVAL = 0.8  # of the largest's size: of two texts of a kind that are so much alike, none is meant more


def recognizes(data: bytes, listing: Listing) -> bool:
    """A document of a kind that is not read here is no archive of texts, though it is full of them."""
    return data.startswith(MAGIC) and not listing.mimetype and _CONTENT_TYPES not in listing.names


def read(packed: Packed) -> Unpacked:
    with open_zip(packed.data, WHAT) as archive:
        names = _texts(archive)
        kin = _kin(names)
        choices = (ALL, *names) if len(kin) > 1 and _extension(kin[0]) in _JOINED else tuple(names)
        if packed.part == ALL and choices[0] == ALL:
            return _all(archive, kin, choices, packed)
        asked: list[str] = []
        if packed.part is not None:
            asked = [each for each in archive.namelist() if packed.part in (each, _base(each))]
            if not asked and len(names) != 1:  # a part of the only one it may be
                raise no_such_part(packed.part, names)
            name = (asked or names)[0]
        elif names:
            name = _meant(archive, kin, choices)
        else:
            raise without_text(WHAT)
        data = read_member(archive, name, WHAT, packed.max_bytes)
    others = [each for each in names if each != name]
    note = Message("text.unpacked_member", part=listed([name]))
    if others:
        note = Message("text.unpacked_one_of", note=note, count=len(others) + 1, others=listed(others))
    return Unpacked(data, _base(name), note, bool(asked), name, choices if others else ())


def _all(archive: zipfile.ZipFile, names: Sequence[str], choices: tuple[str, ...], packed: Packed) -> Unpacked:
    """The texts of these members, in the order of their names."""
    texts: dict[str, bytes] = {}
    left = packed.max_bytes
    for name in sorted(names):
        texts[name] = read_member(archive, name, WHAT, left)
        left -= len(texts[name])
    data, encodings = join(texts, packed.encoding)
    note = Message("text.unpacked_all", count=len(names))
    if len(encodings) > 1:
        told = reduce(lambda before, after: Message("text.list", before=before, after=after), encodings)
        note = Message("text.unpacked_from_encodings", note=note, encodings=told)
    return Unpacked(data, renamed(packed.name, "txt"), note, True, ALL, choices)


def _kin(names: Sequence[str]) -> list[str]:
    """The largest of the texts, and the others of its kind."""
    return [n for n in names if _extension(n) == _extension(names[0]) and (n == names[0] or not _ASIDE.search(n))]


def _texts(archive: zipfile.ZipFile) -> list[str]:
    """The members that hold a text, the largest first, but those that tell about others last; else the documents."""
    sizes = {
        info.filename: info.file_size
        for info in archive.infolist()
        if info.file_size and not info.is_dir() and not _HIDDEN.search(info.filename)
    }
    names = sorted(sizes, key=lambda name: (bool(_ASIDE.search(name)), -sizes[name]))
    texts = [name for name in names[:_MAX_TRIED] if not _DOCUMENT.search(name) and _is_text(archive, name)]
    if not texts or _ASIDE.search(texts[0]):
        return [name for name in names if _DOCUMENT.search(name)] or texts
    return texts


def _is_text(archive: zipfile.ZipFile, name: str) -> bool:
    head = read_head(archive, name, WHAT, _HEAD)
    return head.startswith(_WIDE) or not _BINARY.search(head)


def _meant(archive: zipfile.ZipFile, kin: Sequence[str], choices: Sequence[str]) -> str:
    """The largest, unless others of its kind are as large or together hold far more. Raises SeveralTextsError then."""
    size, *sizes = (archive.getinfo(name).file_size for name in kin)
    if any(each > _RIVAL * size for each in sizes) or sum(sizes) > 2 * size:
        raise SeveralTextsError(Message("text.which_part", count=len(kin), parts=listed(kin)), choices)
    return kin[0]


def _base(name: str) -> str:
    return re.split(r"[\\/]", name)[-1]


def _extension(name: str) -> str:
    return _base(name).rpartition(".")[2].lower() if "." in _base(name) else ""


KIND = Kind(WHAT, recognizes, read, confined=False)
