"""Ways between sentences in the browser are those of Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from support.engine_page import EnginePage

from vae.model.checkpoint import load
from vae.model.interpolation import KINDS, Way, find_path, points_between

BUNDLED = Path(__file__).parents[2] / "assets" / "models" / "everyday-english.safetensors"
SHARES = [0, 0.01, 0.125, 0.25, 1 / 3, 0.5, 0.6, 0.75, 0.99, 1]
_POINTS = """async ({ways, shares, kinds}) => {
  const { Way, pointsBetween } = await import("/engine/interpolation.js");
  const rows = (values) => values.map((row) => Float32Array.from(row));
  return ways.map(([mu, z, past, apart]) => {
    const way = new Way(rows(mu), rows(z), Float32Array.from(past), apart);
    return kinds.map((kind) => pointsBetween(way, shares, kind).map((point) => [...point]));
  });
}"""
_PATHS = """async ({model, pairs}) => {
  const { TextModel } = await import("/engine/text_model.js");
  const { findPath } = await import("/engine/interpolation.js");
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const textModel = TextModel.open(await bytes(model), await bytes("/engine/kernel.wasm"));
  return pairs.map(([a, b, kind]) => {
    try {
      return findPath(textModel, a, b, { kind }).stops.map(({ text, z, begin, end }) => [text, [...z], begin, end]);
    } catch (error) {
      return error.message;
    }
  });
}"""
_EDGES: list[tuple[list[float], list[float]]] = [
    ([0, 0, 0], [1, 2, 3]), ([1, 2, 3], [0, 0, 0]), ([0, 0, 0], [0, 0, 0]), ([1, 2, 3], [-1, -2, -3]),
    ([1, 2, 3], [-2, -4, -6]), ([1, 0, 0], [-1, 1e-7, 0]), ([1, 0, 0], [-1, 0.3, 0]), ([1, 2, 3], [2, 4, 6]),
    ([1, 2, 3], [1, 2, 3]), ([1e-30, 0, 0], [1, 0, 0]), ([3, 0, 0], [0, 5, 0]), ([1, 0, 0], [1, 1e-3, 0]),
]  # fmt: skip


def test_points_of_a_way_are_the_same(engine: EnginePage) -> None:
    generator = torch.Generator().manual_seed(1)
    ends = [torch.tensor(pair, dtype=torch.float32) for pair in _EDGES]
    ways = [Way(pair, pair, torch.zeros(3)) for pair in ends]
    for apart in (0.0, 0.3, 1.0):
        mu, z, past = (torch.randn(n, 6, generator=generator) for n in (2, 2, 1))
        ways.append(Way(mu, z, past[0], apart))
    given = [[way.mu.tolist(), way.z.tolist(), way.past.tolist(), way.apart] for way in ways]
    found = engine.run(_POINTS, {"ways": given, "shares": SHARES, "kinds": KINDS})
    for way, of_way in zip(ways, found, strict=True):
        for kind, points in zip(KINDS, of_way, strict=True):
            wanted = points_between(way, torch.tensor(SHARES), kind)
            torch.testing.assert_close(
                torch.tensor(points, dtype=torch.float32), wanted, atol=2e-6, rtol=2e-6, msg=f"{way} {kind}"
            )
            assert [points[0], points[-1]] == way.z.tolist()


def test_paths_of_the_bundled_model_are_the_same(engine: EnginePage) -> None:
    text_model = load(BUNDLED).text_model
    pairs: list[tuple[str, str, str]] = [
        ("The cat sat on the mat.", "I  want to go home.", "fluent"),
        ("I want to go home.", " The cat sat on the mat.", "fluent"),
        ("Tom is my friend.", "Tom is my best friend.", "slerp"),
        ("Please open the window.", "Please open the window.", "fluent"),
    ]
    found: list[Any] = engine.run(_PATHS, {"model": engine.serve(BUNDLED.read_bytes()), "pairs": [*pairs, ["", "a"]]})
    assert found.pop() == "The first sentence is empty: type something to slide from or to."
    for (a, b, kind), stops in zip(pairs, found, strict=True):
        wanted = find_path(text_model, a, b, kind=kind)
        assert [text for text, *_ in stops] == [stop.text for stop in wanted]
        for (_, z, begin, end), stop in zip(stops, wanted, strict=True):
            assert (begin, end) == pytest.approx((stop.begin, stop.end), abs=1e-6)
            assert z == pytest.approx(stop.z, abs=1e-3)
