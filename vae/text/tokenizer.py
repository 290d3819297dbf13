"""Sentences to token ids and back, exactly: SentencePiece with the options that lose nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import sentencepiece as spm

from vae.messages.message import Message, UserError

PAD_ID, UNK_ID, BOS_ID, EOS_ID = 0, 1, 2, 3

# SentencePiece writes spaces as U+2581 and reserves U+2585; training drops lines that hold either, and a
# real U+2581 would come back as a space. These three private-use characters stand in for them, and the
# escape character escapes itself.
_ESCAPE, _SPACE, _RESERVED = "\ue0fe", "\ue0fc", "\ue0fd"
_TO_PIECES = {ord("\u2581"): _ESCAPE + _SPACE, ord("\u2585"): _ESCAPE + _RESERVED, ord(_ESCAPE): _ESCAPE * 2}
_FROM_PIECES = {_SPACE: "\u2581", _RESERVED: "\u2585", _ESCAPE: _ESCAPE}

_ESCAPED = re.compile(_ESCAPE + "(.)", re.DOTALL)

_LONGEST_PIECE = 64  # characters of one that is written with others: those of our own have 16 at most
_SAMPLE_CHARACTERS = 5_000_000  # learning from them takes a second or two, and 150 MB


class Beginning(NamedTuple):
    """How a sentence begins: the ids of its first pieces; which may come next, (V,) bool, or None for any; and what
    words of it are unknown."""

    ids: list[int]
    following: np.ndarray | None
    unknown: list[str]


class Tokenizer:
    """A trained SentencePiece model. Pad, unknown, begin and end have ids 0 to 3.

    Attributes:
        model: its bytes.
        known: (V,) bool, the pieces that a model has learned from: the others are never said, and sentences are cut
            without them where that is possible.
    """

    def __init__(self, model: bytes, known: np.ndarray | None = None) -> None:
        """With `known`, or what of it the pieces themselves tell: all but marks and single bytes.

        Raises:
            UserError: the bytes are no tokenizer of ours, or `known` does not fit it.
        """
        self.model = model
        self._processor = spm.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except RuntimeError as error:
            raise UserError(Message("text.tokenizer_unreadable")) from error
        special = (
            self._processor.pad_id(),
            self._processor.unk_id(),
            self._processor.bos_id(),
            self._processor.eos_id(),
        )
        if special != (PAD_ID, UNK_ID, BOS_ID, EOS_ID):
            raise UserError(Message("text.tokenizer_special_ids"))
        try:
            self._processor.decode([[id_] for id_ in range(len(self))])
        except UnicodeDecodeError as error:
            raise UserError(Message("text.tokenizer_piece")) from error
        if known is None:
            known = np.array([not self._processor.IsByte(id_) for id_ in range(len(self))])
        if known.shape != (len(self),):
            raise UserError(Message("text.tokenizer_known_pieces"))
        self.known = known.astype(bool)
        self.known[:EOS_ID], self.known[EOS_ID] = False, True

    def __len__(self) -> int:
        """The vocabulary, special pieces and bytes included."""
        return int(self._processor.vocab_size())

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """Ids of each sentence, without begin and end."""
        joined = "\n".join(sentences)
        if any(chr(character) in joined for character in _TO_PIECES):
            sentences = [_escape(s) for s in sentences]
        rows: list[list[int]] = self._processor.encode(list(sentences), out_type=int)
        unknown = self._unknown.keys()
        return [row if unknown.isdisjoint(row) else [part for id_ in row for part in self._parts(id_)] for row in rows]

    def unknown_words(self, text: str) -> list[str]:
        """The different words of a text, between its spaces, that known pieces cannot write; in their order."""
        words = list(dict.fromkeys(text.split()))
        return [word for word, ids in zip(words, self.encode(words), strict=True) if not self.known[ids].all()]

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """The sentences of ids. What a model makes up may hold broken bytes: they become U+FFFD."""
        return [_unescape(text) for text in self._processor.decode([list(row) for row in ids])]

    def begin(self, start: str) -> Beginning:
        """The pieces that a sentence with this start begins with.

        Behind a blank at its end comes a new word. Without one its last word may go on; and where known pieces cannot
        write that word as it is, what is left over is the beginning of a piece to come.
        """
        *words, last = start.split() or [""]
        if start[-1:].isspace():
            return Beginning(self.encode([start.strip()])[0], self._continuing("\u2581"), self.unknown_words(start))
        if not self.unknown_words(last):
            return Beginning(self.encode([start])[0], None, self.unknown_words(start))
        text = "\u2581" + _escape(last)
        for end in range(min(len(text), _LONGEST_PIECE)):
            parts, following = _fewest_parts(text[:end], self._pieces), self._continuing(text[end:])
            if (parts or not end) and following.any():
                before = self.encode([" ".join(words)])[0]
                return Beginning(before + parts, following, self.unknown_words(" ".join(words)))
        return Beginning([], None, self.unknown_words(start))

    def _continuing(self, text: str) -> np.ndarray:
        """(V,) bool, the known pieces that begin with a text."""
        return np.isin(np.arange(len(self)), [id_ for piece, id_ in self._pieces.items() if piece.startswith(text)])

    @cached_property
    def _pieces(self) -> dict[str, int]:
        """The known pieces by what they write; no marks and no single bytes."""
        ids = [id_ for id_ in np.flatnonzero(self.known).tolist() if id_ > EOS_ID and not self._processor.IsByte(id_)]
        return {self._processor.IdToPiece(id_): id_ for id_ in ids}

    @cached_property
    def _unknown(self) -> dict[int, list[int]]:
        """The unknown pieces that known ones might write, with those that do, filled in as they occur."""
        return {
            id_: [] for id_ in np.flatnonzero(~self.known).tolist() if id_ > EOS_ID and not self._processor.IsByte(id_)
        }

    def _parts(self, id_: int) -> list[int]:
        """The piece itself, or what stands in for an unknown one: the fewest known pieces that write the same."""
        if id_ not in self._unknown:
            return [id_]
        if not self._unknown[id_]:
            self._unknown[id_] = _fewest_parts(self._processor.IdToPiece(id_), self._pieces) or [id_]
        return self._unknown[id_]


def train_tokenizer(sentences: Sequence[str], kind: str = "bpe", vocabulary: int = 4000) -> Tokenizer:
    """Learn the pieces of a text.

    The same sentences give the same bytes. A vocabulary that is too small for the text's characters is raised,
    one that is too large for the text is lowered.

    Args:
        kind: bpe, unigram, word or char. Only word can lose something: the words it does not know.
    Raises:
        ValueError: there is nothing to learn from.
    Source: Sennrich et al. 2016, arXiv:1508.07909 (bpe); Kudo 2018, arXiv:1804.10959 (unigram).
    """
    escaped = [_escape(s) for s in _thinned(sentences) if s]
    if not escaped:
        raise ValueError("a tokenizer needs at least one sentence")
    characters = len(set().union(*map(set, escaped)))
    byte_fallback = kind != "word"
    needed = characters + (256 if byte_fallback else 0) + 8
    options: dict[str, Any] = {
        "model_type": kind,
        "vocab_size": max(vocabulary, needed) if kind != "char" else max(needed, 512),
        "hard_vocab_limit": False,
        "normalization_rule_name": "identity",
        "remove_extra_whitespaces": False,
        "byte_fallback": byte_fallback,
        # The trainer cuts the marks' own names out of the text, so they get names that no sentence holds.
        **{f"{mark}_piece": f"\n{mark}" for mark in ("pad", "unk", "bos", "eos")},
        "use_all_vocab": kind == "word",
        "character_coverage": 1.0,
        "max_sentence_length": max(10, 1 + max(len(s.encode()) for s in escaped)),  # 10 is its least
        "num_threads": 1,
        "minloglevel": 2,
    }
    if kind == "word":
        options["vocab_size"] = min(vocabulary, 4 + len({word for s in escaped for word in s.split(" ")}))
    output = io.BytesIO()
    spm.SentencePieceTrainer.Train(
        sentence_iterator=iter(escaped), model_writer=output,
        pad_id=PAD_ID, unk_id=UNK_ID, bos_id=BOS_ID, eos_id=EOS_ID, **options,
    )  # fmt: skip
    return Tokenizer(output.getvalue())


def _thinned(sentences: Sequence[str]) -> Sequence[str]:
    """Every k-th sentence, so that what the trainer has to hold stays bounded."""
    total = sum(map(len, sentences))
    return sentences[:: -(-total // _SAMPLE_CHARACTERS)] if total else sentences


def _fewest_parts(text: str, known: Mapping[str, int]) -> list[int]:
    """The ids of the fewest known pieces that make up a text; [] when none do."""
    best: list[list[int] | None] = [[]]  # for each length of its beginning
    if len(text) > _LONGEST_PIECE:
        return []
    for end in range(1, len(text) + 1):
        ways = [
            [*before, known[text[begin:end]]]
            for begin, before in enumerate(best)
            if before is not None and text[begin:end] in known
        ]
        best.append(min(ways, key=len, default=None))
    return best[-1] or []


def _escape(text: str) -> str:
    return text.translate(_TO_PIECES)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: _FROM_PIECES.get(match[1], match[1]), text)
