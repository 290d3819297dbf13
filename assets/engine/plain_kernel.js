// Products of matrices with vectors by plain JavaScript, for browsers without what kernel.wat needs.
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
    const values = new Float32Array(Math.ceil(rows / 4) * 4 * columns); // filled up with zeros: four rows go together
    for (let row = 0; row < rows; row++) {
      copyRow(stored, row, first, values.subarray(row * columns, (row + 1) * columns));
    }
    return new PlainMatrix(values, rows, columns);
  }

  /** @param {import("./stored_weights.js").Weights} stored (4 * H, H) */
  lstm(stored) {
    return new PlainLstm(this.matrix(stored, 0, stored.shape[1]));
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
    for (let row = 0; row < rows; row += 4) {
      const first = row * columns;
      for (let i = 0; i < count; i++) {
        let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0]; // so that no addition has to wait for the one before
        for (let column = 0, at = first, from = i * columns; column < columns; column++, at++, from++) {
          const value = x[from];
          sum0 += values[at] * value;
          sum1 += values[at + columns] * value;
          sum2 += values[at + 2 * columns] * value;
          sum3 += values[at + 3 * columns] * value;
        }
        const to = i * rows + row;
        out[to] = sum0;
        if (row + 1 < rows) out[to + 1] = sum1;
        if (row + 2 < rows) out[to + 2] = sum2;
        if (row + 3 < rows) out[to + 3] = sum3;
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

  /**
   * @param {Float32Array} x
   * @param {number} count
   * @param {Float32Array} bias
   */
  likeliest(x, count, bias) {
    const { rows } = this;
    const sums = this.multiply(x, count);
    return Int32Array.from({ length: count }, (_, i) => {
      let best = i * rows;
      for (let k = 0, at = best; k < rows; k++, at++) {
        sums[at] += bias[k];
        if (sums[at] > sums[best]) best = at;
      }
      return best - i * rows;
    });
  }
}

/** The recurrent part of an LSTM. */
class PlainLstm {
  /** @param {PlainMatrix} matrix */
  constructor(matrix) {
    this.matrix = matrix;
  }

  /**
   * @param {Float32Array} h
   * @param {Float32Array} c
   * @param {number} n
   * @param {Float32Array[]} inputs
   * @param {Float32Array} code
   */
  step(h, c, n, inputs, code) {
    const { rows: width } = this.matrix;
    const gates = this.matrix.multiply(h, n);
    inputs.forEach((input, row) => {
      for (let k = 0, at = row * width; k < width; k++, at++) gates[at] += input[k] + code[at];
    });
    lstmStep(gates, h, c, n);
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

/**
 * One step of an LSTM for n rows, in place: the gates become what they let through, i and f and o in (0, 1) and g in
 * (-1, 1); h and c go on.
 * @param {Float32Array} gates (n, 4 * H), in the order i, f, g, o
 * @param {Float32Array} h (n, H)
 * @param {Float32Array} c (n, H)
 * @param {number} n
 */
function lstmStep(gates, h, c, n) {
  const size = h.length / n;
  for (let row = 0; row < n; row++) {
    const i = row * 4 * size;
    const at = row * size;
    for (let k = 0; k < 2 * size; k++) gates[i + k] = 1 / (1 + Math.exp(-gates[i + k]));
    for (let k = 2 * size; k < 3 * size; k++) gates[i + k] = tanh(gates[i + k]);
    for (let k = 3 * size; k < 4 * size; k++) gates[i + k] = 1 / (1 + Math.exp(-gates[i + k]));
    for (let k = 0; k < size; k++) {
      c[at + k] = gates[i + size + k] * c[at + k] + gates[i + k] * gates[i + 2 * size + k];
      h[at + k] = gates[i + 3 * size + k] * tanh(c[at + k]);
    }
  }
}

/**
 * By one exponential, in a third of the time of Math.tanh; right to 1e-16, which the sum with 1 leaves of numbers near 0.
 * @param {number} x
 */
function tanh(x) {
  return 1 - 2 / (1 + Math.exp(2 * x));
}
