// Products of matrices with vectors, which take nearly all of a model's time: by WebAssembly, or by plain JavaScript.
import { PlainKernel } from "./plain_kernel.js";
import { SimdKernel } from "./simd_kernel.js";

/**
 * Keeps matrices, and multiplies with them.
 *
 * @typedef {object} Kernel
 * @property {string} name "simd" or "plain"
 * @property {(stored: import("./stored_weights.js").Weights, first: number, last: number) => Matrix} matrix keeps the
 * columns from the first to before the last of a stored matrix
 * @property {(stored: import("./stored_weights.js").Weights) => RecurrentPart} lstm of its weights (4 * H, H)
 */

/**
 * A matrix W of (rows, columns). Vectors are rows of flat arrays, `count` of them.
 *
 * @typedef {object} Matrix
 * @property {number} rows
 * @property {number} columns
 * @property {(x: Float32Array, count: number) => Float32Array} multiply x Wᵀ: (count, columns) to (count, rows)
 * @property {(y: Float32Array, count: number) => Float32Array} multiplyTransposed y W: (count, rows) to
 * (count, columns)
 * @property {(x: Float32Array, count: number, bias: Float32Array) => Int32Array} likeliest where the largest number of
 * x Wᵀ + bias is, of each row the first
 */

/**
 * The recurrent part of an LSTM.
 *
 * @typedef {object} RecurrentPart
 * @property {(h: Float32Array, c: Float32Array, n: number, inputs: Float32Array[], code: Float32Array) => Float32Array
 * } step
 * one token for n rows, h and c (n, H) in place. To the gates that h makes, `inputs` of each row and `code` (n, 4 * H)
 * are added. Gives the gates i, f, g, o as they are opened: (n, 4 * H)
 * @property {(y: Float32Array, count: number) => Float32Array} multiplyTransposed by the weights, see `Matrix`
 */

/**
 * The fastest kernel that this browser can run.
 * @param {BufferSource | null} wasmBytes of kernel.wasm; null for plain JavaScript
 * @returns {Kernel}
 */
export function createKernel(wasmBytes) {
  const usable = wasmBytes !== null && typeof WebAssembly === "object" && WebAssembly.validate(wasmBytes);
  if (!usable) return new PlainKernel();
  try {
    return new SimdKernel(wasmBytes);
  } catch {
    return new PlainKernel(); // the policy of a page may forbid it
  }
}
