"""Whether the tokenizer in the browser is SentencePiece's, on many lines of many languages and on made-up strings.

    python tests/benchmarks/engine_tokenizer.py TEXT... [--lines 20000] [--fuzzed 5000]

Of the lines of the texts, one language a file, as many are taken of each; to them come sentences put together from our
own of more languages, a twentieth. Tokenizers of each kind learn from a tenth of the lines. It prints one JSON object:
of each kind the pieces, and how many lines and strings have other ids, come back otherwise, begin otherwise, or have
other unknown words in Chromium than in Python.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
from itertools import zip_longest
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

import numpy as np
from fixtures.languages import LANGUAGES
from playwright.sync_api import sync_playwright
from support.engine_page import EnginePage, engine_page
from support.fuzzed_text import fuzzed
from support.server import CHROMIUM_ARGUMENTS, chromium

from vae.text.tokenizer import Tokenizer, train_tokenizer

KINDS = ("bpe", "unigram", "word", "char")
TOGETHER = 1000  # texts that the page is given at once
_SAID = """async ({model, known, texts, rows, starts}) => {
  const { Tokenizer } = await import("/engine/tokenizer.js");
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const tokenizer = new Tokenizer(bytes(model), bytes(known));
  return {
    ids: tokenizer.encode(texts),
    texts: tokenizer.decode(rows),
    unknown: texts.map((text) => tokenizer.unknownWords(text)),
    begun: starts.map((start) => {
      const { ids, following, unknown } = tokenizer.begin(start);
      return [ids, following && [...following.keys()].filter((id) => following[id]), unknown];
    }),
  };
}"""


def put_together(number: int) -> list[str]:
    """Sentences of words of our own sentences, each of one language."""
    random_ = random.Random(1)
    words = [" ".join(sentences).split() for _, sentences in LANGUAGES.values()]
    return [" ".join(random_.choices(words[i % len(words)], k=random_.randrange(1, 9))) for i in range(number)]


def differences(engine: EnginePage, tokenizer: Tokenizer, texts: list[str]) -> dict[str, int]:
    """How many of the texts the page and Python see otherwise, by what of them."""
    random_ = random.Random(2)
    found = dict.fromkeys(("ids", "texts", "unknown", "begun"), 0)
    pieces = range(len(tokenizer))
    for at in range(0, len(texts), TOGETHER):
        some = texts[at : at + TOGETHER]
        ids = tokenizer.encode(some)
        rows = ids + [random_.choices(pieces, k=random_.randrange(1, 12)) for _ in some]
        starts = [text[: random_.randrange(1, 16)] for text in some[::20]]
        said = engine.run(
            _SAID,
            {
                "model": base64.b64encode(tokenizer.model).decode(),
                "known": base64.b64encode(tokenizer.known.astype(np.uint8).tobytes()).decode(),
                "texts": some, "rows": rows, "starts": starts,
            },
        )  # fmt: skip
        wanted = {
            "ids": ids,
            "texts": tokenizer.decode(rows),
            "unknown": [tokenizer.unknown_words(text) for text in some],
            "begun": [
                [
                    begun.ids,
                    None if begun.following is None else np.flatnonzero(begun.following).tolist(),
                    begun.unknown,
                ]
                for begun in map(tokenizer.begin, starts)
            ],
        }
        for name, values in wanted.items():
            found[name] += sum(one != two for one, two in zip(values, said[name], strict=True))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", type=Path)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--fuzzed", type=int, default=5_000)
    arguments = parser.parse_args()
    own = put_together(arguments.lines // 20)
    in_turn = zip_longest(*(text.read_text("utf-8").splitlines() for text in arguments.texts))
    lines = [*own, *(line for row in in_turn for line in row if line)][: arguments.lines]
    strings = fuzzed(arguments.fuzzed, 1)
    result: dict[str, object] = {"lines": len(lines), "fuzzed": len(strings)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        with engine_page(browser) as engine:
            for kind in KINDS:
                tokenizer = train_tokenizer(lines[::10], kind, 4000)
                unlearned = np.random.default_rng(1).random(len(tokenizer)) < 0.1
                result[kind] = {
                    "pieces": len(tokenizer),
                    "different lines": differences(engine, tokenizer, lines),
                    "different strings": differences(engine, tokenizer, strings),
                    "different lines, a tenth of the pieces unknown": differences(
                        engine, Tokenizer(tokenizer.model, ~unlearned), lines[::5]
                    ),
                }
        browser.close()
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
