"""Tokenizers that others may have made, of every option that SentencePiece has, are read as it reads them."""

from __future__ import annotations

import base64
import random
import struct
from pathlib import Path
from typing import Any

import sentencepiece
from support.engine_page import EnginePage

from vae.text.tokenizer import Tokenizer

MAPS = Path(sentencepiece.__file__).parent / "package_data"
MARKS = [("\npad", 0.0, 3), ("\nunk", 0.0, 2), ("\nbos", 0.0, 3), ("\neos", 0.0, 3)]
PARTS = ["a", "b", "c", "é", "\u2581", "日", "👍"]
OTHERS = [
    " ",
    " ",
    "\n",
    "z",
    "<0x41>",
    "\npad",
    "ﬁ",
    "Å",
    "１",
    "\u3000",
    "e\u0301",
    "ｶﾞ",
    "\u200d",
    "\u00ad",
    "\ufffd",
]
SAID = """async (cases) => {
  const { Tokenizer } = await import("/engine/tokenizer.js");
  const { TokenizerError } = await import("/engine/tokenizer_model.js");
  return cases.map(({model, texts, rows}) => {
    try {
      const tokenizer = new Tokenizer(Uint8Array.from(atob(model), (one) => one.charCodeAt(0)));
      return [tokenizer.encode(texts), tokenizer.decode(rows)];
    } catch (error) {
      return error instanceof TokenizerError ? null : `${error}`;
    }
  });
}"""


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def field(number: int, value: float | int | str | bytes) -> bytes:
    """One of a protocol buffer."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def made_up(random_: random.Random, maps: list[bytes]) -> tuple[bytes, int]:
    """A model with options, pieces and scores drawn at random, and its number of pieces."""
    fallback = random_.random() < 0.6
    pieces = MARKS + [(f"<0x{byte:02X}>", 0.0, 6) for byte in range(256) if fallback]
    texts = {"".join(random_.choices(PARTS, k=random_.choice((1, 1, 2, 3, 5)))): None for _ in range(40)}
    for text in [*texts, "a b", "<0x42"]:
        type_ = random_.choice((1, 1, 1, 4, 5, 3))
        pieces.append((text, random_.choice((-1.0, -2.0, -0.7, 0.1, -10 * random_.random())), type_))

    def normalizer(*flags: int) -> bytes:
        switched = b"".join(field(flag, int(random_.random() < 0.5)) for flag in flags)
        return switched + (field(2, random_.choice(maps)) if random_.random() < 0.2 else b"")

    trainer = field(3, random_.choice((1, 2, 3, 4))) + field(35, int(fallback)) + field(24, int(random_.random() < 0.2))
    trainer += b"".join(field(45 + i, name) for i, name in enumerate(("\nunk", "\nbos", "\neos", "\npad")))
    trainer += field(44, random_.choice(["?", "", " \u2047 ", "a\0b"]))
    model = b"".join(field(1, field(1, text) + field(2, score) + field(3, type_)) for text, score, type_ in pieces)
    model += field(2, trainer) + field(3, normalizer(3, 4, 5))
    if random_.random() < 0.2:
        model += field(5, normalizer(3, 4))
    return model, len(pieces)


def read(case: dict[str, Any]) -> list[Any] | None:
    try:
        tokenizer = Tokenizer(base64.b64decode(case["model"]))
    except ValueError:
        return None
    return [tokenizer.encode(case["texts"]), tokenizer.decode(case["rows"])]


def test_made_up_tokenizers_are_read_as_sentencepiece_does(engine: EnginePage) -> None:
    random_ = random.Random(1)
    maps = [(MAPS / name).read_bytes() for name in ("nmt_nfkc.bin", "nfkc_cf.bin") if (MAPS / name).exists()]
    cases = []
    for _ in range(150):
        model, pieces = made_up(random_, maps or [b""])
        texts = ["".join(random_.choices(PARTS + OTHERS, k=random_.randrange(14))) for _ in range(25)]
        rows = [random_.choices(range(pieces), k=random_.randrange(10)) for _ in range(15)]
        cases.append({"model": base64.b64encode(model).decode(), "texts": texts, "rows": rows})
    found, wanted = engine.run(SAID, cases), [read(case) for case in cases]
    assert wanted.count(None) < 50
    for case, ours, theirs in zip(cases, found, wanted, strict=True):
        assert ours == theirs, case
