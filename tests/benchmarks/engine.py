"""The browser's engine beside Python: whether it is the same model, and how long it takes.

    python tests/benchmarks/engine.py [TEXT] [--model FILE] [--sentences 2000] [--rounds 15]

Needs Chromium. TEXT has a sentence a line; by default the bundled corpora are taken. Prints one JSON object.

`same`: over sentences and codes drawn from N(0, I), the largest deviation of mu; the codes at which other pieces were
chosen, each with the two largest logits in Python where the ways part (equal but for rounding: a tie); and the share
of sentences whose search for a code ends in another sentence than Python's.
`times`: milliseconds for each size of model: ten tokens and the end mark from one z, the same of a hundred z at once,
for each; two sentences refined in 20 steps; and opening the file. Engine and Python are measured in turns; medians,
with the least beside. The weights of the presets' models are random, since they change no time, and no end mark is
ever said.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import vae  # noqa: F401 - before torch, which reads what it sets

# isort: split
import numpy as np
import torch
from playwright.sync_api import Page, Route, sync_playwright
from support.server import CHROMIUM_ARGUMENTS, chromium

from vae.config.presets import PRESETS
from vae.model import checkpoint, text_model
from vae.model.families.base import DecoderModel
from vae.model.families.registry import build
from vae.model.generation import generate
from vae.text.corpus import read_corpus
from vae.text.tokenizer import EOS_ID, train_tokenizer

ENGINE = ROOT / "assets" / "engine"
MODEL = ROOT / "assets" / "models" / "everyday-english.safetensors"
CORPORA = ("everyday-english.tsv", "weather-two-languages.csv", "restaurant-opinions.csv")
ADDRESS = "http://engine.invalid/"
PAIR = ["I will go to the market and buy some bread.", "My sister has never been to the other city."]
TOKENS, CROWD, STEPS = 11, 100, 20

OPEN = """async ([path, plain]) => {
  const { TextModel } = await import("/text_model.js");
  const { generate } = await import("/generation.js");
  const { joinRows } = await import("/layers.js");
  const bytes = new Uint8Array(await (await fetch(path)).arrayBuffer());
  const kernel = plain ? null : await (await fetch("/kernel.wasm")).arrayBuffer();
  window.open_model = () => (window.model = TextModel.open(bytes, kernel));
  window.ids_of = (z, maxTokens) => {
    const { decoder, latent } = window.model;
    const ids = [];
    for (let at = 0; at < z.length; at += 64) {
      const part = z.slice(at, at + 64);
      ids.push(...generate(decoder, decoder.begin(joinRows(part, latent), part.length), { maxTokens }));
    }
    return ids;
  };
  window.flat = (rows) => rows.map((row) => [...row]);
  window.open_model();
}"""
# Milliseconds that something takes, of so many times the median and the least.
TIMED = """([what, arg]) => {
  const works = {
    open: () => window.open_model(),
    one: ([z, tokens]) => window.ids_of([z[0]], tokens),
    hundred: ([z, tokens]) => window.ids_of(z, tokens),
    refine: ([pair, steps]) => window.model.findCodes(pair, steps),
  };
  const begun = performance.now();
  works[what](arg);
  return performance.now() - begun;
}"""


def serve(page: Page, files: dict[str, bytes]) -> None:
    """The engine's modules, and other files, to a page that asks nobody else."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        if name in files:
            route.fulfill(body=files[name], content_type="application/octet-stream")
        elif name:
            kind = "application/wasm" if name.endswith(".wasm") else "text/javascript"
            route.fulfill(body=(ENGINE / name).read_bytes(), content_type=kind)
        else:
            route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")

    page.route(ADDRESS + "**", answer)
    page.goto(ADDRESS)


def sentences_of(path: Path | None, count: int) -> list[str]:
    """So many different sentences, spread over a text."""
    if path:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    else:
        files = [ROOT / "assets" / "corpora" / name for name in CORPORA]
        lines = [sentence for file in files for sentence in read_corpus(file.read_bytes(), file.name).sentences]
    different = list(dict.fromkeys(lines))
    return different[:: max(1, len(different) // count)][:count]


def same(page: Page, data: bytes, sentences: list[str]) -> dict[str, Any]:
    """How far the engine's figures are from Python's."""
    tm = checkpoint.loads(data).text_model
    page.evaluate(OPEN, ["/model", False])
    begun = time.perf_counter()
    ours = page.evaluate(
        "(texts) => { const { mu, z } = window.model.findCodes(texts); return [window.flat(mu), window.flat(z)]; }",
        sentences,
    )
    engine_seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    theirs = text_model.find_codes(tm, sentences)
    python_seconds = time.perf_counter() - begun
    mu = torch.tensor(ours[0])
    codes = torch.randn(len(sentences), tm.latent, generator=torch.Generator().manual_seed(1))
    ids = page.evaluate("([z, most]) => window.ids_of(z, most)", [codes.tolist(), tm.max_tokens])
    wanted = [generate(tm.model, tm.model.begin(1, z), 1, max_tokens=tm.max_tokens)[0] for z in codes[:, None]]
    refined = page.evaluate("(z) => window.model.decode(z)", ours[1])
    python_refined = text_model.decode(tm, theirs.z)
    parted = [i for i, (a, b) in enumerate(zip(refined, python_refined, strict=True)) if a != b]
    return {
        "sentences": len(sentences),
        "mu_deviation": float((mu - theirs.mu).abs().max()),
        "codes": len(codes),
        "other_pieces": [
            logits_where_parted(tm.model, z, ours_, theirs_)
            for z, ours_, theirs_ in zip(codes, ids, wanted, strict=True)
            if ours_ != theirs_
        ],
        "refined_to_another_sentence": len(parted) / len(sentences),
        "exact_engine": float(np.mean([a == b for a, b in zip(refined, sentences, strict=True)])),
        "exact_python": float(np.mean([a == b for a, b in zip(python_refined, sentences, strict=True)])),
        "seconds_of_the_search": {"engine": engine_seconds, "python": python_seconds},
    }


@torch.inference_mode()
def logits_where_parted(model: Any, z: torch.Tensor, ours: list[int], theirs: list[int]) -> list[float]:
    """The two largest logits behind what two sentences from z have in common."""
    common = next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
    )
    state = model.begin(1, z[None])
    logits = torch.empty(1, 0)
    for token in (2, *theirs[:common]):
        logits, state = model.advance(torch.tensor([token]), state)
    return [float(value) for value in logits.topk(2).values[0]]


def preset_model(name: str, sentences: list[str], folder: Path) -> bytes:
    """A model of a preset's size with random weights, in 8 bits."""
    config = PRESETS[name].config
    tokenizer = train_tokenizer(sentences, config.tokenizer, config.vocabulary)
    torch.manual_seed(1)
    tm = text_model.TextModel(build(config, len(tokenizer)), tokenizer)
    info = checkpoint.Info(name, "", "", 0, 0, 0, 64, "unknown", "", 1.0, (0.1,) * config.latent)
    checkpoint.save(folder / name, checkpoint.Checkpoint(tm, config, info, np.empty(0, np.uint32)), bits=8)
    return (folder / name).read_bytes()


def times(page: Page, name: str, data: bytes, rounds: int) -> dict[str, Any]:
    """Milliseconds of the engine and of Python, and the one over the other."""
    page.evaluate(OPEN, [f"/{name}", False])
    tm = checkpoint.loads(data).text_model
    model = tm.model
    assert isinstance(model, DecoderModel)
    z = torch.randn(CROWD, tm.latent, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        model.bias[EOS_ID] = -1e9  # ten tokens in any case
    never_ending = "() => { window.model.decoder.bias[3] = -1e9; }"
    python: dict[str, Callable[[], object]] = {
        "one": lambda: generate(model, model.begin(1, z[:1]), 1, max_tokens=TOKENS),
        "hundred": lambda: generate(model, model.begin(CROWD, z), CROWD, max_tokens=TOKENS),
        "refine": lambda: text_model.find_codes(tm, PAIR, refine=STEPS),
        "open": lambda: checkpoint.loads(data),
    }
    given = {"one": [z.tolist(), TOKENS], "hundred": [z.tolist(), TOKENS], "refine": [PAIR, STEPS], "open": None}
    found: dict[str, dict[str, list[float]]] = {what: {"engine": [], "python": []} for what in python}
    for what, work in python.items():
        for turn in range(rounds + 1):
            page.evaluate(never_ending)
            engine_time = page.evaluate(TIMED, [what, given[what]])
            begun = time.perf_counter()
            work()
            python_time = 1e3 * (time.perf_counter() - begun)
            if turn:  # the first one warms up
                found[what]["engine"].append(engine_time)
                found[what]["python"].append(python_time)
    return {what: summary(kinds, CROWD if what == "hundred" else 1) for what, kinds in found.items()}


def summary(kinds: dict[str, list[float]], count: int) -> dict[str, float]:
    engine, python = (statistics.median(kinds[kind]) / count for kind in ("engine", "python"))
    least = {f"{kind}_least": round(min(values) / count, 3) for kind, values in kinds.items()}
    return {"engine": round(engine, 3), "python": round(python, 3), "ratio": round(engine / python, 3), **least}


def plain_one(page: Page, name: str, z: list[list[float]]) -> float:
    """One sentence by plain JavaScript."""
    page.evaluate(OPEN, [f"/{name}", True])
    page.evaluate("() => { window.model.decoder.bias[3] = -1e9; }")
    timed = partial(page.evaluate, TIMED, ["one", [z, TOKENS]])
    return round(statistics.median([timed() for _ in range(7)][2:]), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="?", type=Path, help="a sentence a line; by default the bundled corpora")
    parser.add_argument("--model", type=Path, default=MODEL, help="a model file; by default the bundled one")
    parser.add_argument("--sentences", type=int, default=2000, help="compared, and as many codes; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=15, help="of which the medians are taken; 0 leaves times out")
    given = parser.parse_args()
    torch.set_num_threads(1)
    result: dict[str, Any] = {}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        page = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS).new_page()
        page.set_default_timeout(0)
        texts = sentences_of(None, 2000)
        files = {"model": given.model.read_bytes()}
        if given.rounds:
            files |= {name: preset_model(name, texts, Path(folder)) for name in ("quick", "balanced")}
        serve(page, files)
        if given.sentences:
            result["same"] = same(page, files["model"], sentences_of(given.text, given.sentences))
        if given.rounds:
            result["times"] = {name: times(page, name, data, given.rounds) for name, data in files.items()}
            for name, data in files.items():
                latent = checkpoint.loads(data).text_model.latent
                result["times"][name]["one_plain"] = plain_one(page, name, torch.randn(1, latent).tolist())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
