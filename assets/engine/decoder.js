// The LSTM that generates a sentence from z, one token after another.
import { InputGates, LayerNorm, addToRows, splitRows } from "./layers.js";

export const BEGIN_TOKEN = 2;
export const END_TOKEN = 3;
const MAX_GATES = 2 ** 24; // numbers of a table made for speed alone: 64 MB

/**
 * Where decoding stands, n rows each: what z adds to the gates and to the features at every token, and the memory.
 * @typedef {{n: number, gates: Float32Array, features: Float32Array, h: Float32Array, c: Float32Array}} DecoderState
 */

/** z (n, D) -> logits of each next token. D may be 0. */
export class Decoder {
  /**
   * @param {import("./layers.js").Parameters} parameters
   * @param {import("./model_file.js").ModelFile} file
   * @param {ArrayLike<number | boolean>} known (V,) which tokens may be said
   */
  constructor(parameters, file, known) {
    const { config, dimensions: d } = file;
    const { hidden, embedding, tied, z_to: zTo } = config;
    const places = zTo.split("+");
    this.hidden = hidden;
    this.latent = d;
    this.vocabulary = file.vocabulary;
    this.inputGates = new InputGates(
      parameters.stored("embedding.weight"), parameters.matrix("decoder.lstm.weight_ih_l0", 0, embedding), MAX_GATES,
    );
    this.recurrent = parameters.lstm("decoder.lstm.weight_hh_l0");
    this.gateBias = addToRows(
      parameters.vector("decoder.lstm.bias_ih_l0").slice(), parameters.vector("decoder.lstm.bias_hh_l0"),
    );
    const amongInputs = d && places.includes("inputs");
    this.codeToGates = amongInputs ? parameters.matrix("decoder.lstm.weight_ih_l0", embedding) : null;
    const toState = d && places.includes("state");
    this.codeToState = toState ? parameters.matrix("decoder.first.weight") : null;
    this.firstState = parameters.vector(toState ? "decoder.first.bias" : "decoder.first.value");
    this.norm = config.layer_norm
      ? new LayerNorm(parameters.vector("decoder.norm.weight"), parameters.vector("decoder.norm.bias"))
      : null;
    const besideOutput = d && places.includes("output");
    this.projection = tied ? parameters.matrix("decoder.features.weight", 0, hidden) : null;
    this.featureBias = tied ? parameters.vector("decoder.features.bias") : null;
    this.codeToFeatures = tied && besideOutput ? parameters.matrix("decoder.features.weight", hidden) : null;
    this.codeAmongFeatures = !tied && besideOutput; // z itself stands behind the states
    this.output = parameters.matrix(tied ? "embedding.weight" : "output.weight");
    this.bias = tied ? parameters.vector("bias").slice() : new Float32Array(file.vocabulary);
    for (let id = 0; id < file.vocabulary; id++) if (id < END_TOKEN || !known[id]) this.bias[id] = -Infinity;
  }

  /** Numbers from which a token is predicted. */
  get featureSize() {
    return this.output.columns;
  }

  /**
   * The state before the first token.
   * @param {Float32Array} z (n, D)
   * @param {number} n
   * @returns {DecoderState}
   */
  begin(z, n) {
    const { hidden, latent, featureSize } = this;
    const gates = this.codeToGates ? this.codeToGates.multiply(z, n) : new Float32Array(n * 4 * hidden);
    const features = this.codeToFeatures ? this.codeToFeatures.multiply(z, n) : new Float32Array(n * featureSize);
    if (this.featureBias) addToRows(features, this.featureBias);
    if (this.codeAmongFeatures) {
      splitRows(z, latent).forEach((code, i) => features.set(code, i * featureSize + hidden));
    }
    const first = this.codeToState ? this.codeToState.multiply(z, n) : new Float32Array(n * 2 * hidden);
    const [h, c] = [new Float32Array(n * hidden), new Float32Array(n * hidden)];
    splitRows(addToRows(first, this.firstState), 2 * hidden).forEach((row, i) => {
      h.set(row.subarray(0, hidden).map(Math.tanh), i * hidden);
      c.set(row.subarray(hidden), i * hidden);
    });
    return { n, gates: addToRows(gates, this.gateBias), features, h, c };
  }

  /**
   * One token for each row; the state goes on in place.
   * @param {ArrayLike<number>} tokens (n,)
   * @param {DecoderState} state
   * @returns {{gates: Float32Array, features: Float32Array}} the opened gates (n, 4 * H), and what to predict from
   */
  advance(tokens, state) {
    const { n, h, c } = state;
    const gates = this.recurrent.step(h, c, n, this.inputGates.of(tokens), state.gates);
    const said = this.norm ? this.norm.forward(h) : h;
    const features = state.features.slice();
    const added = this.projection ? this.projection.multiply(said, n) : said;
    const [size, part] = [this.featureSize, added.length / n];
    for (let row = 0; row < n; row++) {
      for (let k = 0; k < part; k++) features[row * size + k] += added[row * part + k];
    }
    return { gates, features };
  }

  /**
   * @param {Float32Array} features (n, F)
   * @param {number} n
   * @returns {Float32Array} (n, V), -Infinity of what is never said
   */
  logits(features, n) {
    return addToRows(this.output.multiply(features, n), this.bias);
  }

  /**
   * The likeliest token of each row.
   * @param {Float32Array} features (n, F)
   * @param {number} n
   */
  likeliest(features, n) {
    return this.output.likeliest(features, n, this.bias);
  }
}

/**
 * Some rows of a state.
 * @param {DecoderState} state
 * @param {number[]} rows
 * @returns {DecoderState}
 */
export function selectRows(state, rows) {
  /** @type {(flat: Float32Array) => Float32Array} */
  const select = (flat) => {
    const size = flat.length / state.n;
    const out = new Float32Array(rows.length * size);
    rows.forEach((row, i) => out.set(flat.subarray(row * size, (row + 1) * size), i * size));
    return out;
  };
  const { gates, features, h, c } = state;
  return { n: rows.length, gates: select(gates), features: select(features), h: select(h), c: select(c) };
}
