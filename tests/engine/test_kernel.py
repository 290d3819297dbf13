"""The kernel is what its source says, and computes the same as plain JavaScript; random numbers are torch's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import wasmtime
from support.engine_page import ENGINE, EnginePage

PRODUCTS = """async (sizes) => {
  const { createKernel } = await import("/engine/kernel.js");
  const bytes = await (await fetch("/engine/kernel.wasm")).arrayBuffer();
  const kernels = [createKernel(bytes), createKernel(null), createKernel(new Uint8Array([0, 97, 115, 109, 9]))];
  let seed = 1;
  const numbers = (n) => Float32Array.from({ length: n }, () => (seed = (seed * 16807) % 2147483647) / 2 ** 30 - 1);
  const worst = sizes.map(([rows, columns, count, bits]) => {
    const shape = [rows, columns + 3];
    const values = numbers(rows * (columns + 3));
    const integers = Int8Array.from(values, (value) => Math.round(127 * value));
    const scales = numbers(rows).map((value) => (value + 2) / 127);
    const stored = bits === 8 ? { shape, integers, scales } : { shape, values };
    const weight = (r, k) => (bits === 8 ? integers[r * shape[1] + k] * scales[r] : values[r * shape[1] + k]);
    const [x, y] = [numbers(count * columns).map((value) => 30 * value), numbers(count * rows)];
    const errors = [];
    for (const kernel of kernels) {
      const matrix = kernel.matrix(stored, 2, columns + 2);
      const out = matrix.multiply(x, count);
      const bias = new Float32Array(rows).fill(-1e6); // all sums are below 0
      matrix.likeliest(x, count, bias).forEach((place, i) => {
        const sums = out.slice(i * rows, (i + 1) * rows).map((value) => value - 1e6);
        errors.push(sums.indexOf(Math.max(...sums)) === place ? 0 : 1);
      });
      for (let i = 0; i < count; i++) for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let k = 0; k < columns; k++) sum += weight(r, k + 2) * x[i * columns + k];
        errors.push(Math.abs(sum - out[i * rows + r]));
      }
      const back = matrix.multiplyTransposed(y, count);
      for (let i = 0; i < count; i++) for (let k = 0; k < columns; k++) {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum += weight(r, k + 2) * y[i * rows + r];
        errors.push(Math.abs(sum - back[i * columns + k]));
      }
    }
    return Math.max(...errors.map((error) => (Number.isNaN(error) ? Infinity : error)));
  });
  return [kernels.map((kernel) => kernel.name), worst];
}"""
DRAWN = """async (seeds) => {
  const { Generator } = await import("/engine/random.js");
  return seeds.map((seed) => {
    const generator = new Generator(seed);
    return [
      [...generator.uniforms(700)], ...[1, 2, 15, 16, 17, 40].map((n) => [...generator.normals(n)]),
      ...[40, ...Array(20).fill(1)].map((n) => [...generator.multinomial(Float32Array.of(0.2, 0.5, 0.3), n)]),
      [...generator.uniforms(2)],
    ];
  });
}"""


def test_kernel_is_made_of_its_source() -> None:
    """Byte for byte: kernel.wasm = wasmtime.wat2wasm(kernel.wat)."""
    source = (ENGINE / "kernel.wat").read_text("utf-8")
    assert bytes(wasmtime.wat2wasm(source)) == (ENGINE / "kernel.wasm").read_bytes()


def test_products_are_right_to_single_precision(engine: EnginePage) -> None:
    sizes = [(1, 1, 1), (7, 5, 1), (8, 8, 2), (13, 9, 3), (64, 20, 33), (101, 37, 70)]
    sizes = [(*size, bits) for size in sizes for bits in (8, 32)]
    names, worst = engine.run(PRODUCTS, sizes)
    assert names == ["simd", "plain", "plain"]  # the last was given bytes that are no kernel
    assert max(worst) < 1e-4


@pytest.mark.parametrize("seed", [0, 1, 2**32 + 7])
def test_random_numbers_are_those_of_torch(engine: EnginePage, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    expected: list[Any] = [torch.rand(700, generator=generator)]
    expected += [torch.randn(n, generator=generator) for n in (1, 2, 15, 16, 17, 40)]
    weights = torch.tensor([0.2, 0.5, 0.3])
    expected += [torch.multinomial(weights, n, True, generator=generator) for n in (40, *[1] * 20)]
    expected += [torch.rand(2, generator=generator)]
    (drawn,) = engine.run(DRAWN, [seed])
    for ours, theirs in zip(drawn, expected, strict=True):
        assert torch.allclose(torch.tensor(ours, dtype=torch.float32), theirs.float(), atol=3e-6)
