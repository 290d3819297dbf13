"""Write `vae/text/encodings/letter_pairs.npz`: how many bits each letter costs after another, by language.

    python assets/encodings/generate.py LINGUA LANGDETECT

The folders are `lingua/language-models` of the package lingua-language-detector 1.3.5 and `langdetect/profiles` of
langdetect 1.0.9, both under Apache 2.0; `pip install brotli` reads the first. Both hold counts alone, no text.

lingua counts letters and, inside of words, how often one follows another. What it lacks of a letter's pairs is how
often a word begins or ends there. It leaves out the marks of Thai, whose pairs are langdetect's. Its Chinese is
traditional; opencc-python-reimplemented (Apache 2.0) tells the simplified characters, which make up half of ours.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import brotli
import numpy as np
from opencc import OpenCC

TARGET = Path(__file__).resolve().parents[2] / "vae" / "text" / "encodings" / "letter_pairs.npz"
ALPHABETIC = [
    "af", "ar", "be", "bg", "bs", "ca", "cs", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga",
    "he", "hr", "hu", "is", "it", "kk", "lt", "lv", "mk", "nb", "nl", "nn", "pl", "pt", "ro", "ru", "sk", "sl", "sq",
    "sr", "sv", "tr", "uk", "ur", "vi",
]  # fmt: skip
LOGOGRAPHIC = {"ja": 2000, "ko": 1500, "zh": 4500}  # how many of their characters are kept
RAREST = 3e-6  # share of a text's letters below which a letter is no part of a language
STEP = 1 / 16  # bit
MOST = 14.0  # bits


def lingua(folder: Path, language: str, name: str) -> dict[str, float]:
    """Relative frequencies: of letters, or of pairs among all occurrences of their first letter."""
    counts = json.loads(brotli.decompress((folder / language / f"{name}.json.br").read_bytes()))["ngrams"]
    return {gram: float(Fraction(share)) for share, grams in counts.items() for gram in grams.split(" ")}


def bits(shares: np.ndarray, most: float = MOST) -> np.ndarray:
    """Shares of 1 as costs in steps, uint8."""
    return np.round(np.minimum(-np.log2(np.maximum(shares, 2.0**-most)), most) / STEP).astype(np.uint8)


def pair_costs(letters: Mapping[str, float], pairs: Mapping[str, float]) -> tuple[str, np.ndarray]:
    """The alphabet in order of code points, and (N + 1, N + 1) costs of the second after the first; 0 is no letter."""
    alphabet = "".join(sorted(letter for letter, share in letters.items() if share >= RAREST and letter not in "ªº"))
    joint = np.zeros((len(alphabet) + 1,) * 2)
    for i, first in enumerate(alphabet, 1):
        for j, second in enumerate(alphabet, 1):
            joint[i, j] = letters[first] * pairs.get(first + second, 0.0)
    shares = np.array([letters[letter] for letter in alphabet])
    joint[1:, 0] = np.maximum(shares - joint[1:, 1:].sum(axis=1), 0)
    joint[0, 1:] = np.maximum(shares - joint[1:, 1:].sum(axis=0), 0)
    costs = bits(joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-12))
    costs[0, 0] = 0
    return alphabet, costs


def langdetect(file: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The same two of a profile of langdetect."""
    found = json.loads(file.read_text("utf-8"))
    counts = {gram: count for gram, count in found["freq"].items() if " " not in gram and not gram.isascii()}
    total = sum(count for gram, count in counts.items() if len(gram) == 1)
    letters = {gram: count / total for gram, count in counts.items() if len(gram) == 1 and "\u0e00" < gram < "\u0e80"}
    return letters, {gram: count / counts[gram[0]] for gram, count in counts.items() if len(gram) == 2}


def half_simplified(traditional: Mapping[str, float]) -> dict[str, float]:
    """The shares of characters in a text whose one half is written in simplified ones."""
    simplify, shares = OpenCC("t2s").convert, dict.fromkeys(traditional, 0.0)
    for character, share in traditional.items():
        for form in (character, simplify(character)):
            shares[form] = shares.get(form, 0.0) + share / 2
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the letter pairs of each language.")
    parser.add_argument("lingua", type=Path, help="the folder of language models of lingua")
    parser.add_argument("langdetect", type=Path, help="the folder of profiles of langdetect")
    args = parser.parse_args()
    arrays: dict[str, np.ndarray] = {}
    for language in ALPHABETIC:
        found = pair_costs(lingua(args.lingua, language, "unigrams"), lingua(args.lingua, language, "bigrams"))
        arrays[f"{language}.letters"], arrays[f"{language}.bits"] = np.array(found[0]), found[1]
    found = pair_costs(*langdetect(args.langdetect / "th"))
    arrays["th.letters"], arrays["th.bits"] = np.array(found[0]), found[1]
    for language, size in LOGOGRAPHIC.items():
        shares = lingua(args.lingua, language, "unigrams")
        if language == "zh":
            shares = half_simplified(shares)
        common = sorted(sorted(shares, key=shares.__getitem__, reverse=True)[:size])
        arrays[f"{language}.letters"] = np.array("".join(common))
        arrays[f"{language}.bits"] = bits(np.array([shares[one] for one in common]), most=15.9)
    np.savez_compressed(TARGET, **arrays)
    print(f"{TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
