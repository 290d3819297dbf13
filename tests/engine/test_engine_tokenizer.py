"""The tokenizer in the browser cuts, joins and begins as the one in Python does."""

from __future__ import annotations

import base64
import random
from typing import Any

import numpy as np
import pytest
from fixtures.languages import LANGUAGES
from support.engine_page import EnginePage
from support.fuzzed_text import fuzzed

from vae.text.cleaning import clean
from vae.text.tokenizer import Tokenizer, train_tokenizer

KINDS = ("bpe", "unigram", "word", "char")
TEXTS = [
    *(sentence for _, sentences in LANGUAGES.values() for sentence in sentences),
    "मैं हिन्दी सीख रहा हूँ।", "क्षत्रिय और कर्म", "我今天很高兴。", "日本語の文です。", "パソコンがほしい", "나는 학교에 간다",
    "👩\u200d👩\u200d👧 🇩🇪 👍🏽", "می\u200cخواهم", "e\u0301\u0323 a\u0308", "a\u2581b \u2585 \ue0fe\ue0fc",
    "  two  spaces ", "ha haha hahaha aaa aaaaa aa", "<s> </s> <pad> <0x41>",
]  # fmt: skip
JUDGED = """async ({model, known, texts, rows, starts}) => {
  const { Tokenizer } = await import("/engine/tokenizer.js");
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const tokenizer = new Tokenizer(bytes(model), known && bytes(known));
  const begun = starts.map((start) => tokenizer.begin(start));
  return {
    size: tokenizer.size,
    known: [...tokenizer.known],
    ids: tokenizer.encode(texts),
    texts: tokenizer.decode(rows),
    unknown: texts.map((text) => tokenizer.unknownWords(text)),
    begun: begun.map(({ids, following, unknown}) => [ids, following && [...following], unknown]),
  };
}"""
OPENED = """async (models) => {
  const { Tokenizer } = await import("/engine/tokenizer.js");
  const { TokenizerError } = await import("/engine/tokenizer_model.js");
  return models.map((model) => {
    try {
      const tokenizer = new Tokenizer(Uint8Array.from(atob(model), (one) => one.charCodeAt(0)));
      return tokenizer.decode(tokenizer.encode(["the cat sees a letter. é"]))[0];
    } catch (error) {
      return error instanceof TokenizerError ? null : `${error}`;
    }
  });
}"""


def opened(model: bytes) -> str | None:
    """What is left of a sentence that went through a tokenizer; None of a tokenizer that is refused."""
    try:
        tokenizer = Tokenizer(model)
    except ValueError:
        return None
    return tokenizer.decode(tokenizer.encode(["the cat sees a letter. é"]))[0]


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def said_by_python(tokenizer: Tokenizer, texts: list[str], rows: list[list[int]], starts: list[str]) -> dict[str, Any]:
    begun = [tokenizer.begin(start) for start in starts]
    return {
        "size": len(tokenizer),
        "known": tokenizer.known.astype(int).tolist(),
        "ids": tokenizer.encode(texts),
        "texts": tokenizer.decode(rows),
        "unknown": [tokenizer.unknown_words(text) for text in texts],
        "begun": [
            [ids, None if following is None else following.astype(int).tolist(), unknown]
            for ids, following, unknown in begun
        ],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_tokenizer_is_the_same_as_in_python(engine: EnginePage, kind: str) -> None:
    whole = train_tokenizer(TEXTS, kind, 700)
    random_ = random.Random(kind)
    texts = [*TEXTS, *fuzzed(250, 1)]
    rows = [random_.choices(range(len(whole)), k=random_.randrange(20)) for _ in range(200)]
    if kind != "word":  # bytes, among which few are characters
        near = [0x20, 0x41, 0x80, 0x96, 0x9F, 0xA0, 0xBB, 0xBF, 0xC3, 0xE2, 0xED, 0xEF, 0xF0, 0xF4, 0xFF]
        rows += [[4 + byte for byte in random_.choices(near, k=random_.randrange(12))] for _ in range(300)]
    starts = [text[: random_.randrange(12)] + random_.choice(["", "", " "]) for text in texts[::6]]
    for known in (None, np.array([random_.random() < 0.7 for _ in range(len(whole))])):
        tokenizer = Tokenizer(whole.model, known)
        given = {
            "model": base64_of(whole.model),
            "known": None if known is None else base64_of(known.astype(np.uint8).tobytes()),
            "texts": texts,
            "rows": rows,
            "starts": starts,
        }
        found, wanted = engine.run(JUDGED, given), said_by_python(tokenizer, texts, rows, starts)
        for name, value in wanted.items():
            assert found[name] == value, name


def test_text_is_cleaned_as_in_python(engine: EnginePage) -> None:
    texts = [
        *TEXTS,
        *fuzzed(400, 2),
        "a" + "\u0301\u0323" * 20,
        "a" + "\u0903" * 40 + "\u0301\u0323",
        "\u0344\u0f71" * 9,
    ]
    source = 'async (texts) => { const { cleaned } = await import("/engine/cleaning.js"); return texts.map(cleaned); }'
    assert engine.run(source, texts) == [clean(text) for text in texts]


def test_damaged_tokenizers_are_refused_or_read_as_in_python(engine: EnginePage) -> None:
    model = train_tokenizer(["the cat sees a letter", "a dog sees the cat é"], "bpe", 300).model
    random_ = random.Random(1)
    models = [b"", b"\0", b"no model", bytes(range(256)) * 40, model[:-3]]
    for turn in range(300):
        data = bytearray(model)
        for _ in range(random_.choice((1, 1, 1, 4))):
            data[random_.randrange(len(data))] = random_.randrange(256)
        models.append(bytes(data[: random_.randrange(len(data))] if turn % 8 == 0 else data))
    found, wanted = engine.run(OPENED, [base64_of(data) for data in models]), [opened(data) for data in models]
    # the engine also refuses a special piece that has a name, of no use to anyone, that is not text
    assert [one for one in found if one] == [two for one, two in zip(found, wanted, strict=True) if one]
    assert found.count(None) - wanted.count(None) < 5
    assert 50 < wanted.count(None) < len(models) - 50
