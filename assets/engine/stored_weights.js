// Weights as they stand in a model file: 16 bits each, or 8 with a scale for each row of a matrix.
import { ModelError } from "./safetensors.js";

/**
 * A matrix of (rows, columns), or a vector as one of one column: float32 `values`, or `integers` whose rows are to be
 * multiplied by `scales`.
 * @typedef {{shape: number[], values: Float32Array}} FloatWeights
 * @typedef {{shape: number[], integers: Int8Array, scales: Float32Array}} IntegerWeights
 * @typedef {FloatWeights | IntegerWeights} Weights
 */

const halfs = { table: new Float32Array(0) };

/**
 * Numbers of 16 bits as numbers of 32.
 * @param {Uint8Array} bytes
 */
export function floatsOfHalfs(bytes) {
  if (!halfs.table.length) halfs.table = Float32Array.from({ length: 2 ** 16 }, (_, bits) => floatOfHalf(bits));
  const { table } = halfs;
  const values = new Float32Array(bytes.length / 2);
  for (let i = 0; i < values.length; i++) values[i] = table[bytes[2 * i] | (bytes[2 * i + 1] << 8)];
  return values;
}

/** @param {number} bits */
function floatOfHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14);
}

/**
 * All weights of a file by their names.
 * @param {Map<string, import("./safetensors.js").StoredTensor>} stored
 * @returns {Map<string, Weights>}
 */
export function readWeights(stored) {
  const weights = new Map();
  for (const [name, { dtype, shape, bytes }] of stored) {
    if (dtype === "I8") {
      const scale = stored.get(`${name}.scale`);
      if (shape.length !== 2 || scale?.dtype !== "F16" || scale.shape.length !== 1 || scale.shape[0] !== shape[0]) {
        throw new ModelError("The model file is not valid: its weights do not fit its own description.");
      }
      const integers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      weights.set(name, { shape, integers, scales: finite(name, floatsOfHalfs(scale.bytes)) });
    } else if (!(name.endsWith(".scale") && stored.has(name.slice(0, -6)))) {
      weights.set(name, { shape, values: finite(name, floatsOfHalfs(bytes)) });
    }
  }
  return weights;
}

/**
 * A row of a matrix, or its part from column `first` on, into `out`.
 * @param {Weights} matrix
 * @param {number} row
 * @param {number} first
 * @param {Float32Array} out
 */
export function copyRow(matrix, row, first, out) {
  const from = row * matrix.shape[1] + first;
  if ("values" in matrix) {
    out.set(matrix.values.subarray(from, from + out.length));
    return;
  }
  const { integers, scales } = matrix;
  const scale = scales[row];
  for (let i = 0; i < out.length; i++) out[i] = integers[from + i] * scale;
}

/**
 * Rows of a matrix, one for each id: (ids, columns).
 * @param {Weights} matrix
 * @param {ArrayLike<number>} ids
 */
export function rowsOf(matrix, ids) {
  const columns = matrix.shape[1];
  const out = new Float32Array(ids.length * columns);
  for (let i = 0; i < ids.length; i++) copyRow(matrix, ids[i], 0, out.subarray(i * columns, (i + 1) * columns));
  return out;
}

/**
 * @param {string} name
 * @param {Float32Array} values
 */
function finite(name, values) {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new ModelError(`The model is not valid: ${name.slice(0, 80)} holds values that are not numbers.`);
    }
  }
  return values;
}
