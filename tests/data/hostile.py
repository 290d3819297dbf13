"""Files that try to break the corpus reader, made when asked for.

Run as a script, it reads each of them and prints what came of it as one line of JSON: its name, "corpus" or the
name of the error, what was kept or said, the seconds of computing, and the peak memory so far in bytes (0 where
unknown).
"""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import sys
import time
import zipfile
from collections.abc import Callable

MB = 1_000_000
_ZALGO = ("a" + "\u0301\u0323" * 15) * 12  # as many marks in a row as are still put in order
PROSE = "The train was late. Nobody minded, because Dr. Lee had brought a kite. We flew it until dark!\n"


def _zip(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "The train was late.\nNobody minded.\n")
    return buffer.getvalue()


def _noise(size: int, low: int = 0) -> bytes:
    source = random.Random(7)
    return bytes(source.randrange(low, 256) for _ in range(size))


def _objects(count: int) -> str:
    return "".join(json.dumps({"id": i, "text": f"This is sentence {i}."}) + "\n" for i in range(count))


def _model() -> bytes:
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    return struct.pack("<Q", len(header)) + header + b"\0\0\0\0"


# name of the file -> (its bytes, "" where it must be read, else words of the message that it must end in)
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.txt": (lambda: b"", "empty"),
    "empty.csv": (lambda: b"", "no records"),
    "empty.json": (lambda: b"", "empty"),
    "only-bom.txt": (lambda: b"\xef\xbb\xbf", "empty"),
    "spaces.txt": (lambda: b" \t \n\n  \r\n", "At least 2"),
    "one-line.txt": (lambda: b"Only this.", "At least 2"),
    "one-sentence-often.txt": (lambda: b"Again.\n" * 100_000, "At least 2"),
    "punctuation.txt": (lambda: b"...\n!!!\n???\n", "letter or digit"),
    "noise.bin": (lambda: _noise(300_000), "binary"),
    "noise-without-nul.txt": (lambda: _noise(300_000, 1), "binary"),
    "high-noise.txt": (lambda: _noise(300_000, 128), "unknown encoding"),
    "nul-in-text.txt": (lambda: b"Hello there.\nNul\0 here.\n", "NUL"),
    "all-nul.txt": (lambda: bytes(MB), "NUL"),
    "controls.txt": (lambda: bytes(range(1, 9)) * 1000, "binary"),
    "utf16-le.txt": (lambda: b"\xff\xfe" + "Grüße dich.\r\nBis bald.\r\n".encode("utf-16-le"), ""),
    "utf16-be.txt": (lambda: b"\xfe\xff" + "Grüße dich.\nBis bald.\n".encode("utf-16-be"), ""),
    "utf16-cut.txt": (lambda: b"\xff\xfe" + "Grüße dich.".encode("utf-16-le")[:-1], "damaged"),
    "utf16-lone-surrogate.txt": (lambda: b"\xff\xfe\x00\xd8a\x00", "damaged"),
    "utf16-without-bom.txt": (lambda: "Hello there.\nSee you.\n".encode("utf-16-le"), "UTF-16"),
    "utf32.txt": (lambda: "Grüße dich.\nBis bald.\n".encode("utf-32"), ""),
    "latin-1.txt": (lambda: "Ça va très bien.\nOù est le café ?\n".encode("latin-1"), ""),
    "shift-jis.txt": (lambda: "吾輩は猫である。\n名前はまだ無い。\n".encode("shift_jis"), ""),
    "mixed-encodings.txt": (lambda: "Ça va très bien.\n".encode() * 9 + "Où est-il ?\n".encode("latin-1"), ""),
    "utf8-cut.txt": (lambda: "Grüße dich.\nBis später, mein Löwe".encode()[:-3], ""),
    "bom.txt": (lambda: b"\xef\xbb\xbfHello there.\nSee you.\n", ""),
    "crlf.txt": (lambda: b"Hello there.\r\nSee you.\r\n", ""),
    "old-mac.txt": (lambda: b"Hello there.\rSee you.\r", ""),
    "odd-separators.txt": (lambda: "One\x0btwo\x0cthree\x1cfour.\nFive\x85six\u2028seven.\n".encode(), ""),
    "rtl.txt": (lambda: "שלום לכולם.\nمرحبا بكم جميعا.\n\u202eevil\u202c text.\n".encode(), ""),
    "emoji.txt": (lambda: "I am happy 👩‍👩‍👧‍👦!\nSo am I 🏳️‍🌈.\n😀😀😀\n".encode(), ""),
    "unspaced.txt": (lambda: "我迫切需要冷饮。\n海豚是一種哺乳動物。\n".encode(), ""),
    "unspaced-endless.txt": (lambda: "我迫切需要冷饮。".encode() * 500_000, "At least 2"),
    "zalgo.txt": (lambda: ("a" + "\u0301\u0323" * (4 * MB) + "\nHello there.\nSee you.\n").encode(), ""),
    "zalgo-lines.txt": (lambda: "".join(f"{i}{_ZALGO}.\n" for i in range(25_000)).encode(), ""),
    "specials.txt": (lambda: "<script>alert(1)</script> a\n=cmd|' /C calc'!A1\n▁▅ b\n<unk> c\n".encode(), ""),
    "line-of-100-mb.txt": (lambda: b"a" * (100 * MB), "at most 20.0 MB"),
    "line-of-19-mb.txt": (lambda: b"a" * (19 * MB), "At least 2"),
    "words-of-19-mb.txt": (lambda: b"word " * (19 * MB // 5), "At least 2"),
    "line-of-19-mb.csv": (lambda: b"a" * (19 * MB), "no table"),
    "line-of-19-mb.jsonl": (lambda: b'{"text": "' + b"a" * (19 * MB) + b'"}', "no array"),
    "line-feeds.txt": (lambda: b"\n" * (19 * MB), "more than 1,000,000"),
    "line-feeds.csv": (lambda: b"text\n" + b"\n" * (19 * MB), "more than 1,000,000"),
    "dots.txt": (lambda: b"." * (19 * MB), "At least 2"),
    "dots-and-quotes.txt": (lambda: b'.")' * (6 * MB), "At least 2"),
    "dots-and-spaces.txt": (lambda: b". " * (9 * MB), "more than 1,000,000"),
    "guillemets.txt": (lambda: b"a." + " »".encode() * (6 * MB), "At least 2"),
    "initials.txt": (lambda: b"A. " * (6 * MB), "At least 2"),
    "too-many.txt": (lambda: b"".join(b"Number %d.\n" % i for i in range(600_000)), "more than 500,000"),
    "running.txt": (lambda: PROSE.replace(" ", "\n").encode() * 10, ""),
    "unclosed-quote.csv": (lambda: b'text,label\n"Hello there,good\nSee you.,bad\n' * 2000, "closing quotation"),
    "unclosed-quote-at-end.csv": (lambda: b'text,label\nHello.,good\n"See you.,bad\n', "line 3"),
    "unclosed-quote-large.csv": (lambda: b'text,label\n"Hello.\n' + b"See you.,bad\n" * 500_000, "line 2"),
    "quote-inside.csv": (lambda: b'text,label\n"Go" he said,good\nSee you.,bad\n', "line 2"),
    "ragged.csv": (lambda: b"text,label\nHello.,good,more\nSee you.\nBye now.,bad\nOh, well, no, yes.\n", ""),
    "wide.csv": (lambda: b"a," * (9 * MB), "no table"),
    "wide-later.csv": (lambda: b"text,label\n" + b"b," * 400_000, "columns"),
    "header-only.csv": (lambda: b"text,label\n", "no records"),
    "semicolons.csv": (lambda: "text;label\nSchön, danke.;gut\nBis bald.;gut\n".encode(), ""),
    "lone-quotes.tsv": (lambda: b'text\tlabel\n"Go!" he said.\tgood\nSee "you.\tbad\n', ""),
    "broken.jsonl": (lambda: _objects(2000).encode() + b'{"text": "Hello.\n', "line 2,001"),
    "broken-first.jsonl": (lambda: b'{"text": "Hello.\n' + _objects(9).encode(), "line 1"),
    "mixed.jsonl": (lambda: b'{"text": "Hello."}\n17\nnull\n["x"]\n"bare"\n{"text": 5}\n{"text": "Bye."}\n', ""),
    "scalar.json": (lambda: b'{"text": "Hello."}', "no array"),
    "nan.json": (lambda: b'[{"text": "Hello.", "x": NaN}, {"text": "Bye."}]', "NaN"),
    "huge-integer.json": (lambda: b'[{"text": "Hello.", "x": ' + b"9" * MB + b'}, {"text": "Bye."}]', ""),
    "numbers.json": (lambda: b"[" + b"1," * (9 * MB) + b"1]", "more than 1,000,000"),
    "deep.json": (lambda: b"[" * (19 * MB), "nested"),
    "deep-objects.json": (lambda: b'{"a":' * (3 * MB), "nested"),
    "empty-objects.json": (lambda: b"[" + b"{}," * (6 * MB) + b"{}]", "more than 1,000,000"),
    "lone-surrogates.json": (lambda: b'["Hi \\ud800 there.", "See\\u0000 you.", "\\udfff"]', ""),
    "repeated-keys.json": (lambda: b'[{"text": "Hello.", "text": "Bye."}, {"text": "Hello."}]', ""),
    "cut.json": (lambda: b'["Hello.", "Bye.', "broken at line 1"),
    "prose.json": (lambda: PROSE.encode(), ""),
    "json-in.csv": (lambda: b'[{"text": "Hello."}, {"text": "Bye."}]', ""),
    "text.gz": (lambda: gzip.compress(PROSE.encode()), "gzip"),
    "text.zip": (lambda: _zip("text.txt"), "zip archive"),
    "letter.docx": (lambda: _zip("[Content_Types].xml", "word/document.xml"), "Word document"),
    "table.xlsx": (lambda: _zip("[Content_Types].xml", "xl/workbook.xml"), "CSV"),
    "zip-named.txt": (lambda: _zip("text.txt"), "zip archive"),
    "paper.pdf": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "PDF"),
    "letter.rtf": (lambda: b"{\\rtf1\\ansi Hello there.\\par See you.}", "rich text"),
    "photo.png": (lambda: b"\x89PNG\r\n\x1a\n" + _noise(5000), "PNG"),
    "photo.jpg": (lambda: b"\xff\xd8\xff\xe0" + _noise(5000), "JPEG"),
    "model.safetensors": (_model, "model"),
    "page.html": (lambda: b"\n<!DOCTYPE html><html><p>Hello there.</p></html>", "web page"),
    "": (lambda: b"Hello there.\nSee you.\n", ""),
    "../../etc/pass\0wd\n.txt": (lambda: b"Hello there.\nSee you.\n", ""),
    "long-name" * 1000 + ".csv": (lambda: b"text,label\nHello there.,good\nSee you.,bad\n", ""),
}  # fmt: skip


def _peak() -> int:
    """The most memory this process has held, in bytes; 0 on systems that do not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Reads every file and prints a line of JSON for each."""
    from vae import corpus

    for name, (build, _) in FILES.items():
        data = build()
        begun = time.process_time()
        try:
            outcome, said = "corpus", f"{len(corpus.read(data, name).sentences)} kept"
        except Exception as error:
            outcome, said = type(error).__name__, str(error)
        seconds = time.process_time() - begun
        print(
            json.dumps({"name": name, "outcome": outcome, "said": said, "seconds": seconds, "peak": _peak()}),
            flush=True,
        )


if __name__ == "__main__":
    main()
