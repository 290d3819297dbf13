// Products of matrices with vectors, which take nearly all of a model's time: by WebAssembly, four numbers at a time,
// or by plain JavaScript where a browser has no such instructions.
import { ModelError } from "./safetensors.js";

const TOGETHER = 32; // vectors that a matrix is read for at once
const PAGE = 2 ** 16; // bytes by which WebAssembly's memory grows

/**
 * Matrices that were handed over, and what is computed with them.
 *
 * @typedef {object} Kernel
 * @property {string} name "simd" or "plain"
 * @property {(rows: number, columns: number, copyRow: CopyRow) => Matrix} matrix keeps a matrix, copied row by row
 */

/** @typedef {(row: number, out: Float32Array) => void} CopyRow writes a row of a matrix to where it is kept */

/**
 * A matrix W of (rows, columns). Vectors are rows of flat arrays, `count` of them.
 *
 * @typedef {object} Matrix
 * @property {number} rows
 * @property {number} columns
 * @property {(x: Float32Array, count: number) => Float32Array} multiply x Wᵀ: (count, columns) to (count, rows)
 * @property {(y: Float32Array, count: number) => Float32Array} multiplyTransposed y W: (count, rows) to (count, columns)
 */

/**
 * The fastest kernel that this browser can run.
 * @param {BufferSource | null} wasmBytes of kernel.wasm; null for plain JavaScript
 * @returns {Kernel}
 */
export function createKernel(wasmBytes) {
  const usable = wasmBytes !== null && typeof WebAssembly === "object" && WebAssembly.validate(wasmBytes);
  return usable ? new SimdKernel(wasmBytes) : new PlainKernel();
}

class PlainKernel {
  name = "plain";

  /**
   * @param {number} rows
   * @param {number} columns
   * @param {CopyRow} copyRow
   */
  matrix(rows, columns, copyRow) {
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) copyRow(row, values.subarray(row * columns, (row + 1) * columns));
    return new PlainMatrix(values, rows, columns);
  }
}

class PlainMatrix {
  /**
   * @param {Float32Array} values
   * @param {number} rows
   * @param {number} columns
   */
  constructor(values, rows, columns) {
    this.values = values;
    this.rows = rows;
    this.columns = columns;
  }

  /**
   * @param {Float32Array} x
   * @param {number} count
   */
  multiply(x, count) {
    const { values, rows, columns } = this;
    const out = new Float32Array(count * rows);
    for (let row = 0; row < rows; row++) {
      const first = row * columns;
      for (let i = 0; i < count; i++) {
        const from = i * columns;
        let sum0 = 0; // two sums, so that one addition need not wait for the other
        let sum1 = 0;
        let column = 0;
        for (; column + 1 < columns; column += 2) {
          sum0 += values[first + column] * x[from + column];
          sum1 += values[first + column + 1] * x[from + column + 1];
        }
        if (column < columns) sum0 += values[first + column] * x[from + column];
        out[i * rows + row] = sum0 + sum1;
      }
    }
    return out;
  }

  /**
   * @param {Float32Array} y
   * @param {number} count
   */
  multiplyTransposed(y, count) {
    const { values, rows, columns } = this;
    const out = new Float32Array(count * columns);
    for (let row = 0; row < rows; row++) {
      const first = row * columns;
      for (let i = 0; i < count; i++) {
        const factor = y[i * rows + row];
        const to = i * columns;
        for (let column = 0; column < columns; column++) out[to + column] += factor * values[first + column];
      }
    }
    return out;
  }
}

/** @typedef {(...numbers: number[]) => void} Product a function of kernel.wat, which says what its numbers are */

class SimdKernel {
  name = "simd";

  /** @param {BufferSource} wasmBytes */
  constructor(wasmBytes) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasmBytes));
    this.memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    this.product = /** @type {Product} */ (exports.multiply);
    this.productTransposed = /** @type {Product} */ (exports.multiply_transposed);
    this.used = 0; // bytes of the memory
    this.scratch = { input: 0, output: 0, size: 0 };
    this.numbers = new Float32Array(this.memory.buffer);
  }

  /**
   * @param {number} rows
   * @param {number} columns
   * @param {CopyRow} copyRow
   */
  matrix(rows, columns, copyRow) {
    const [height, width] = [paddedToFour(rows), paddedToFour(columns)];
    const address = this.allocate(height * width);
    for (let row = 0, at = address / 4; row < rows; row++, at += width) {
      copyRow(row, this.numbers.subarray(at, at + columns));
    }
    const needed = TOGETHER * Math.max(height, width);
    if (needed > this.scratch.size) {
      this.scratch = { input: this.allocate(needed), output: this.allocate(needed), size: needed };
    }
    return new SimdMatrix(this, address, rows, columns);
  }

  /**
   * Memory for so many numbers, all 0; its address in bytes.
   * @param {number} count
   */
  allocate(count) {
    const address = this.used;
    this.used += count * 4;
    const missing = this.used - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch {
        throw new ModelError("This model is too large for the memory that the browser gives it.");
      }
      this.numbers = new Float32Array(this.memory.buffer);
    }
    return address;
  }
}

class SimdMatrix {
  /**
   * @param {SimdKernel} kernel
   * @param {number} address
   * @param {number} rows
   * @param {number} columns
   */
  constructor(kernel, address, rows, columns) {
    this.kernel = kernel;
    this.address = address;
    this.rows = rows;
    this.columns = columns;
    this.height = paddedToFour(rows);
    this.width = paddedToFour(columns);
  }

  /**
   * @param {Float32Array} x
   * @param {number} count
   */
  multiply(x, count) {
    const { kernel, rows, columns, height, width } = this;
    const { input, output } = kernel.scratch;
    const out = new Float32Array(count * rows);
    for (let first = 0; first < count; first += TOGETHER) {
      const n = Math.min(TOGETHER, count - first);
      placeRows(kernel.numbers, input / 4, width, x, first, n, columns);
      kernel.product(this.address, height, width * 4, input, n, output, height * 4);
      takeRows(kernel.numbers, output / 4, height, out, first, n, rows);
    }
    return out;
  }

  /**
   * @param {Float32Array} y
   * @param {number} count
   */
  multiplyTransposed(y, count) {
    const { kernel, rows, columns, height, width } = this;
    const { input, output } = kernel.scratch;
    const out = new Float32Array(count * columns);
    for (let first = 0; first < count; first += TOGETHER) {
      const n = Math.min(TOGETHER, count - first);
      placeRows(kernel.numbers, input / 4, height, y, first, n, rows);
      kernel.numbers.fill(0, output / 4, output / 4 + n * width);
      kernel.productTransposed(this.address, height, width * 4, input, n, height * 4, output);
      takeRows(kernel.numbers, output / 4, width, out, first, n, columns);
    }
    return out;
  }
}

/** @param {number} size */
function paddedToFour(size) {
  return Math.ceil(size / 4) * 4;
}

/**
 * Copy n rows, from the `first` on, to where the kernel reads them, filled up with zeros.
 * @param {Float32Array} memory
 * @param {number} at
 * @param {number} width of a row there
 * @param {Float32Array} x
 * @param {number} first
 * @param {number} n
 * @param {number} size of a row
 */
function placeRows(memory, at, width, x, first, n, size) {
  if (width === size) {
    memory.set(x.subarray(first * size, (first + n) * size), at);
    return;
  }
  for (let i = 0; i < n; i++) {
    memory.set(x.subarray((first + i) * size, (first + i + 1) * size), at + i * width);
    memory.fill(0, at + i * width + size, at + (i + 1) * width);
  }
}

/**
 * Copy n rows from where the kernel wrote them, without what they are filled up with.
 * @param {Float32Array} memory
 * @param {number} at
 * @param {number} width of a row there
 * @param {Float32Array} out
 * @param {number} first
 * @param {number} n
 * @param {number} size of a row
 */
function takeRows(memory, at, width, out, first, n, size) {
  for (let i = 0; i < n; i++) {
    out.set(memory.subarray(at + i * width, at + i * width + size), (first + i) * size);
  }
}
