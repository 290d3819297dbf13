"""Text to clean lines. Every pass is linear in its input, whatever the input."""

from __future__ import annotations

import re
import unicodedata

from vae.messages.message import UserError

SAMPLE_SIZE = 65_536  # bytes or characters looked at where a look is enough

# Control, formatting and direction marks that nobody sees, lone surrogates and noncharacters. The joiners
# U+200C and U+200D stay: Persian, Hindi and emoji are spelt with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff]"
)
_MAX_MARKS = 30  # combining marks in a row beyond which a text is no language: Unicode's stream-safe limit
READABLE = re.compile(r"[^\W_]")  # a letter or digit
_LINE_END = re.compile("\r\n|\n|\r")


class CorpusError(UserError):
    """A text that cannot be used. Its message is written for the person who brought the text."""


def split_lines(text: str) -> list[str]:
    """The lines of a text, ended by CR LF, LF or CR only; an end after the last line begins no other."""
    parts = split_at_line_ends(text)
    if not parts[-1]:
        parts.pop()
    return parts


def split_at_line_ends(text: str) -> list[str]:
    """The parts of a text before, between and behind its line ends."""
    return _LINE_END.split(text) if "\r" in text else text.split("\n")


def clean(text: str) -> str:
    """One line of visible text: invisible characters removed, every run of white space one space, NFC.

    NFC, so that a letter typed with its accent equals one put together from two characters. Cleaning
    twice equals cleaning once.
    """
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    text = " ".join(text.split())
    if text.isascii() or unicodedata.is_normalized("NFC", text) or _has_endless_marks(text):
        return text
    return unicodedata.normalize("NFC", text)


def _has_endless_marks(text: str) -> bool:
    """Whether marks pile up so high that sorting them, quadratic in their number, would take too long."""
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MAX_MARKS:
            return True
    return False
