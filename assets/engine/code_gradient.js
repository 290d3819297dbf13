// What the decoder says of sentences at their codes, and which way the codes must go for it to say more of them: the
// backward pass of the decoder, for z alone.
import { BEGIN_TOKEN } from "./decoder.js";
import { splitRows } from "./layers.js";
import { likeliest, softmax } from "./generation.js";

/**
 * A pass over sentences. What tokens have is flat, all sentences at their first token, then all that have a second one.
 * @typedef {object} Pass
 * @property {number[]} counts sentences that have a first token, a second, and so on
 * @property {number[]} wanted each token
 * @property {Float32Array} gates opened, (tokens, 4 * H)
 * @property {Float32Array} states h of the LSTM, (tokens, H)
 * @property {Float32Array} cells c, (tokens, H)
 * @property {Float32Array} firstStates (n, H)
 * @property {Float32Array} firstCells (n, H)
 * @property {Float32Array} logits (tokens, V)
 */

/**
 * The decoder over sentences at their codes.
 * @param {import("./decoder.js").Decoder} decoder
 * @param {number[][]} sentences ids of each, the end mark among them; the longest first
 * @param {Float32Array} z (n, D)
 * @returns {Pass}
 */
export function passOver(decoder, sentences, z) {
  const { hidden, featureSize } = decoder;
  const begun = decoder.begin(z, sentences.length);
  const counts = sentences[0].map((_, t) => sentences.filter((ids) => ids.length > t).length);
  const total = counts.reduce((a, b) => a + b, 0);
  const sizes = [4 * hidden, hidden, hidden, featureSize];
  const [gates, states, cells, features] = sizes.map((size) => new Float32Array(total * size));
  const [firstStates, firstCells] = [begun.h.slice(), begun.c.slice()];
  let at = 0;
  counts.forEach((n, t) => {
    /** @type {(flat: Float32Array) => Float32Array} */
    const leading = (flat) => flat.subarray(0, (flat.length / begun.n) * n);
    const [h, c] = [leading(begun.h), leading(begun.c)];
    const state = { n, gates: leading(begun.gates), features: leading(begun.features), h, c };
    const step = decoder.advance(sentences.slice(0, n).map((ids) => (t ? ids[t - 1] : BEGIN_TOKEN)), state);
    gates.set(step.gates, at * 4 * hidden);
    states.set(state.h, at * hidden);
    cells.set(state.c, at * hidden);
    features.set(step.features, at * featureSize);
    at += n;
  });
  const wanted = counts.flatMap((n, t) => sentences.slice(0, n).map((ids) => ids[t]));
  return { counts, wanted, gates, states, cells, firstStates, firstCells, logits: decoder.logits(features, total) };
}

/**
 * How many tokens of each sentence are not the decoder's likeliest.
 * @param {Pass} pass
 * @returns {number[]}
 */
export function wrongTokens({ counts, wanted, logits }) {
  const wrong = Array(counts[0]).fill(0);
  const rows = counts.flatMap((n) => Array.from({ length: n }, (_, row) => row));
  splitRows(logits, logits.length / wanted.length).forEach((values, token) => {
    if (likeliest(values) !== wanted[token]) wrong[rows[token]]++;
  });
  return wrong;
}

/**
 * The gradient of -log p, summed over all tokens but those that the decoder never says.
 * @param {import("./decoder.js").Decoder} decoder
 * @param {Pass} pass whose logits are used up
 * @returns {Float32Array} (n, D)
 */
export function codeGradient(decoder, pass) {
  const { counts, wanted, logits } = pass;
  splitRows(logits, decoder.vocabulary).forEach((values, token) => {
    const sayable = Number.isFinite(values[wanted[token]]);
    values.set(softmax(values).shares);
    if (sayable) values[wanted[token]] -= 1;
    else values.fill(0);
  });
  const features = decoder.output.multiplyTransposed(logits, wanted.length);
  const { gates, states, cells } = throughTime(decoder, pass, saidGradient(decoder, pass, features));
  const out = new Float32Array(counts[0] * decoder.latent);
  if (decoder.codeToState) {
    const first = new Float32Array(counts[0] * 2 * decoder.hidden);
    for (let row = 0; row < counts[0]; row++) {
      for (let k = 0; k < decoder.hidden; k++) {
        const at = row * decoder.hidden + k;
        first[row * 2 * decoder.hidden + k] = states[at] * (1 - pass.firstStates[at] ** 2);
        first[(row * 2 + 1) * decoder.hidden + k] = cells[at];
      }
    }
    addAll(out, decoder.codeToState.multiplyTransposed(first, counts[0]));
  }
  if (decoder.codeToGates) addAll(out, decoder.codeToGates.multiplyTransposed(sumOverTokens(gates, counts), counts[0]));
  const summed = sumOverTokens(features, counts);
  if (decoder.codeToFeatures) addAll(out, decoder.codeToFeatures.multiplyTransposed(summed, counts[0]));
  if (decoder.codeAmongFeatures) {
    splitRows(summed, decoder.featureSize).forEach((row, i) => {
      addAll(out.subarray(i * decoder.latent, (i + 1) * decoder.latent), row.subarray(decoder.hidden));
    });
  }
  return out;
}

/**
 * The gradient for the states, as far as each token is predicted from its own: (tokens, H).
 * @param {import("./decoder.js").Decoder} decoder
 * @param {Pass} pass
 * @param {Float32Array} features the gradient for these, (tokens, F)
 */
function saidGradient(decoder, pass, features) {
  const tokens = pass.wanted.length;
  let said = features;
  if (decoder.projection) said = decoder.projection.multiplyTransposed(features, tokens);
  else if (decoder.codeAmongFeatures) {
    said = new Float32Array(tokens * decoder.hidden);
    const rows = splitRows(features, decoder.featureSize);
    rows.forEach((row, i) => said.set(row.subarray(0, decoder.hidden), i * decoder.hidden));
  }
  return decoder.norm ? decoder.norm.backward(pass.states, said) : said;
}

/**
 * The gradients for the gates of every token, before they are opened, and for the first states and cells.
 * @param {import("./decoder.js").Decoder} decoder
 * @param {Pass} pass
 * @param {Float32Array} said the gradient for the states by `saidGradient`
 */
function throughTime(decoder, pass, said) {
  const { counts, gates: open } = pass;
  const size = decoder.hidden;
  const gates = new Float32Array(open.length);
  const states = new Float32Array(counts[0] * size); // what comes back from the token behind
  const cells = new Float32Array(counts[0] * size);
  let end = pass.wanted.length;
  for (let t = counts.length - 1; t >= 0; t--) {
    const n = counts[t];
    const begin = end - n;
    const before = t ? pass.cells.subarray((begin - counts[t - 1]) * size) : pass.firstCells;
    for (let row = 0; row < n; row++) {
      const token = begin + row;
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => (token * 4 + gate) * size);
      for (let k = 0; k < size; k++) {
        const at = row * size + k;
        const squashed = Math.tanh(pass.cells[token * size + k]);
        const state = states[at] + said[token * size + k];
        const cell = cells[at] + state * open[o + k] * (1 - squashed * squashed);
        gates[i + k] = cell * open[g + k] * open[i + k] * (1 - open[i + k]);
        gates[f + k] = cell * before[at] * open[f + k] * (1 - open[f + k]);
        gates[g + k] = cell * open[i + k] * (1 - open[g + k] * open[g + k]);
        gates[o + k] = state * squashed * open[o + k] * (1 - open[o + k]);
        cells[at] = cell * open[f + k];
      }
    }
    states.set(decoder.recurrent.multiplyTransposed(gates.subarray(begin * 4 * size, end * 4 * size), n));
    end = begin;
  }
  return { gates, states, cells };
}

/**
 * What all tokens of each sentence have, added up.
 * @param {Float32Array} flat (tokens, size)
 * @param {number[]} counts
 */
function sumOverTokens(flat, counts) {
  const size = flat.length / counts.reduce((a, b) => a + b, 0);
  const out = new Float32Array(counts[0] * size);
  let at = 0;
  for (const n of counts) {
    addAll(out.subarray(0, n * size), flat.subarray(at * size, (at + n) * size));
    at += n;
  }
  return out;
}

/**
 * @param {Float32Array} sum
 * @param {Float32Array} addend
 */
function addAll(sum, addend) {
  for (let i = 0; i < sum.length; i++) sum[i] += addend[i];
}
