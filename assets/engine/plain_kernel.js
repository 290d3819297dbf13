// Products of matrices with vectors by plain JavaScript, where a browser has no WebAssembly with four numbers at a time.
import { copyRow } from "./stored_weights.js";

/** A kernel, see kernel.js. */
export class PlainKernel {
  name = "plain";

  /**
   * @param {import("./stored_weights.js").Weights} stored
   * @param {number} first
   * @param {number} last
   */
  matrix(stored, first, last) {
    const [rows, columns] = [stored.shape[0], last - first];
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      copyRow(stored, row, first, values.subarray(row * columns, (row + 1) * columns));
    }
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
