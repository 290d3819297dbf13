"""The kernel is what its source says, and computes the same as plain JavaScript; random numbers are torch's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import wasmtime
from conftest import ENGINE, EnginePage

PRODUCTS = """async (sizes) => {
  const { createKernel } = await import("/engine/kernel.js");
  const bytes = await (await fetch("/engine/kernel.wasm")).arrayBuffer();
  const kernels = [createKernel(bytes), createKernel(null), createKernel(new Uint8Array([0, 97, 115, 109, 9]))];
  let seed = 1;
  const numbers = (n) => Float32Array.from({ length: n }, () => (seed = (seed * 16807) % 2147483647) / 2 ** 30 - 1);
  const worst = sizes.map(([rows, columns, count]) => {
    const [w, x, y] = [numbers(rows * columns), numbers(count * columns), numbers(count * rows)];
    const made = kernels.map((kernel) => {
      const matrix = kernel.matrix(rows, columns, (r, out) => out.set(w.subarray(r * columns, (r + 1) * columns)));
      return [...matrix.multiply(x, count), ...matrix.multiplyTransposed(y, count)];
    });
    const plain = (i, r) => Array.from({length: columns}, (_, k) => w[r * columns + k] * x[i * columns + k]);
    const last = plain(count - 1, rows - 1).reduce((a, b) => a + b, 0);
    const different = made[0].map((value, i) => Math.abs(value - made[1][i]));
    return Math.max(...different, Math.abs(last - made[1][count * rows - 1]));
  });
  return [kernels.map((kernel) => kernel.name), worst];
}"""
DRAWN = """async (seeds) => {
  const { Generator } = await import("/engine/random.js");
  return seeds.map((seed) => {
    const generator = new Generator(seed);
    return [
      [...generator.uniforms(700)], ...[1, 2, 15, 16, 17, 40].map((n) => [...generator.normals(n)]),
      [...generator.multinomial(Float32Array.of(0.2, 0.5, 0.3), 40)], [...generator.uniforms(2)],
    ];
  });
}"""


def test_kernel_is_made_of_its_source() -> None:
    """Byte for byte: kernel.wasm = wasmtime.wat2wasm(kernel.wat)."""
    source = (ENGINE / "kernel.wat").read_text("utf-8")
    assert bytes(wasmtime.wat2wasm(source)) == (ENGINE / "kernel.wasm").read_bytes()


def test_products_are_those_of_plain_javascript(engine: EnginePage) -> None:
    sizes = [(1, 1, 1), (7, 5, 1), (8, 8, 2), (13, 9, 3), (64, 20, 33), (101, 37, 70)]
    names, worst = engine.run(PRODUCTS, sizes)
    assert names == ["simd", "plain", "plain"]  # the last was given bytes that are no kernel
    assert max(worst) < 1e-4


@pytest.mark.parametrize("seed", [0, 1, 2**32 + 7])
def test_random_numbers_are_those_of_torch(engine: EnginePage, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    expected: list[Any] = [torch.rand(700, generator=generator)]
    expected += [torch.randn(n, generator=generator) for n in (1, 2, 15, 16, 17, 40)]
    weights = torch.tensor([0.2, 0.5, 0.3])
    expected += [torch.multinomial(weights, 40, True, generator=generator), torch.rand(2, generator=generator)]
    (drawn,) = engine.run(DRAWN, [seed])
    for ours, theirs in zip(drawn, expected, strict=True):
        assert torch.allclose(torch.tensor(ours, dtype=torch.float32), theirs.float(), atol=3e-6)
