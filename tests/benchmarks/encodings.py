"""How often a text in an old encoding is read right, by language, encoding and length, as JSON.

    python tests/benchmarks/encodings.py FOLDER [--samples 20] [--detectors ours chardet charset_normalizer cchardet]

FOLDER holds a text for each language, UTF-8, a sentence a line: cs.txt, de.txt and so on; those that it lacks are
left out. They must be others than those that the letter pairs come from. A sample is a number of lines drawn from it,
of those that the encoding can write. It is read right when all of it comes out as it was. The other detectors, where
they are installed, are given the first 64 kB of the same samples.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import random
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from vae.text.cleaning import CorpusError
from vae.text.file_encoding import open_text

WESTERN = "cp1252 iso8859_15 mac_roman cp850"
CENTRAL = "cp1250 iso8859_2 cp852"
BALTIC = "cp1257 iso8859_13 iso8859_4 cp775"
CYRILLIC = "cp1251 iso8859_5 mac_cyrillic cp855"
PAIRS = {  # the encodings in which texts of a language were kept
    "en": "cp1252 mac_roman",
    **dict.fromkeys(("de", "fr", "es", "it", "nl", "sv", "fi"), f"{WESTERN} cp437 utf_16_le"),
    "pt": f"{WESTERN} cp860", "ga": WESTERN, "da": f"{WESTERN} cp865", "no": f"{WESTERN} cp865",
    "is": "cp1252 iso8859_15 mac_iceland cp850 cp861",
    **dict.fromkeys(("cs", "pl", "hu", "sk"), f"{CENTRAL} mac_latin2"),
    **dict.fromkeys(("sl", "hr"), f"{CENTRAL} mac_croatian"), "ro": f"{CENTRAL} mac_romanian",
    "tr": "cp1254 iso8859_9 mac_turkish cp857", **dict.fromkeys(("lt", "lv", "et"), BALTIC),
    "ru": f"{CYRILLIC} koi8_r cp866 utf_16_be", "uk": f"{CYRILLIC} koi8_u cp1125", "bg": f"{CYRILLIC} koi8_r cp866",
    "be": f"{CYRILLIC} cp866", "mk": CYRILLIC, "el": "cp1253 iso8859_7 mac_greek cp737 cp869",
    "he": "cp1255 iso8859_8 cp862", "ar": "cp1256 iso8859_6", "th": "cp874 iso8859_11", "vi": "cp1258",
    "ja": "cp932 euc_jp iso2022_jp", "ko": "cp949 euc_kr", "zh_hans": "gb18030 gbk utf_16_le", "zh_hant": "big5 cp950",
}  # fmt: skip
WIDER = {"euc_kr": "cp949", "big5": "cp950"}  # what reads them, but for signs that they write in a way of their own
LENGTHS = {3: 1.0, 30: 1.0, 1000: 0.1}  # lines of a sample -> samples, as a part of those asked for
CEDILLAS = str.maketrans("șțȘȚ", "şţŞŢ")  # which the encodings of Romanian have instead
TONES = "\u0300\u0301\u0303\u0309\u0323"  # which the one of Vietnamese writes behind their vowels
Detector = Callable[[bytes], str | None]  # the text that bytes are, or None


def as_written(sentence: str, encoding: str) -> str:
    """A sentence in the characters that the encoding has."""
    if encoding == "cp1258":
        parts = unicodedata.normalize("NFD", sentence)
        for tone in TONES:
            parts = parts.replace(tone, f"\0{tone}")
        return "".join(unicodedata.normalize("NFC", part) for part in parts.split("\0"))
    return sentence if encoding == "iso8859_16" else sentence.translate(CEDILLAS)


def writable(sentences: list[str], encoding: str) -> Iterator[str]:
    """Those that the encoding can write, and in no other way than most do."""
    for sentence in sentences:
        written = as_written(sentence, encoding)
        try:
            alike = written.encode(encoding) == written.encode(WIDER.get(encoding, encoding))
        except UnicodeEncodeError:
            continue
        if alike and written.encode(encoding).decode(encoding) == written:
            yield written


def samples(sentences: list[str], encoding: str, lines: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Texts and their bytes; at least one line of each is not ASCII."""
    draw = random.Random(f"{encoding} {lines}")
    chosen = list(writable(sentences, encoding))
    telling = [sentence for sentence in chosen if not sentence.isascii()]
    for _ in range(count):
        drawn = [draw.choice(telling), *draw.sample(chosen, min(lines - 1, len(chosen)))]
        text = "".join(f"{line}\n" for line in drawn)
        yield unicodedata.normalize("NFC", text), text.encode(encoding)


def ours(data: bytes) -> str | None:
    try:
        return open_text(lambda: io.BytesIO(data)).read()
    except CorpusError:
        return None


def theirs(name: str) -> Detector:
    """A detector of another package, by its module's name."""
    module = importlib.import_module(name)

    def detect(data: bytes) -> str | None:
        head = data[:65_536]
        if name == "charset_normalizer":
            best = module.from_bytes(head).best()
            found = best.encoding if best else None
        else:
            answer = module.detect(head)
            found = answer if isinstance(answer, str) else answer["encoding"]
        try:
            return data.decode(found) if found else None
        except (UnicodeDecodeError, LookupError):
            return None

    return detect


def main() -> None:
    parser = argparse.ArgumentParser(description="How often an old encoding is told right.")
    parser.add_argument("folder", type=Path, help="of texts, one a language")
    parser.add_argument("--detectors", nargs="+", default=["ours"], metavar="MODULE", help="ours, or other packages")
    parser.add_argument("--samples", type=int, default=20, help="of each length of each pair; of 1,000 lines a tenth")
    args = parser.parse_args()
    detectors: dict[str, Detector] = {name: ours if name == "ours" else theirs(name) for name in args.detectors}
    shares: dict[str, dict[str, dict[str, dict[int, float]]]] = {name: {} for name in detectors}
    for language, encodings in PAIRS.items():
        if not (file := args.folder / f"{language}.txt").exists():
            continue
        sentences = [unicodedata.normalize("NFC", line) for line in file.read_text("utf-8").splitlines()]
        for encoding in encodings.split():
            for lines, part in LENGTHS.items():
                drawn = list(samples(sentences, encoding, lines, max(1, round(part * args.samples))))
                for name, detect in detectors.items():
                    right = sum(unicodedata.normalize("NFC", detect(data) or "") == text for text, data in drawn)
                    by_length = shares[name].setdefault(language, {}).setdefault(encoding, {})
                    by_length[lines] = round(right / len(drawn), 3)
    means = {}
    for name, languages in shares.items():
        pairs = [by_length for encodings in languages.values() for by_length in encodings.values()]
        means[name] = {lines: round(sum(pair[lines] for pair in pairs) / len(pairs), 4) for lines in LENGTHS}
    print(json.dumps({"mean": means, "share": shares}))


if __name__ == "__main__":
    main()
