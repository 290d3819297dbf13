// What encoder and decoder are made of. Matrices are flat, row by row.
import { rowsOf } from "./stored_weights.js";

const NORM_EPSILON = 1e-5;

/** The weights of a model by name, as its layers want them. */
export class Parameters {
  /**
   * @param {Map<string, import("./stored_weights.js").Weights>} tensors of a checked file: none is missing
   * @param {import("./kernel.js").Kernel} kernel
   */
  constructor(tensors, kernel) {
    this.tensors = tensors;
    this.kernel = kernel;
  }

  /**
   * @param {string} name
   * @returns {import("./stored_weights.js").Weights}
   */
  stored(name) {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new Error(name);
    return tensor;
  }

  /**
   * The numbers of a vector, or of a small matrix.
   * @param {string} name
   */
  vector(name) {
    const tensor = this.stored(name);
    return "values" in tensor ? tensor.values : rowsOf(tensor, [...Array(tensor.shape[0]).keys()]);
  }

  /**
   * Columns of a matrix, ready to be multiplied with; all of them by default.
   * @param {string} name
   * @param {number} [first]
   * @param {number} [last]
   */
  matrix(name, first = 0, last) {
    const tensor = this.stored(name);
    return this.kernel.matrix(tensor, first, last ?? tensor.shape[1]);
  }

  /**
   * The recurrent part of an LSTM.
   * @param {string} name of its weights
   */
  lstm(name) {
    return this.kernel.lstm(this.stored(name));
  }
}

/** What tokens add to the gates of an LSTM, of which each is worked out when it first occurs. */
export class InputGates {
  /**
   * @param {import("./stored_weights.js").Weights} embeddings (V, E)
   * @param {import("./kernel.js").Matrix} weights (4 * H, E)
   * @param {number} kept numbers that are kept at most
   */
  constructor(embeddings, weights, kept) {
    this.embeddings = embeddings;
    this.weights = weights;
    this.capacity = kept / weights.rows;
    /** @type {Map<number, Float32Array>} */
    this.known = new Map();
  }

  /**
   * The gates of each token: rows of 4 * H numbers.
   * @param {ArrayLike<number>} tokens
   * @returns {Float32Array[]}
   */
  of(tokens) {
    const missing = [...new Set(Array.from(tokens))].filter((token) => !this.known.has(token));
    if (this.known.size + missing.length > this.capacity) {
      this.known.clear();
      return splitRows(this.weights.multiply(rowsOf(this.embeddings, tokens), tokens.length), this.weights.rows);
    }
    if (missing.length) {
      const gates = this.weights.multiply(rowsOf(this.embeddings, missing), missing.length);
      splitRows(gates, this.weights.rows).forEach((row, i) => this.known.set(missing[i], row));
    }
    return Array.from(tokens, (token) => /** @type {Float32Array} */ (this.known.get(token)));
  }
}

/** A layer norm: rows brought to mean 0 and variance 1, then scaled and shifted by what was learned. */
export class LayerNorm {
  /**
   * @param {Float32Array} weight
   * @param {Float32Array} bias
   */
  constructor(weight, bias) {
    this.weight = weight;
    this.bias = bias;
  }

  /** @param {Float32Array} x (n, size) */
  forward(x) {
    const { weight, bias } = this;
    const size = weight.length;
    const out = new Float32Array(x.length);
    for (let at = 0; at < x.length; at += size) {
      const { mean, factor } = rowMoments(x, at, size);
      for (let k = 0; k < size; k++) out[at + k] = (x[at + k] - mean) * factor * weight[k] + bias[k];
    }
    return out;
  }

  /**
   * The gradient for x, of that for what `forward` makes of it.
   * @param {Float32Array} x (n, size)
   * @param {Float32Array} gradient (n, size)
   */
  backward(x, gradient) {
    const { weight } = this;
    const size = weight.length;
    const out = new Float32Array(x.length);
    for (let at = 0; at < x.length; at += size) {
      const { mean, factor } = rowMoments(x, at, size);
      let sum = 0;
      let projection = 0;
      for (let k = 0; k < size; k++) {
        const scaled = gradient[at + k] * weight[k];
        sum += scaled;
        projection += scaled * (x[at + k] - mean) * factor;
      }
      for (let k = 0; k < size; k++) {
        const normal = (x[at + k] - mean) * factor;
        out[at + k] = factor * (gradient[at + k] * weight[k] - sum / size - (normal * projection) / size);
      }
    }
    return out;
  }
}

/**
 * @param {Float32Array} x
 * @param {number} at
 * @param {number} size
 */
function rowMoments(x, at, size) {
  let mean = 0;
  for (let k = 0; k < size; k++) mean += x[at + k] / size;
  let variance = 0;
  for (let k = 0; k < size; k++) variance += (x[at + k] - mean) ** 2 / size;
  return { mean, factor: 1 / Math.sqrt(variance + NORM_EPSILON) };
}

/**
 * Rows of a flat matrix, as views.
 * @param {Float32Array} flat
 * @param {number} size of a row
 */
export function splitRows(flat, size) {
  return Array.from({ length: size ? flat.length / size : 0 }, (_, i) => flat.subarray(i * size, (i + 1) * size));
}

/**
 * Rows as one flat matrix.
 * @param {ArrayLike<ArrayLike<number>>} rows
 * @param {number} size of a row
 */
export function joinRows(rows, size) {
  const flat = new Float32Array(rows.length * size);
  for (let i = 0; i < rows.length; i++) flat.set(rows[i], i * size);
  return flat;
}

/**
 * Add a vector to each row of a flat matrix, in place.
 * @param {Float32Array} flat
 * @param {Float32Array} vector
 */
export function addToRows(flat, vector) {
  for (let at = 0; at < flat.length; at += vector.length) {
    for (let k = 0; k < vector.length; k++) flat[at + k] += vector[k];
  }
  return flat;
}
