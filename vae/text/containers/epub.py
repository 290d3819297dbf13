"""E-books (.epub): the words of the chapters in the order of their spine, without contents and covers."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote, urldefrag

from vae.messages.message import Message
from vae.text.containers.chapter import lines_of
from vae.text.containers.markup import elements
from vae.text.containers.packed import (
    MAX_MARKUP,
    Kind,
    Listing,
    Packed,
    Unpacked,
    encrypted,
    of_lines,
    too_large,
    without_text,
)
from vae.text.containers.zip_file import open_zip, read_member

WHAT = Message("text.e_book")
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"  # also lists fonts, which are often disguised and are none of our business
_CHAPTER = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_NAVIGATION = ("toc", "cover", "title-page", "copyright-page", "index", "loi", "lot")
_DECLARED = re.compile(rb"""\A[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""")


def recognizes(data: bytes, listing: Listing) -> bool:
    return _CONTAINER in listing.names


def read(packed: Packed) -> Unpacked:
    left, characters = MAX_MARKUP * packed.max_bytes, packed.max_bytes
    lines: list[str] = []
    with open_zip(packed.data, WHAT) as archive:
        chapters = list(_chapters(archive, left))
        if _ENCRYPTION in archive.namelist():
            locked = read_member(archive, _ENCRYPTION, WHAT, left).decode("utf-8", "replace")
            if any(chapter in locked for chapter in chapters):
                raise encrypted(WHAT)
        for chapter in chapters:
            data = read_member(archive, chapter, WHAT, left)
            left -= len(data)
            said = lines_of(_decoded(data))
            characters -= sum(map(len, said))
            if characters < 0:
                raise too_large(packed.max_bytes)
            lines += said
    if not lines:
        raise without_text(WHAT)
    return of_lines(lines, packed, Message("text.unpacked_book", count=len(chapters)))


def _chapters(archive: zipfile.ZipFile, most: int) -> Iterator[str]:
    """The names of the members that hold chapters, in their order; none twice."""
    container = elements(read_member(archive, _CONTAINER, WHAT, most), WHAT)
    package = next((a.get("full-path", "") for name, a in container if name == "rootfile"), "")
    listed = elements(read_member(archive, package, WHAT, most), WHAT)
    aside = {_place(package, a) for name, a in listed if name == "reference" and a.get("type") in _NAVIGATION}
    items = {
        a.get("id"): _place(package, a)
        for name, a in listed
        if name == "item" and a.get("media-type") in _CHAPTER and "nav" not in a.get("properties", "").split()
    }
    spine = [a.get("idref") for name, a in listed if name == "itemref" and a.get("linear") != "no"]
    there = set(archive.namelist())
    yield from dict.fromkeys(items[i] for i in spine if i in items and items[i] in there and items[i] not in aside)


def _place(package: str, attributes: dict[str, str]) -> str:
    """The member that an item of a package names, relative to it."""
    href = unquote(urldefrag(attributes.get("href", "")).url)
    return posixpath.normpath(posixpath.join(posixpath.dirname(package), href))


def _decoded(data: bytes) -> str:
    """A chapter in the encoding that it declares, or else UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    declared = _DECLARED.match(data)
    try:
        return data.decode(declared[1].decode() if declared else "utf-8-sig")
    except (UnicodeDecodeError, LookupError):
        return data.decode("cp1252", "replace")


KIND = Kind(WHAT, recognizes, read)
