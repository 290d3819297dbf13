// The recurrent part of an LSTM by the WebAssembly of kernel.wat.
import { TOGETHER, placeRows, takeRows } from "./simd_matrix.js";

/** See `RecurrentPart` in kernel.js. */
export class SimdLstm {
  /**
   * @param {import("./simd_kernel.js").SimdKernel} kernel
   * @param {import("./simd_matrix.js").FloatMatrix} matrix
   */
  constructor(kernel, matrix) {
    this.kernel = kernel;
    this.matrix = matrix;
    const [gates, states] = [TOGETHER * matrix.height * 4 + 16, TOGETHER * matrix.width * 4];
    this.inputs = kernel.allocate(gates);
    this.code = kernel.allocate(gates);
    this.opened = kernel.allocate(4 * states);
    this.h = kernel.allocate(states);
    this.c = kernel.allocate(states);
  }

  /**
   * @param {Float32Array} h
   * @param {Float32Array} c
   * @param {number} n
   * @param {Float32Array[]} inputs
   * @param {Float32Array} code
   */
  step(h, c, n, inputs, code) {
    const { kernel, matrix } = this;
    const { height, width, columns } = matrix;
    const gates = new Float32Array(n * height);
    for (let first = 0; first < n; first += TOGETHER) {
      const rows = Math.min(TOGETHER, n - first);
      matrix.compute(h, first, rows);
      for (let i = 0; i < rows; i++) kernel.floats.set(inputs[first + i], this.inputs / 4 + i * height);
      placeRows(kernel, this.code, height, code, height, first, rows);
      placeRows(kernel, this.c, width, c, columns, first, rows);
      const { output } = kernel.scratch;
      kernel.products.lstm_step(
        output, this.inputs, this.code, columns * 4, rows, this.opened, this.h, this.c, width * 4,
      );
      takeRows(kernel, this.h, width, h, columns, first, rows);
      takeRows(kernel, this.c, width, c, columns, first, rows);
      takeRows(kernel, this.opened, width, gates, columns, 4 * first, 4 * rows);
    }
    return gates;
  }

  /**
   * @param {Float32Array} y
   * @param {number} count
   */
  multiplyTransposed(y, count) {
    return this.matrix.multiplyTransposed(y, count);
  }
}
