// Products of matrices with vectors by the WebAssembly of kernel.wat, in whose memory the matrices lie.
import { ModelError } from "./safetensors.js";
import { SimdLstm } from "./simd_lstm.js";
import { FloatMatrix, IntegerMatrix, TOGETHER, WIDENED } from "./simd_matrix.js";

const PAGE = 2 ** 16; // bytes by which WebAssembly's memory grows
const MOST_EXACT = 2048; // columns whose products, as integers, add up without going over 32 bits

/** @typedef {(...numbers: number[]) => number | void} Product a function of kernel.wat, which says what they are */

/** A kernel, see kernel.js. Weights of 8 bits are computed with as they are: a quarter of the memory to be read. */
export class SimdKernel {
  name = "simd";

  /** @param {BufferSource} wasmBytes */
  constructor(wasmBytes) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasmBytes));
    this.memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    this.products = /** @type {Record<string, Product>} */ (/** @type {unknown} */ (exports));
    this.used = 0; // bytes of the memory
    /** Where vectors are put and taken from, a number that belongs to each, and where rows are widened. */
    this.scratch = { input: 0, output: 0, wide: 0, units: this.allocate(TOGETHER * 4), size: 0 };
    this.floats = new Float32Array(this.memory.buffer);
    this.shorts = new Int16Array(this.memory.buffer);
  }

  /**
   * @param {import("./stored_weights.js").Weights} stored
   * @param {number} first
   * @param {number} last
   */
  matrix(stored, first, last) {
    const columns = last - first;
    const Form = "integers" in stored && columns <= MOST_EXACT ? IntegerMatrix : FloatMatrix;
    const made = new Form(this, stored.shape[0], columns);
    const size = 4 * Math.max(made.height, made.width);
    if (size > this.scratch.size) {
      const [input, output] = [this.allocate(TOGETHER * size), this.allocate(TOGETHER * size)];
      Object.assign(this.scratch, { input, output, wide: this.allocate(WIDENED * size), size });
    }
    made.fill(stored, first);
    return made;
  }

  /** @param {import("./stored_weights.js").Weights} stored (4 * H, H) */
  lstm(stored) {
    return new SimdLstm(this, this.matrix(stored, 0, stored.shape[1]));
  }

  /**
   * So many bytes of memory, all 0; their address.
   * @param {number} size
   */
  allocate(size) {
    const address = this.used;
    this.used += Math.ceil(size / 16) * 16;
    const missing = this.used - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch {
        throw new ModelError("This model is too large for the memory that the browser gives it.");
      }
      this.floats = new Float32Array(this.memory.buffer);
      this.shorts = new Int16Array(this.memory.buffer);
    }
    return address;
  }
}
