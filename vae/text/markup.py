"""Marks of web pages and of chats inside of texts: the words of them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from vae.text.cleaning import clean

_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}\d{0,2});"
_PAIRED = (
    "p|b|i|u|em|strong|div|span|a|li|ul|ol|h[1-6]|font|center|blockquote|td|tr|table|sub|sup|small|code|pre|cite|q"
)
# What only somebody writes who means a mark.
_SHOWN = re.compile(rf"<br ?/?>|</(?:{_PAIRED})>|{_ENTITY}|<@!?[UW]?\w{{6,}}>|<https?://[^<>\s]+>", re.IGNORECASE)
_BLOCK = re.compile(
    r"</?(?:br|p|div|li|ul|ol|h[1-6]|tr|table|blockquote|hr|pre|section|article|dl|dt|dd|figure|figcaption|header|main|details|summary)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(
    rf"</?(?:{_PAIRED}|img|s|strike|del|ins|mark|abbr|time|wbr|video|audio|iframe)\b[^<>]*>", re.IGNORECASE
)
_MENTION = re.compile(
    r"<(?:[@#!][^<>|]{0,40}(?:\|([^<>]{0,80}))?|a?:\w{1,40}:\d{1,25}|https?://[^<>|]*(?:\|([^<>]*))?)>"
)


def shows_markup(cells: Sequence[str]) -> bool:
    """Whether texts are written with tags and entities: one in a hundred of them at least."""
    shown = sum(bool(_SHOWN.search(cell)) for cell in cells)
    return shown > 0 and shown * 100 >= len(cells)


def without_markup(text: str) -> str:
    """The words of a text with tags, entities and mentions; what a page shows on lines of its own has them."""
    if "<" in text:
        text = _MENTION.sub(lambda found: found[1] or found[2] or "", text)
        text = _TAG.sub("", _BLOCK.sub("\n", text))
    if "&" in text:
        text = html.unescape(html.unescape(text)) if "&amp;" in text else html.unescape(text)
    return "\n".join(map(clean, text.split("\n")))
