// From a state to token ids: greedy, temperature, top-k and top-p. Rows never influence each other's tokens.
import { ModelError } from "./safetensors.js";
import { BEGIN_TOKEN, END_TOKEN, selectRows } from "./decoder.js";
import { splitRows } from "./layers.js";

const LIKELY_TOKENS = 64; // that hold the share top_p of most rows

/**
 * @typedef {object} GenerationOptions
 * @property {number} maxTokens longest sentence, prefix counted
 * @property {number} [temperature] 0 takes the likeliest token, 1 draws from the model's probabilities
 * @property {number} [topK] draw among the k likeliest only; 0 for all
 * @property {number} [topP] draw among the likeliest that hold this much probability
 * @property {number[]} [prefix] tokens that every sentence starts with
 * @property {ArrayLike<number | boolean> | null} [first] which tokens may come right behind the prefix
 * @property {(n: number) => Float32Array} [uniforms] the next n random numbers in [0, 1)
 */

/**
 * Continue each sentence of a state until it ends.
 * @param {import("./decoder.js").Decoder} decoder
 * @param {import("./decoder.js").DecoderState} begun
 * @param {GenerationOptions} options
 * @returns {number[][]} ids of each sentence, prefix included, without begin and end
 */
export function generate(decoder, begun, options) {
  const { maxTokens, temperature = 0, topK = 0, topP = 1, prefix = [], first = null } = options;
  const limit = maxTokens - prefix.length;
  /** @type {number[][]} */
  const written = Array.from({ length: begun.n }, () => [...prefix]);
  if (!begun.n || limit <= 0) return written;
  const uniforms = temperature > 0 ? options.uniforms?.(begun.n * limit) : undefined;
  const size = decoder.vocabulary;
  let state = begun;
  let rows = written.map((_, row) => row); // which sentence each row of the state is
  let { features } = decoder.advance(Array(begun.n).fill(BEGIN_TOKEN), state);
  for (const token of prefix) ({ features } = decoder.advance(Array(begun.n).fill(token), state));
  for (let t = 0; ; t++) {
    /** @type {ArrayLike<number>} */
    let chosen;
    if (uniforms || (first && !t)) {
      chosen = splitRows(decoder.logits(features, rows.length), size).map((logits, i) => {
        if (first && !t) for (let id = 0; id < size; id++) if (!first[id]) logits[id] = -Infinity;
        return uniforms ? drawToken(logits, temperature, topK, topP, uniforms[rows[i] * limit + t]) : likeliest(logits);
      });
    } else chosen = decoder.likeliest(features, rows.length);
    const going = rows.map((_, i) => i).filter((i) => chosen[i] !== END_TOKEN);
    for (const i of going) written[rows[i]].push(chosen[i]);
    if (!going.length || t + 1 === limit) break;
    if (going.length < rows.length) {
      state = selectRows(state, going);
      rows = going.map((i) => rows[i]);
    }
    ({ features } = decoder.advance(going.map((i) => chosen[i]), state));
  }
  return written;
}

/**
 * Where the largest number stands, the first of some.
 * @param {Float32Array} values
 */
export function likeliest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/**
 * exp of numbers, divided by their sum; and the largest number, and the log of the sum of exp of all.
 * @param {Float32Array} logits
 * @param {number} [temperature] that they are divided by
 */
export function softmax(logits, temperature = 1) {
  const highest = logits[likeliest(logits)];
  const shares = new Float32Array(logits.length);
  let sum = 0;
  for (let i = 0; i < shares.length; i++) {
    shares[i] = Math.exp((logits[i] - highest) / temperature);
    sum += shares[i];
  }
  for (let i = 0; i < shares.length; i++) shares[i] /= sum;
  return { shares, logSum: highest + Math.log(sum) };
}

/**
 * The token at which probabilities, added up, pass a number in [0, 1).
 * @param {Float32Array} logits
 * @param {number} temperature
 * @param {number} topK
 * @param {number} topP
 * @param {number} uniform
 */
function drawToken(logits, temperature, topK, topP, uniform) {
  const { shares, logSum } = softmax(logits, Math.max(temperature, 1e-9));
  if (Number.isNaN(logSum)) {
    throw new ModelError("The model's figures are not numbers: train it again with a lower learning rate.");
  }
  if (topK > 0 && topK < shares.length) {
    const ids = largest(shares, topK);
    return passing(shares, keptShare(shares, ids, topP * ids.reduce((sum, id) => sum + shares[id], 0)), uniform);
  }
  if (topP === 1) return passing(shares, null, uniform);
  let ids = largest(shares, Math.min(LIKELY_TOKENS, shares.length));
  if (ids.reduce((sum, id) => sum + shares[id], 0) < topP) ids = largest(shares, shares.length);
  return passing(shares, keptShare(shares, ids, topP), uniform);
}

/**
 * Places of the k largest numbers, the largest first.
 * @param {Float32Array} values
 * @param {number} k
 */
function largest(values, k) {
  /** @type {number[]} */
  let ids = [];
  let least = -1;
  /** @type {(a: number, b: number) => number} */
  const order = (a, b) => values[b] - values[a] || a - b;
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] > least)) continue;
    ids.push(i);
    if (ids.length < 2 * k) continue;
    ids = ids.sort(order).slice(0, k); // now and then, which is far rarer than a new number among the largest
    least = values[ids[k - 1]];
  }
  return ids.sort(order).slice(0, k);
}

/**
 * The first of some places, the largest first, up to where they hold a share.
 * @param {Float32Array} shares
 * @param {number[]} ids
 * @param {number} share
 */
function keptShare(shares, ids, share) {
  let sum = 0;
  let count = 0;
  while (count < ids.length && (count === 0 || sum < share)) sum += shares[ids[count++]];
  return ids.slice(0, count);
}

/**
 * The place at which shares, added up in the order of `ids`, pass a number in [0, 1) times their sum.
 * @param {Float32Array} shares
 * @param {number[] | null} ids null for all
 * @param {number} uniform
 */
function passing(shares, ids, uniform) {
  const count = ids ? ids.length : shares.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += shares[ids ? ids[i] : i];
  const target = uniform * sum;
  let passed = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    const id = ids ? ids[i] : i;
    if (!shares[id]) continue;
    last = id;
    passed += shares[id];
    if (passed > target) return id;
  }
  return last;
}

/**
 * @param {{temperature: number, topK: number, topP: number}} options
 * @throws {ModelError} one of them is out of its range
 */
export function checkRanges({ temperature, topK, topP }) {
  checkRange("temperature", temperature, 0, 10);
  checkRange("top_k", topK, 0, 1_000_000);
  checkRange("top_p", topP, 0, 1);
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function checkRange(name, value, low, high) {
  if (!(value >= low && value <= high)) {
    throw new ModelError(`${name} is ${value}: it must lie between ${low} and ${high}.`);
  }
}
