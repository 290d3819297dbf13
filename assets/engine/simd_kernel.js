// Products of matrices with vectors by the WebAssembly of kernel.wat, in whose memory the matrices lie.
import { ModelError } from "./safetensors.js";
import { copyRow } from "./stored_weights.js";

const TOGETHER = 32; // vectors that a matrix is read for at once
const PAGE = 2 ** 16; // bytes by which WebAssembly's memory grows
const MOST_EXACT = 2048; // columns whose products, as integers, add up without going over 32 bits
const HALF_RANGE = 2 ** 15 - 1; // of the higher half of a number
const HALF_STEP = 2 ** 15; // of which the lower half counts parts

/** @typedef {(...numbers: number[]) => void} Product a function of kernel.wat, which says what its numbers are */

/** A kernel, see kernel.js. Weights of 8 bits are computed with as they are: a quarter of the memory to be read. */
export class SimdKernel {
  name = "simd";

  /** @param {BufferSource} wasmBytes */
  constructor(wasmBytes) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasmBytes));
    this.memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    this.products = /** @type {Record<string, Product>} */ (/** @type {unknown} */ (exports));
    this.used = 0; // bytes of the memory
    /** Where vectors are put and taken from, and a number that belongs to each. */
    this.scratch = { input: 0, output: 0, units: this.allocate(TOGETHER * 4), size: 0 };
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
    const needed = TOGETHER * 4 * Math.max(made.height, made.width);
    if (needed > this.scratch.size) {
      Object.assign(this.scratch, { input: this.allocate(needed), output: this.allocate(needed), size: needed });
    }
    made.fill(stored, first);
    return made;
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

/** A matrix in the kernel's memory, whose rows and columns are filled up with zeros. */
class PlacedMatrix {
  /**
   * @param {SimdKernel} kernel
   * @param {number} rows
   * @param {number} columns
   * @param {number} itemSize bytes of a number
   */
  constructor(kernel, rows, columns, itemSize) {
    this.kernel = kernel;
    this.rows = rows;
    this.columns = columns;
    this.height = Math.ceil(rows / 4) * 4;
    this.width = Math.ceil(columns / 8) * 8;
    this.address = kernel.allocate(this.height * this.width * itemSize);
  }

  /**
   * Vectors to vectors, so many at once.
   * @param {number} count
   * @param {number} size of a result
   * @param {number} stride numbers from one result to the next
   * @param {(first: number, n: number) => void} compute n results, from vector `first` on, into the scratch memory
   */
  inTurns(count, size, stride, compute) {
    const out = new Float32Array(count * size);
    for (let first = 0; first < count; first += TOGETHER) {
      const n = Math.min(TOGETHER, count - first);
      compute(first, n);
      const from = this.kernel.scratch.output / 4;
      for (let i = 0; i < n; i++) {
        const at = from + i * stride;
        out.set(this.kernel.floats.subarray(at, at + size), (first + i) * size);
      }
    }
    return out;
  }

  /**
   * Put n vectors, from the `first` on, where the kernel reads them.
   * @param {Float32Array} x
   * @param {number} size of a vector
   * @param {number} stride numbers from one to the next, those between filled with zeros
   * @param {number} first
   * @param {number} n
   */
  place(x, size, stride, first, n) {
    const { floats, scratch } = this.kernel;
    for (let i = 0; i < n; i++) {
      const at = scratch.input / 4 + i * stride;
      floats.set(x.subarray((first + i) * size, (first + i + 1) * size), at);
      floats.fill(0, at + size, at + stride);
    }
  }
}

/** Of 32 bits a number. */
class FloatMatrix extends PlacedMatrix {
  /**
   * @param {SimdKernel} kernel
   * @param {number} rows
   * @param {number} columns
   */
  constructor(kernel, rows, columns) {
    super(kernel, rows, columns, 4);
  }

  /**
   * @param {import("./stored_weights.js").Weights} stored
   * @param {number} first column
   */
  fill(stored, first) {
    for (let row = 0, at = this.address / 4; row < this.rows; row++, at += this.width) {
      copyRow(stored, row, first, this.kernel.floats.subarray(at, at + this.columns));
    }
  }

  /**
   * @param {Float32Array} x
   * @param {number} count
   */
  multiply(x, count) {
    const { kernel, address, height, width } = this;
    const { input, output } = kernel.scratch;
    return this.inTurns(count, this.rows, height, (first, n) => {
      this.place(x, this.columns, width, first, n);
      kernel.products.multiply(address, height, width * 4, input, n, output, height * 4);
    });
  }

  /**
   * @param {Float32Array} y
   * @param {number} count
   */
  multiplyTransposed(y, count) {
    const { kernel, address, height, width } = this;
    const { input, output } = kernel.scratch;
    return this.inTurns(count, this.columns, width, (first, n) => {
      this.place(y, this.rows, height, first, n);
      kernel.floats.fill(0, output / 4, output / 4 + n * width);
      kernel.products.multiply_transposed(address, height, width * 4, input, n, height * 4, output);
    });
  }
}

/** Of 8 bits a number, and a scale for each row. */
class IntegerMatrix extends PlacedMatrix {
  /**
   * @param {SimdKernel} kernel
   * @param {number} rows
   * @param {number} columns
   */
  constructor(kernel, rows, columns) {
    super(kernel, rows, columns, 1);
    this.scales = kernel.allocate(this.height * 4);
  }

  /**
   * @param {import("./stored_weights.js").Weights} stored
   * @param {number} first column
   */
  fill(stored, first) {
    if (!("integers" in stored)) return;
    const bytes = new Int8Array(this.kernel.memory.buffer);
    const { integers, scales, shape } = stored;
    this.kernel.floats.set(scales, this.scales / 4);
    for (let row = 0, at = this.address; row < this.rows; row++, at += this.width) {
      const from = row * shape[1] + first;
      bytes.set(integers.subarray(from, from + this.columns), at);
    }
  }

  /**
   * @param {Float32Array} x
   * @param {number} count
   */
  multiply(x, count) {
    const { kernel, address, scales, height, width } = this;
    const { input, output, units } = kernel.scratch;
    return this.inTurns(count, this.rows, height, (first, n) => {
      for (let i = 0; i < n; i++) this.placeHalves(x, (first + i) * this.columns, i);
      kernel.products.multiply_integers(address, height, width, scales, input, n, units, output, height * 4);
    });
  }

  /**
   * Put a vector where the kernel reads it, each number in two integers that together are finer than a float32's.
   * @param {Float32Array} x
   * @param {number} from where it begins
   * @param {number} i which place it takes
   */
  placeHalves(x, from, i) {
    const { kernel, width, columns } = this;
    const { floats, shorts, scratch } = kernel;
    let largest = 0;
    for (let k = 0; k < columns; k++) largest = Math.max(largest, Math.abs(x[from + k]));
    floats[scratch.units / 4 + i] = largest / HALF_RANGE;
    const factor = largest ? HALF_RANGE / largest : 0;
    const at = scratch.input / 2 + i * 2 * width;
    for (let k = 0; k < columns; k++) {
      const value = x[from + k] * factor;
      const half = Math.round(value);
      shorts[at + k] = half;
      shorts[at + width + k] = Math.round((value - half) * HALF_STEP);
    }
    shorts.fill(0, at + columns, at + width);
    shorts.fill(0, at + width + columns, at + 2 * width);
  }

  /**
   * @param {Float32Array} y
   * @param {number} count
   */
  multiplyTransposed(y, count) {
    const { kernel, address, scales, rows, height, width } = this;
    const { input, output } = kernel.scratch;
    return this.inTurns(count, this.columns, width, (first, n) => {
      this.place(y, rows, height, first, n);
      for (let i = 0; i < n; i++) {
        const at = input / 4 + i * height;
        for (let row = 0; row < rows; row++) kernel.floats[at + row] *= kernel.floats[scales / 4 + row];
      }
      kernel.floats.fill(0, output / 4, output / 4 + n * width);
      kernel.products.multiply_integers_transposed(address, height, width, input, n, height * 4, output);
    });
  }
}
