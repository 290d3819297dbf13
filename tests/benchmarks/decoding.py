"""How fast decoding is on this machine, at the bundled model's size, beside its matrix products and a plain loop.

    python tests/benchmarks/decoding.py [--json] [--rounds 9] [--model FILE] [--device cpu]

Everything is measured in turns inside one run, and figures are medians over the rounds. `path` is the whole of
`interpolate` with 11 points and no search (its ends encoded, the sentences as text), `samples` the whole of 1,000
`sample` from N(0, I). `ends` is the search for the codes of two sentences and `stops` a whole path of the page without
it, each the median and the ninth of ten over pairs of assets/corpora/hundred.txt.
The matrix products alone are those of the sentences that were said, each sentence only until its end, with no word
chosen and nothing but the products done. `one at a time` is the loop of a plain program, one sentence after the other
with its state kept, by `torch.nn.LSTM`; of the samples it says a tenth, and its time is given tenfold.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import vae  # noqa: F401 - before torch, which reads what it sets

# isort: split
import torch
from torch import Tensor
from torch.nn import functional as F

from vae.model import checkpoint, interpolation, text_model
from vae.model.families.vae import SentenceVAE
from vae.model.generation import generate
from vae.model.layers.output_softmax import linear
from vae.text.tokenizer import BOS_ID, EOS_ID

K = TypeVar("K")
MODEL = ROOT / "assets" / "models" / "everyday-english.safetensors"
FROM, TO, POINTS = "The weather is nice today.", "Where did you buy that book?", 11
SAMPLES, PART, BEAM = 1000, 10, 5
CROWDS = (1, POINTS, 100)  # sentences at once for which beam search is compared with greedy choice


def medians(works: Mapping[K, Callable[[], object]], rounds: int, wait: Callable[[], None]) -> dict[K, float]:
    """Seconds of each work, all of them done once a round."""
    times: dict[K, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            wait()
            begun = time.perf_counter()
            work()
            wait()
            if turn:  # the first one warms up
                times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(values) for name, values in times.items()}


@torch.inference_mode()
def products(model: SentenceVAE, rows: list[int]) -> None:
    """The products that decoding cannot do without: of h to the gates, of h to the features, of those to the logits."""
    decoder, table = model.decoder, model.embedding.weight
    h = torch.ones(rows[0], model.config.hidden, device=model.device)
    x = torch.ones(rows[0], model.config.embedding, device=model.device)
    for n in rows:
        linear(h[:n], decoder.lstm.get_parameter("weight_hh_l0"))
        torch.mm(h[:n], decoder.features.weight[:, : h.shape[1]].t())
        linear(x[:n], table)


def rows_of(model: SentenceVAE, z: Tensor, longest: int, temperature: float) -> list[int]:
    """How many of the sentences still go on at each token, the end mark counted."""
    generator = torch.Generator().manual_seed(1)
    state, n = model.begin(len(z), z), len(z)
    ids = generate(model, state, n, max_tokens=longest, temperature=temperature, generator=generator)
    return [sum(len(row) >= t for row in ids) for t in range(max(map(len, ids)) + 1)]


@torch.inference_mode()
def one_at_a_time(model: SentenceVAE, z: Tensor, longest: int, temperature: float) -> None:
    """Each sentence by itself, a token at a time."""
    decoder = model.decoder
    for own in z[:, None]:  # (1, D)
        h, c = decoder.begin(own)
        memory, token = (h[None], c[None]), BOS_ID
        for _ in range(longest):
            x = torch.cat([model.embedding(torch.tensor([token], device=z.device)), own], -1)
            states, memory = decoder.lstm(x[None], memory)
            features = decoder.features(torch.cat([states[0], own], -1))
            logits = F.linear(features, model.embedding.weight, model.bias)[0]
            logits[:EOS_ID] = -torch.inf
            if temperature:
                token = int(torch.multinomial((logits / temperature).softmax(-1), 1))
            else:
                token = int(logits.argmax())
            if token == EOS_ID:
                break


def measure(path: Path, rounds: int, device: str) -> dict[str, float]:
    tm = checkpoint.load(path, device).text_model
    model = tm.model
    assert isinstance(model, SentenceVAE)
    on_gpu = model.device.type == "cuda"
    wait = torch.cuda.synchronize if on_gpu else lambda: None
    ends = text_model.encode(tm, [FROM, TO]).mu
    way = torch.lerp(ends[:1], ends[1:], torch.linspace(0, 1, POINTS)[:, None]).to(device)
    cloud = torch.randn(SAMPLES, tm.latent, generator=torch.Generator().manual_seed(1)).to(device)
    way_rows, cloud_rows = (rows_of(model, z, tm.max_tokens, t) for z, t in ((way, 0.0), (cloud, 1.0)))
    quick = medians(
        {
            "path": lambda: interpolation.interpolate(tm, FROM, TO, steps=POINTS, kind="lerp", refine=0),
            "path_products": lambda: products(model, way_rows),
            "path_one_at_a_time": lambda: one_at_a_time(model, way, tm.max_tokens, 0.0),
        },
        5 * rounds, wait,
    )  # fmt: skip
    slow = medians(
        {
            "samples": lambda: text_model.sample(tm, SAMPLES, temperature=1.0, prior="normal", spread=1.0, seed=1),
            "samples_products": lambda: products(model, cloud_rows),
            "samples_likely_words": lambda: text_model.sample(
                tm, SAMPLES, temperature=1.0, top_p=0.9, prior="normal", spread=1.0, seed=1
            ),
            "samples_one_at_a_time": lambda: one_at_a_time(model, cloud[: SAMPLES // PART], tm.max_tokens, 1.0),
        },
        rounds, wait,
    )  # fmt: skip
    pairs = list(pairwise((ROOT / "assets" / "corpora" / "hundred.txt").read_text(encoding="utf-8").splitlines()))[::4]
    found = medians({("ends", pair): partial(text_model.find_codes, tm, pair) for pair in pairs}, rounds, wait)
    found |= medians(
        {("stops", pair): partial(interpolation.find_path, tm, *pair, refine=0) for pair in pairs}, rounds, wait
    )
    searches = {
        (crowd, beam): partial(text_model.decode, tm, cloud[:crowd], beam=beam)
        for crowd in CROWDS
        for beam in (1, BEAM)
    }
    beams = medians(searches, rounds, wait)
    ratios = {crowd: beams[crowd, BEAM] / beams[crowd, 1] for crowd in CROWDS}
    of_pairs = {what: sorted(t for (name, _), t in found.items() if name == what) for what in ("ends", "stops")}
    return {
        **{f"{what}_ms": 1e3 * statistics.median(times) for what, times in of_pairs.items()},
        **{f"{what}_ninth_of_ten_ms": 1e3 * times[len(times) * 9 // 10] for what, times in of_pairs.items()},
        "path_ms": 1e3 * quick["path"],
        "path_products_ms": 1e3 * quick["path_products"],
        "path_over_products": quick["path"] / quick["path_products"],
        "path_one_at_a_time_ms": 1e3 * quick["path_one_at_a_time"],
        "samples_1000_s": slow["samples"],
        "samples_products_s": slow["samples_products"],
        "samples_over_products": slow["samples"] / slow["samples_products"],
        "samples_one_at_a_time_s": PART * slow["samples_one_at_a_time"],
        "samples_top_p_s": slow["samples_likely_words"],
        "tokens_per_second": sum(cloud_rows) / slow["samples"],
        "beam_over_greedy": ratios[POINTS],
        **{f"beam_over_greedy_at_{crowd}": ratios[crowd] for crowd in CROWDS if crowd != POINTS},
        "beam_ms": 1e3 * beams[POINTS, BEAM],
        "greedy_ms": 1e3 * beams[POINTS, 1],
        "threads": torch.get_num_threads(),
    }


def table(found: dict[str, float]) -> str:
    """The figures for people."""
    shown = {name: f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" for name, value in found.items()}
    lines = [f"{'':24}{'ours':>10}{'products':>10}{'ratio':>8}{'one at a time':>16}"]
    rows = {
        f"path of {POINTS}, ms": ("path_ms", "path_products_ms", "path_over_products", "path_one_at_a_time_ms"),
        f"{SAMPLES:,} samples, s": (
            "samples_1000_s", "samples_products_s", "samples_over_products", "samples_one_at_a_time_s",
        ),
    }  # fmt: skip
    for title, names in rows.items():
        ours, alone, ratio, loop = (shown[name] for name in names)
        lines.append(f"{title:24}{ours:>10}{alone:>10}{ratio:>8}{loop:>16}")
    lines += [
        f"{SAMPLES:,} samples within top p 0.9: {shown['samples_top_p_s']} s",
        f"Tokens a second, {SAMPLES:,} at once: {shown['tokens_per_second']}",
        f"Beam of {BEAM} over greedy: {shown['beam_over_greedy']} for {POINTS} sentences, "
        f"{shown['beam_over_greedy_at_1']} for one, {shown['beam_over_greedy_at_100']} for 100",
        f"Threads: {shown['threads']}",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--rounds", type=int, default=9, help="of which the medians are taken")
    parser.add_argument("--model", type=Path, default=MODEL, help="a model file; by default the bundled one")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    given = parser.parse_args()
    found = measure(given.model, given.rounds, given.device)
    print(json.dumps(found) if given.json else table(found))


if __name__ == "__main__":
    main()
