// Matrices in the memory of the WebAssembly of kernel.wat, and how vectors go to it and come back.
import { copyRow } from "./stored_weights.js";

export const TOGETHER = 64; // vectors that a matrix is read for at once
const HALF_RANGE = 2 ** 15 - 1; // of the higher half of a number
const HALF_STEP = 2 ** 15; // of which the lower half counts parts
const MANY = 12; // vectors from which on integers are better made floating-point numbers
export const WIDENED = 16; // rows that become floating-point numbers at once, and stay in the nearest cache

/** @typedef {import("./simd_kernel.js").SimdKernel} SimdKernel */

/** A matrix of 32 bits a number in the kernel's memory, whose rows and columns are filled up with zeros. */
export class FloatMatrix {
  /**
   * @param {SimdKernel} kernel
   * @param {number} rows
   * @param {number} columns
   * @param {number} [itemSize] bytes of a number
   */
  constructor(kernel, rows, columns, itemSize = 4) {
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
      takeRows(this.kernel, this.kernel.scratch.output, stride, out, size, first, n);
    }
    return out;
  }

  /**
   * @param {Float32Array} x
   * @param {number} count
   */
  multiply(x, count) {
    return this.inTurns(count, this.rows, this.height, (first, n) => this.compute(x, first, n));
  }

  /**
   * Where the largest number of each result is, once a bias has been added to it.
   * @param {Float32Array} x
   * @param {number} count
   * @param {Float32Array} bias
   */
  likeliest(x, count, bias) {
    const { kernel, height, rows } = this;
    const places = new Int32Array(count);
    for (let first = 0; first < count; first += TOGETHER) {
      const n = Math.min(TOGETHER, count - first);
      this.compute(x, first, n);
      const { input, output } = kernel.scratch; // the input has been read
      kernel.floats.set(bias, input / 4);
      kernel.floats.fill(-Infinity, input / 4 + rows, input / 4 + height);
      for (let i = 0; i < n; i++) {
        places[first + i] = Number(kernel.products.likeliest(output + i * height * 4, input, height * 4));
      }
    }
    return places;
  }

  /**
   * @param {Float32Array} y
   * @param {number} count
   */
  multiplyTransposed(y, count) {
    const { kernel, rows, height, width } = this;
    return this.inTurns(count, this.columns, width, (first, n) => {
      const { input, output } = kernel.scratch;
      placeRows(kernel, input, height, y, rows, first, n);
      kernel.floats.fill(0, output / 4, output / 4 + n * width);
      this.computeTransposed(n);
    });
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
   * @param {number} first
   * @param {number} n
   */
  compute(x, first, n) {
    const { kernel, address, height, width } = this;
    const { input, output } = kernel.scratch;
    placeRows(kernel, input, width, x, this.columns, first, n);
    kernel.products.multiply(address, height, width * 4, input, n, output, height * 4);
  }

  /** @param {number} n */
  computeTransposed(n) {
    const { kernel, address, height, width } = this;
    const { input, output } = kernel.scratch;
    kernel.products.multiply_transposed(address, height, width * 4, input, n, height * 4, output);
  }
}

/** A matrix of 8 bits a number, and a scale for each row. */
export class IntegerMatrix extends FloatMatrix {
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
   * @param {number} first
   * @param {number} n
   */
  compute(x, first, n) {
    const { kernel, address, scales, height, width } = this;
    const { input, output, units } = kernel.scratch;
    if (n >= MANY) {
      placeRows(kernel, input, width, x, this.columns, first, n);
      this.widened((wide, row, rows) => {
        kernel.products.multiply(wide, rows, width * 4, input, n, output + row * 4, height * 4);
      });
      return;
    }
    for (let i = 0; i < n; i++) this.placeHalves(x, (first + i) * this.columns, i);
    kernel.products.multiply_integers(address, height, width, scales, input, n, units, output, height * 4);
  }

  /** @param {number} n */
  computeTransposed(n) {
    const { kernel, height, width } = this;
    const { input, output } = kernel.scratch;
    this.widened((wide, row, rows) => {
      kernel.products.multiply_transposed(wide, rows, width * 4, input + row * 4, n, height * 4, output);
    });
  }

  /**
   * Rows as floating-point numbers, some after the other.
   * @param {(address: number, row: number, rows: number) => void} use so many rows from one on, which lie there
   */
  widened(use) {
    const { kernel, address, scales, height, width } = this;
    const { wide } = kernel.scratch;
    for (let row = 0; row < height; row += WIDENED) {
      const rows = Math.min(WIDENED, height - row);
      kernel.products.widen(address + row * width, rows, width, scales + row * 4, wide);
      use(wide, row, rows);
    }
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
}

/**
 * Put n rows, from the `first` on, where the kernel reads them, filled up with zeros.
 * @param {SimdKernel} kernel
 * @param {number} address
 * @param {number} stride numbers from one to the next
 * @param {Float32Array} x
 * @param {number} size of a row
 * @param {number} first
 * @param {number} n
 */
export function placeRows({ floats }, address, stride, x, size, first, n) {
  for (let i = 0, at = address / 4; i < n; i++, at += stride) {
    floats.set(x.subarray((first + i) * size, (first + i + 1) * size), at);
    floats.fill(0, at + size, at + stride);
  }
}

/**
 * Copy n rows from where the kernel wrote them to the `first` and those behind.
 * @param {SimdKernel} kernel
 * @param {number} address
 * @param {number} stride numbers from one to the next
 * @param {Float32Array} out
 * @param {number} size of a row
 * @param {number} first
 * @param {number} n
 */
export function takeRows({ floats }, address, stride, out, size, first, n) {
  for (let i = 0, at = address / 4; i < n; i++, at += stride) {
    out.set(floats.subarray(at, at + size), (first + i) * size);
  }
}
