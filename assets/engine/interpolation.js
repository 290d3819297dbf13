/** The sentences between two others in the latent space, as vae/model/interpolation.py finds them. */

import { wordsOf } from "./cleaning.js";
import { Generator } from "./random.js";
import { ModelError } from "./safetensors.js";

/** @import { TextModel } from "./text_model.js" */

export const KINDS_OF_WAY = ["fluent", "lerp", "slerp"];
const FADE = 1 / 3; // of the way on which what the search added to an end fades out
const BEND = 0.7; // how much of the middle of a way is the place that it goes past
const COARSE = 17; // points of a way that are decoded at first
const ROUNDS = 3; // how often the gaps between them are halved

/**
 * A sentence on a way and the stretch of it where it is said, as shares of the way; `z` is in its middle.
 * @typedef {object} Stop
 * @property {string} text
 * @property {Float32Array} z
 * @property {number} begin
 * @property {number} end
 */

/** From one sentence to another: no more than data, so that it may be sent elsewhere. */
export class Way {
  /**
   * @param {Float32Array[]} mu the two means
   * @param {Float32Array[]} z the two codes
   * @param {Float32Array} past a place between them that a fluent way goes past
   * @param {number} apart how much of a fluent way it is: 1 of two that have nothing in common, 0 of twice the same
   */
  constructor(mu, z, past, apart) {
    this.mu = mu;
    this.z = z;
    this.past = past;
    this.apart = apart;
  }
}

/**
 * Points of a way at shares from 0 to 1, the ends exactly z. lerp is the straight line between the codes; slerp turns
 * from one's direction to the other's while the length changes evenly; fluent goes between the means, bent towards a
 * place where sentences of the training text lie.
 * @param {Way} way
 * @param {number[]} shares
 * @param {string} kind of KINDS_OF_WAY
 * @returns {Float32Array[]}
 */
export function pointsBetween(way, shares, kind = "fluent") {
  if (!KINDS_OF_WAY.includes(kind)) {
    throw new ModelError(`The kind of path is “${kind}”: it must be one of ${KINDS_OF_WAY.join(", ")}.`);
  }
  const [from, to] = way.z;
  const line = kind === "slerp" ? arc(from, to) : straight(from, to);
  const between = kind === "fluent" ? fluent(way) : line;
  return shares.map((t) => {
    if (t === 0 || t === 1) return way.z[t].slice();
    return Float32Array.from(from, (_, d) => between(t, d));
  });
}

/**
 * Every different sentence found between two, each once, and where on the way it is said; on a fluent way without those
 * that hold a word which the model has made up and neither end has. The stretches cover the way from 0 to 1 without a
 * gap.
 * @param {TextModel} textModel
 * @param {string} a
 * @param {string} b
 * @param {{kind?: string, steps?: number}} [options] steps: of the search for the two codes
 * @returns {{way: Way, stops: Stop[]}}
 */
export function findPath(textModel, a, b, { kind = "fluent", steps } = {}) {
  textModel.requireLatentSpace();
  const pair = [wordsOf(a).join(" "), wordsOf(b).join(" ")];
  ["first", "second"].forEach((which, i) => {
    if (!pair[i]) throw new ModelError(`The ${which} sentence is empty: type something to slide from or to.`);
  });
  const way = wayBetween(textModel, pair, steps);
  /** @type {Map<number, string>} */
  const said = new Map();
  let shares = Array.from({ length: COARSE }, (_, i) => i / (COARSE - 1));
  for (let round = 0; round <= ROUNDS && shares.length; round++) {
    const texts = textModel.decode(pointsBetween(way, shares, kind));
    shares.forEach((share, i) => said.set(share, texts[i]));
    shares = gaps(said);
  }
  const ends = `${said.get(0)} ${said.get(1)}`;
  const lexicon = kind === "fluent" ? textModel.lexicon : null;
  return { way, stops: stopsOf(said, way, kind, (text) => Boolean(lexicon?.madeUp(text, ends).length)) };
}

/**
 * @param {TextModel} textModel
 * @param {string[]} pair
 * @param {number} [steps]
 */
function wayBetween(textModel, pair, steps) {
  const { mu, z } = textModel.findCodes(pair, steps);
  const prior = textModel.fitted;
  // drawn for the two sentences, in whichever order: one place for all would be the middle of every path
  const past = prior ? prior.sample(1, new Generator(seedOf(pair)), 1)[0] : new Float32Array(mu[0].length);
  const centre = prior ? centreOf(prior) : past;
  const reach = distance(mu[0], centre) + distance(mu[1], centre) + 1e-9;
  return new Way(mu, z, past, Math.min(1, (Math.SQRT2 * distance(mu[0], mu[1])) / reach)); // 1 at right angles
}

/** @param {{weights: ArrayLike<number>, means: ArrayLike<number>, dimensions: number}} prior */
function centreOf({ weights, means, dimensions }) {
  return Float32Array.from({ length: dimensions }, (_, d) => {
    return Array.from(weights).reduce((sum, weight, k) => sum + weight * means[k * dimensions + d], 0);
  });
}

/**
 * The middles between neighbours that differ.
 * @param {Map<number, string>} said
 */
function gaps(said) {
  const order = inOrder(said);
  return order.slice(1).flatMap((b, i) => (said.get(order[i]) === said.get(b) ? [] : [(order[i] + b) / 2]));
}

/**
 * What is said along a way, by its share, as stops: where a sentence comes again, its first stretch counts alone, but
 * of what is said at the end the last one; without what is strange, but for the ends.
 * @param {Map<number, string>} said
 * @param {Way} way
 * @param {string} kind
 * @param {(text: string) => boolean} isStrange
 * @returns {Stop[]}
 */
function stopsOf(said, way, kind, isStrange) {
  const kept = runsKept(said, isStrange);
  const borders = kept.slice(1).map((run, i) => (kept[i].shares[kept[i].shares.length - 1] + run.shares[0]) / 2);
  const places = kept.map(({ shares }) => shares[Math.floor(shares.length / 2)]);
  places[0] = 0;
  places[kept.length - 1] = 1; // which are the codes of the two sentences
  const z = pointsBetween(way, places, kind);
  return kept.map(({ text }, i) => ({ text, z: z[i], begin: borders[i - 1] ?? 0, end: borders[i] ?? 1 }));
}

/** @param {Map<number, string>} said @param {(text: string) => boolean} isStrange */
function runsKept(said, isStrange) {
  /** @type {{text: string, shares: number[]}[]} the shares at which the same is said in a row */
  const runs = [];
  for (const share of inOrder(said)) {
    const text = /** @type {string} */ (said.get(share));
    const last = runs[runs.length - 1];
    if (last?.text === text) last.shares.push(share);
    else runs.push({ text, shares: [share] });
  }
  const last = runs.length - 1;
  const seen = new Set([runs[0].text, runs[last].text]);
  return runs.filter(({ text }, i) => {
    if (i === 0 || i === last) return true;
    return !seen.has(text) && !isStrange(text) && seen.add(text);
  });
}

/** @param {Map<number, string>} said */
function inOrder(said) {
  return [...said.keys()].sort((a, b) => a - b);
}

/**
 * The number d of the point at share t of the straight line.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 * @returns {(t: number, d: number) => number}
 */
function straight(a, b) {
  return (t, d) => a[d] + t * (b[d] - a[d]);
}

/**
 * Of the way that is bent, the nearer two sentences are to each other the less; what the search added to each end fades
 * out within a third of it.
 * @param {Way} way
 * @returns {(t: number, d: number) => number}
 */
function fluent({ mu, z, past, apart }) {
  const [line, means] = [straight(z[0], z[1]), straight(mu[0], mu[1])];
  return (t, d) => {
    const added = [0, 1].map((end) => Math.max(0, 1 - Math.abs(end - t) / FADE) * (z[end][d] - mu[end][d]));
    const bent = means(t, d) + 4 * BEND * t * (1 - t) * (past[d] - means(t, d)) + added[0] + added[1];
    return line(t, d) + apart * (bent - line(t, d));
  };
}

/**
 * Of the arc from a to b; where there is no direction (a code near zero) or no single arc (near antipodal ones) of the
 * straight line. Source: Shoemake 1985, Animating rotation with quaternion curves; White 2016, arXiv:1609.04468.
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @returns {(t: number, d: number) => number}
 */
function arc(a, b) {
  const [lengthA, lengthB] = [norm(a), norm(b)];
  if (Math.min(lengthA, lengthB) < 1e-6) return straight(a, b);
  const cosine = Math.fround(a.reduce((sum, x, d) => sum + x * b[d], 0) / (lengthA * lengthB)); // as coarse as Python's
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  if (angle < 1e-4 || angle > Math.PI - 1e-3) return straight(a, b);
  return (t, d) => {
    const turned = (Math.sin((1 - t) * angle) * a[d]) / lengthA + (Math.sin(t * angle) * b[d]) / lengthB;
    return (turned / Math.sin(angle)) * (lengthA + t * (lengthB - lengthA));
  };
}

/** @param {Float32Array} vector */
function norm(vector) {
  return Math.hypot(...vector);
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
function distance(a, b) {
  return norm(a.map((x, d) => x - b[d]));
}

/**
 * The seed of two sentences in whichever order: CRC-32 of both as UTF-8, the lesser first, one a line.
 * @param {string[]} pair
 */
function seedOf(pair) {
  const [first, second] = pair.map((sentence) => [...new TextEncoder().encode(sentence)]).sort(compared);
  let remainder = 0xffffffff;
  for (const byte of [...first, 10, ...second]) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return ~remainder >>> 0;
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function compared(a, b) {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? a.length - b.length : a[at] - (b[at] ?? -1);
}
