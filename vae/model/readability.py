"""Which words of a person's text a model cannot read, told by their pieces and by what the model makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vae.messages.message import Message
from vae.model.text_model import TextModel, sample
from vae.text.words import words_of

_SHOWN, _LONGEST = 8, 24  # words that a message names, and characters of each
_SAMPLES = 16  # sentences of the model's own, whose words are the measure of others


class Unread(NamedTuple):
    """Words of a text: those the model has never met, and those it knows only in pieces and did not say again."""

    unknown: tuple[str, ...]
    in_pieces: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        return [*self.unknown, *self.in_pieces]

    def message(self) -> str:
        """It in words for whoever wrote the text; nothing where all of it was read."""
        keys = ("model.words_unknown", "model.words_in_pieces")
        told = (
            Message(key, count=len(words), words=listed(words)) for key, words in zip(keys, self, strict=True) if words
        )
        return " ".join(map(str, told))


def unread_words(tm: TextModel, pairs: Iterable[tuple[str, str]]) -> list[Unread]:
    """What a model could not read of each text, told by what it made of it: pairs of a text and that.

    A word in several pieces is rare or new where the model's own words have mostly one each: it counts if it was lost,
    too. Of a model that builds its words of pieces, such as one of letters, pieces tell nothing.
    """
    found = []
    for text, said in pairs:
        unknown = tuple(tm.unknown_words(text))
        again, named = set(words_of(said)), " ".join(unknown)
        lost = dict.fromkeys(word for word in words_of(text) if word not in again and word not in named)
        found.append(Unread(unknown, tuple(_in_pieces(tm, list(lost)))))
    if any(unread.in_pieces for unread in found) and not _has_whole_words(tm):
        return [Unread(unread.unknown, ()) for unread in found]
    return found


def _has_whole_words(tm: TextModel) -> bool:
    """Whether most words that the model itself says are of one piece."""
    own = [word for point in sample(tm, _SAMPLES, seed=1) for word in words_of(point.text)]
    return 2 * len(_in_pieces(tm, own)) < len(own)


def _in_pieces(tm: TextModel, words: Sequence[str]) -> list[str]:
    """The words that take several pieces."""
    return [word for word, ids in zip(words, tm.tokenizer.encode(words), strict=True) if len(ids) > 1]


def listed(words: Sequence[str]) -> str:
    """Words in quotation marks, some of them if they are many."""
    shown = [word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…" for word in words[:_SHOWN]]
    listed = ", ".join(f"“{word}”" for word in shown)
    rest = len(words) - len(shown)
    return str(Message("model.words_and_more", words=listed, rest=rest)) if rest else listed
