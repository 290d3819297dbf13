"""How well a text fits a language: the bits that its letters cost, each after the one before it.

A wrong encoding makes letters that no language has there, signs and capitals inside of words, and characters that
nobody writes. All of them cost. Readings of the same bytes can be compared by their bits, whatever their alphabets.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_FILE = Path(__file__).with_name("letter_pairs.npz")  # made by assets/encodings/generate.py, which tells its source
_STEP = 1 / 16  # bits, of the costs in the file
_NEVER = 14.0  # bits of a pair that a language does not have
_BEHIND_FOREIGN = 8.0  # bits of any letter behind one that the language does not have
_UNCOMMON = 17.0  # bits of a character of Chinese, Japanese or Korean that is not among the common ones
_ASCII_WEIGHT = 0.5  # of pairs that every reading shares: they tell the language alone
_FAR_WEIGHT = 0.02  # of those far from what is not ASCII, which may be in another language
_NEAR = 20  # characters
_SIGN_IN_WORD = 8.0  # bits; what joins words is excepted
_INITIAL = 0.5  # of that, for an apostrophe that begins a word
_CAPITAL_IN_WORD = 7.0
_MIXED_WORD = 22.0  # a letter of another script, but for those three
_SCRIPTS_MEET = 3.0  # a letter of ASCII beside a character of Chinese, Japanese or Korean
_GARBAGE = 24.0  # a control character, one that does not exist, or a byte that the encoding does not have
_JOINERS = {  # what may stand inside of words, and in which languages; in none other, it is a sign like any
    "’": frozenset(["en", "fr", "it", "ca", "ga", "eu", "sq", "af", "nl", "tr", "uk", "be", "et", "fi"]),
    "—": frozenset(["en"]),
}
_NEVER_BEHIND_LETTERS = "‚„¿¡•§£€¥©†‡°"
_NEVER_BEFORE_LETTERS = "©®™°¹²³ºª‰½¼¾¬¢£¥€±×÷´¨¸¦¶"
_STRAY_LETTER = 8.0  # of another script than that of nearly all letters, if such hardly ever make a word
_STRAY_CHARACTER = 24.0  # of those that are not common; a common one may be what a list explains
_FEW = 8  # times as many letters as of a script that is hardly there
_OTHER_WORDS = 1.0  # bits of a word in English within a language of another script
_SIGNS = {  # the bits of those that texts have; any other costs _ODD_SIGN
    **dict.fromkeys("“”’–—…«»、。「」，：！？（）・『』；《》", 6.0),
    **dict.fromkeys("®™°€£§·•¿¡½¼¾×²³ªº„‹›№¢¥\xa0\u3000،؛؟‐‑ー〜～", 8.0),
    **dict.fromkeys("©‘¬¦¨¯±´µ¶¸÷‰¹‚†‡", 11.0),
}
_ODD_SIGN = 14.0
_LOGOGRAPHIC = ("ja", "ko", "zh")
_IDEOGRAPHS = 0x2E80  # from this code point on there are no words between spaces
MARK = "\ufdd0"  # stands for a byte that could not be read: a character that no text holds

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a reading holds, counted."""

    pairs: Integers  # (P, 2) code points of letters in lower case; 0 is anything else
    weights: Floats  # (P,) how often, those of ASCII less
    signs: float  # bits of what is no letter or stands wrong, in any language
    joiners: tuple[int, ...]  # how often each of _JOINERS stands inside of a word
    alone: Integers  # (N,) letters that are not ASCII, and have no such beside them, if most have none; else ()
    strays: int  # letters that are not ASCII and stand in words of at most two, if most do, of few; else 0

    @property
    def size(self) -> float:
        """How much there is to judge by: with bits in its proportion, a text is one."""
        return float(self.weights.sum())

    @classmethod
    def of(cls, text: str) -> Tally:
        """Of a text in composed characters (NFC), in which MARK stands for each byte that could not be read."""
        points = np.frombuffer(f"\n{text}\n".encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
        unique, index = np.unique(points, return_inverse=True)
        traits = np.array([_traits(chr(point)) for point in unique])[index]
        letters = traits[:, 0].astype(np.int64)
        upper, lower, opens, closes = (traits[:, place].astype(np.bool_) for place in (2, 3, 4, 5))
        before, after, foreign = letters[:-1], letters[1:], points >= 128
        in_word = (letters > 0) & (letters < _IDEOGRAPHS)
        inside = in_word[:-2] & in_word[2:] & (letters[1:-1] == 0) & foreign[1:-1]
        joiners = tuple(int((inside & (traits[1:-1, 6] == group)).sum()) for group in range(len(_JOINERS)))
        misplaced = inside.sum() - sum(joiners) + (in_word[:-1] & opens[1:]).sum() + (closes[:-1] & in_word[1:]).sum()
        misplaced += _INITIAL * (~in_word[:-2] & (points[1:-1] == ord("’")) & in_word[2:]).sum()
        capitals = (lower[:-1] & upper[1:] & (foreign[:-1] | foreign[1:])).sum()
        bits = traits[:, 1].sum() + _SIGN_IN_WORD * misplaced + _CAPITAL_IN_WORD * capitals
        wanted = (before > 0) | (after > 0)
        key, place = np.unique((before << 21 | after)[wanted], return_inverse=True)
        weights = np.where(_around(foreign)[1:], _ASCII_WEIGHT, _FAR_WEIGHT)
        weights = np.where((before >= 128) | (after >= 128), 1.0, weights)[wanted]
        often: Floats = np.zeros(len(key))
        np.add.at(often, place, weights)
        alone, strays = _strays(letters)
        return cls(np.stack([key >> 21, key & 0x1FFFFF], 1), often, float(bits), joiners, alone, strays)

    def bits(self, language: str) -> float:
        """What the reading costs in this language."""
        found = zip(self.joiners, _JOINERS.values(), strict=True)
        signs = self.signs + _SIGN_IN_WORD * sum(count for count, languages in found if language not in languages)
        if language in _LOGOGRAPHIC:
            return signs + self._characters_bits(language)
        alphabet, costs = _model(language)
        if not _is_latin(language):
            signs += _STRAY_LETTER * self.strays
        first, second = (_places(alphabet, self.pairs[:, side]) for side in (0, 1))
        return signs + float(costs[first, second] @ self.weights)

    def _characters_bits(self, language: str) -> float:
        common, costs = _model(language)
        before, after = self.pairs[:, 0], self.pairs[:, 1]
        bits = costs[_places(common, after)] @ (self.weights * (after >= 128))
        bits += _STRAY_CHARACTER * (costs[_places(common, self.alone)] == _UNCOMMON).sum()
        meeting = ((before >= 128) & (after < 128) & (after > 0)) | ((after >= 128) & (before < 128) & (before > 0))
        bits += _SCRIPTS_MEET * (meeting @ self.weights)
        latin, pairs = _model("en")
        ascii_pairs = np.where(self.pairs < 128, self.pairs, 0)
        weights = np.where((before >= 128) | (after >= 128), _ASCII_WEIGHT, 1) * self.weights
        bits += _OTHER_WORDS * (((ascii_pairs[:, 0] == 0) & (ascii_pairs[:, 1] > 0)) @ weights)
        return float(bits + pairs[_places(latin, ascii_pairs[:, 0]), _places(latin, ascii_pairs[:, 1])] @ weights)


def _strays(letters: Integers) -> tuple[Integers, int]:
    """What `Tally` holds of the letters that are not ASCII and make no words; `letters` are 0 elsewhere."""
    beyond = np.pad(letters >= 128, 2)
    here = beyond[2:-2]
    before, after = beyond[1:-3], beyond[3:-1]
    alone = here & ~before & ~after
    short = here & ~(before & after | beyond[:-4] & before | after & beyond[4:])
    few = _FEW * here.sum() < (letters > 0).sum()
    return (
        letters[alone] if 2 * alone.sum() > here.sum() else letters[:0],
        int(short.sum()) if few and 2 * short.sum() > here.sum() else 0,
    )


def _around(places: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which places are at most _NEAR from one of the given."""
    until = np.concatenate([[0], np.cumsum(places)])
    here = np.arange(len(places))
    return until[np.minimum(here + _NEAR + 1, len(places))] > until[np.maximum(here - _NEAR, 0)]


@lru_cache(10_000)
def _traits(character: str) -> tuple[float, ...]:
    """Its letter (0: none), the bits of its sign, whether it is upper or lower case, whether it is never behind or
    never before a letter, and in which of _JOINERS it is (-1: none)."""
    sign = _sign(character)
    opens = sign == _ODD_SIGN or character in _NEVER_BEHIND_LETTERS
    closes = sign == _ODD_SIGN or character in _NEVER_BEFORE_LETTERS
    joiner = next((number for number, group in enumerate(_JOINERS) if character in group), -1)
    return _letter(character), sign, character.isupper(), character.islower(), opens, closes, joiner


def _letter(character: str) -> int:
    """The code point of a letter in lower case; 0 for anything else."""
    if not (character.isalpha() or unicodedata.category(character).startswith("M")) or character in "ªºー":
        return 0
    lower = character.lower()
    return ord(lower if len(lower) == 1 else character)


def _sign(character: str) -> float:
    """The bits of what is no letter, in any language; 0 for letters and for ASCII but its controls."""
    if character == MARK or unicodedata.category(character) in ("Cn", "Co", "Cs") or character == "\ufffd":
        return _GARBAGE
    if unicodedata.category(character) == "Cc":
        return 0 if character in "\t\n\r\x0b\x0c\x1a" else _GARBAGE
    if character < "\x80" or _letter(character):
        return 0
    return _SIGNS.get(character, 8.0 if "\u3000" <= character <= "\u303f" or character >= "\uff01" else _ODD_SIGN)


def _places(alphabet: Integers, letters: Integers) -> Integers:
    """Where each letter stands in a model: 0 for none, the last place for one that the language does not have."""
    place = np.searchsorted(alphabet, letters)
    known = alphabet[np.minimum(place, len(alphabet) - 1)] == letters
    return np.where(letters == 0, 0, np.where(known, place + 1, len(alphabet) + 1))


@cache
def _file() -> dict[str, npt.NDArray[Any]]:
    with np.load(_FILE, allow_pickle=False) as arrays:
        return dict(arrays)


def _is_latin(language: str) -> bool:
    return str(_file()[f"{language}.letters"])[0] < "\x80"


@cache
def _model(language: str) -> tuple[Integers, Floats]:
    """A language's letters in order (L,), and what the second of two costs after the first, (L + 2, L + 2).

    Place 0 is no letter, the last one a letter that the language does not have. Of a language in another script, the
    letters of English are part. Of Chinese, Japanese and Korean it is the cost of a character, (L + 2,).
    """
    letters = str(_file()[f"{language}.letters"])
    alphabet = np.array([ord(letter) for letter in letters], np.int64)
    found = _file()[f"{language}.bits"] * _STEP
    if language in _LOGOGRAPHIC:
        return alphabet, np.concatenate([[0.0], found, [_UNCOMMON]])
    latin = np.zeros(0, np.int64)
    if not _is_latin(language):
        latin, english = _model("en")
        latin, size = latin[:26], 26
        all_costs = np.full((size + len(alphabet) + 1,) * 2, _MIXED_WORD)
        all_costs[: size + 1, : size + 1] = english[: size + 1, : size + 1]
        all_costs[0, 1 : size + 1] += _OTHER_WORDS
        own = np.array([0, *range(size + 1, size + 1 + len(alphabet))])
        all_costs[np.ix_(own, own)] = found
        found = all_costs
    costs = np.full((len(found) + 1,) * 2, _NEVER)
    costs[:-1, :-1] = found
    costs[-1, :-1] = _BEHIND_FOREIGN
    return np.concatenate([latin, alphabet]), costs
