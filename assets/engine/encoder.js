// The LSTM that reads a sentence, and q(z|x).
import { InputGates, LayerNorm, addToRows, joinRows } from "./layers.js";

const TOKENS_TOGETHER = 4096; // whose states are kept at once
const LOGVAR_RANGE = [-12, 4];
const CODE_LOGVAR = -12; // of the codes of an adversarial autoencoder, which have no spread
const MOMENT_EPSILON = 1e-5;
const MAX_READING_GATES = 2 ** 22; // numbers kept of what tokens add to the gates: 16 MB

/** Token ids -> mu and logvar. */
export class Encoder {
  /**
   * @param {import("./layers.js").Parameters} parameters
   * @param {import("./model_file.js").ModelFile} file
   */
  constructor(parameters, file) {
    const { config } = file;
    this.config = config;
    this.latent = file.dimensions;
    const names = config.bidirectional ? ["forwards", "backwards"] : ["forwards"];
    const embeddings = parameters.stored(config.tied ? "embedding.weight" : "encoder_embedding.weight");
    this.directions = names.map((name, i) => new Direction(parameters, embeddings, config, name, i));
    this.size = names.length * config.encoder_hidden;
    this.norm = config.layer_norm
      ? new LayerNorm(parameters.vector("encoder.norm.weight"), parameters.vector("encoder.norm.bias"))
      : null;
    this.toPosterior = parameters.matrix("to_posterior.weight");
    this.posteriorBias = parameters.vector("to_posterior.bias");
    const normalised = config.family === "vae" && config.batch_norm > 0;
    this.moments = normalised ? parameters.vector("norm.moments") : null;
    this.centre = normalised ? parameters.vector("norm.centre") : null;
  }

  /**
   * @param {number[][]} sentences ids of each, the end mark among them
   * @returns {{mu: Float32Array[], logvar: Float32Array[]}} of each, D numbers
   */
  posterior(sentences) {
    /** @type {Float32Array[]} */
    const mu = Array(sentences.length);
    /** @type {Float32Array[]} */
    const logvar = Array(sentences.length);
    for (const rows of groupsByLength(sentences, TOKENS_TOGETHER)) {
      const group = rows.map((row) => sentences[row]);
      const summaries = this.directions.map((direction) => direction.summaries(group));
      const whole = joinRows(group.map((_, i) => summaries.flatMap((each) => [...each[i]])), this.size);
      const out = this.toPosterior.multiply(this.norm ? this.norm.forward(whole) : whole, rows.length);
      addToRows(out, this.posteriorBias);
      const width = out.length / rows.length;
      rows.forEach((row, i) => {
        const numbers = out.subarray(i * width, (i + 1) * width);
        mu[row] = this.normalised(numbers.slice(0, this.latent));
        logvar[row] =
          width > this.latent
            ? numbers.slice(this.latent).map((x) => Math.min(Math.max(x, LOGVAR_RANGE[0]), LOGVAR_RANGE[1]))
            : new Float32Array(this.latent).fill(CODE_LOGVAR);
      });
    }
    return { mu, logvar };
  }

  /** @param {Float32Array} mu */
  normalised(mu) {
    const { moments, centre, latent, config } = this;
    if (!moments || !centre) return mu;
    return mu.map((x, k) => {
      const normal = (x - moments[k]) / Math.sqrt(moments[latent + k] + MOMENT_EPSILON);
      return config.batch_norm * normal + centre[k];
    });
  }
}

/** One direction of reading. */
class Direction {
  /**
   * @param {import("./layers.js").Parameters} parameters
   * @param {import("./stored_weights.js").Weights} embeddings
   * @param {import("./model_description.js").ModelConfig} config
   * @param {string} name
   * @param {number} number
   */
  constructor(parameters, embeddings, config, name, number) {
    const { encoder_hidden: hidden, pooling } = config;
    this.hidden = hidden;
    this.pooling = pooling;
    this.isReversed = number > 0;
    const weights = parameters.matrix(`encoder.${name}.weight_ih_l0`);
    this.inputGates = new InputGates(embeddings, weights, MAX_READING_GATES);
    this.recurrent = parameters.lstm(`encoder.${name}.weight_hh_l0`);
    this.bias = addToRows(
      parameters.vector(`encoder.${name}.bias_ih_l0`).slice(), parameters.vector(`encoder.${name}.bias_hh_l0`),
    );
    const queries = pooling === "attention" ? parameters.vector("encoder.queries") : null;
    this.query = queries && queries.subarray(number * hidden, (number + 1) * hidden);
  }

  /**
   * A summary of each sentence's states: H numbers.
   * @param {number[][]} sentences the longest first
   */
  summaries(sentences) {
    const { hidden } = this;
    const states = sentences.map((ids) => new Float32Array(ids.length * hidden));
    const h = new Float32Array(sentences.length * hidden);
    const c = new Float32Array(sentences.length * hidden);
    const biases = joinRows(Array(sentences.length).fill(this.bias), 4 * hidden);
    let n = sentences.length;
    for (let t = 0; t < sentences[0].length; t++) {
      while (sentences[n - 1].length <= t) n--; // the others have ended
      const tokens = sentences.slice(0, n).map((ids) => ids[this.isReversed ? ids.length - 1 - t : t]);
      const [before, memory] = [h.subarray(0, n * hidden), c.subarray(0, n * hidden)];
      this.recurrent.step(before, memory, n, this.inputGates.of(tokens), biases);
      for (let row = 0; row < n; row++) states[row].set(h.subarray(row * hidden, (row + 1) * hidden), t * hidden);
    }
    return states.map((each) => this.pooled(each));
  }

  /** @param {Float32Array} states (T, H) */
  pooled(states) {
    const { hidden, pooling } = this;
    const tokens = states.length / hidden;
    if (pooling === "last") return states.slice(-hidden);
    const out = new Float32Array(hidden).fill(pooling === "max" ? -Infinity : 0);
    const shares = this.shares(states, tokens);
    for (let t = 0; t < tokens; t++) {
      for (let k = 0; k < hidden; k++) {
        const value = states[t * hidden + k];
        if (pooling === "max") out[k] = Math.max(out[k], value);
        else out[k] += value * shares[t];
      }
    }
    return out;
  }

  /**
   * How much each token counts in a mean: the same, or what attention gives it.
   * @param {Float32Array} states (T, H)
   * @param {number} tokens
   */
  shares(states, tokens) {
    const { query, hidden } = this;
    if (!query) return new Float32Array(tokens).fill(1 / tokens);
    const scores = Array.from({ length: tokens }, (_, t) => {
      return query.reduce((sum, q, k) => sum + q * states[t * hidden + k], 0);
    });
    const highest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - highest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }
}

/**
 * Rows of sentences of like length, the longest first; so many tokens in a group, padding counted, or one sentence.
 * @param {number[][]} sentences
 * @param {number} most
 */
export function groupsByLength(sentences, most) {
  const order = sentences.map((_, row) => row).sort((a, b) => sentences[b].length - sentences[a].length || a - b);
  /** @type {number[][]} */
  const groups = [];
  for (const row of order) {
    const group = groups.at(-1);
    if (group && (group.length + 1) * sentences[group[0]].length <= most) group.push(row);
    else groups.push([row]);
  }
  return groups;
}
