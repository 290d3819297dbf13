// A model with its tokenizer: sentences to codes, codes to sentences, and new sentences from the prior.
import { ModelError } from "./safetensors.js";
import { Generator } from "./random.js";
import { createKernel } from "./kernel.js";
import { readModelFile } from "./model_file.js";
import { Parameters, joinRows, splitRows } from "./layers.js";
import { Decoder, END_TOKEN } from "./decoder.js";
import { Encoder } from "./encoder.js";
import { checkRange, checkRanges, generate } from "./generation.js";
import { SEARCH_STEPS, searchCodes } from "./refinement.js";
import { GaussianMixture } from "./prior.js";
import { hash32 } from "./blake2b.js";
import { Lexicon } from "./lexicon.js";
import { holds } from "./sorted_hashes.js";
import { Tokenizer } from "./tokenizer.js";
import { TokenizerError } from "./tokenizer_model.js";
import { cleaned, endsBlank, wordsOf } from "./cleaning.js";

const TOKEN_SEED = 0x5eed; // tokens must not be drawn with the numbers that z was drawn with
const ATTEMPTS = 10; // at drawing only different sentences
const TRIES = 2; // at drawing only words of its text: a model that has learned little would need many
const SPARE = 0.25; // so many more are drawn where some may have a word that is made up
const ROWS_TOGETHER = 64; // decoded: more are no faster, and take memory
const PRIOR_KINDS = ["fitted", "normal"];

/** @typedef {{text: string, z: Float32Array}} TextPoint A sentence and its place. */

/**
 * @typedef {object} DecodeOptions as in Python
 * @property {number} [temperature] of the choice of words; 0 takes the likeliest
 * @property {number} [topK]
 * @property {number} [topP]
 * @property {string} [start] every sentence begins with it; behind a blank at its end a new word begins
 * @property {number} [seed]
 * @property {string} [besides] a sentence with a word that the model has made up, and this text lacks, comes back as ""
 */

/**
 * @typedef {object} SampleOptions
 * @property {number} [n]
 * @property {boolean} [fromStart] draw z from q(z | start) instead of the prior
 * @property {string} [prior] "fitted" or "normal"
 * @property {number} [spread] scales how far z lies from the middle that it is drawn around
 * @property {boolean} [distinct] draw more until there are n different sentences, a tenfold at most
 * @property {boolean} [madeUp] whether words may be among them that the model has put together of pieces; if not, others
 *   are drawn in place of these sentences, in two tries, where the model knows the words of its text
 */

/** A model file, ready to use. The same sentences and numbers as `vae.model.text_model` gives for it. */
export class TextModel {
  /**
   * @param {import("./model_file.js").ModelFile} file
   * @param {import("./kernel.js").Kernel} kernel
   */
  constructor(file, kernel) {
    this.info = file.info;
    this.config = file.config;
    this.latent = file.dimensions;
    this.backend = kernel.name;
    this.tokenizer = openTokenizer(file);
    this.seen = file.seen;
    this.lexicon = file.words && new Lexicon(file.words);
    this.fitted = file.prior && new GaussianMixture(file.prior);
    const parameters = new Parameters(file.tensors, kernel);
    this.decoder = new Decoder(parameters, file, this.tokenizer.known);
    this.encoder = this.latent ? new Encoder(parameters, file) : null;
  }

  /**
   * @param {ArrayBuffer | Uint8Array} bytes of a model file, which must not change from then on
   * @param {BufferSource | null} kernelBytes of kernel.wasm; null for plain JavaScript
   * @throws {ModelError} it is no model file of ours, or damaged
   */
  static open(bytes, kernelBytes) {
    return new TextModel(readModelFile(bytes), createKernel(kernelBytes));
  }

  get hasLatentSpace() {
    return this.latent > 0;
  }

  /**
   * q(z|x) of each sentence.
   * @param {string[]} sentences
   * @returns {{mu: Float32Array[], logvar: Float32Array[]}}
   */
  encode(sentences) {
    if (this.encoder) return this.encoder.posterior(this.idsOf(sentences));
    const none = sentences.map(() => new Float32Array(0));
    return { mu: none, logvar: none };
  }

  /**
   * The codes of sentences: the encoder's guess, and where a search from there ends in so many steps at most.
   * @param {string[]} sentences
   * @param {number} [steps]
   * @returns {{mu: Float32Array[], z: Float32Array[], exact: boolean[]}}
   */
  findCodes(sentences, steps = SEARCH_STEPS) {
    this.requireLatentSpace();
    checkRange("steps", steps, 0, 1000);
    const { mu } = this.encode(sentences);
    if (!steps) return { mu, z: mu.map((each) => each.slice()), exact: sentences.map(() => false) };
    return { mu, ...searchCodes(this.decoder, this.idsOf(sentences), mu, steps) };
  }

  /**
   * A sentence for each z, whatever the others are.
   * @param {ArrayLike<ArrayLike<number>>} z
   * @param {DecodeOptions} [options]
   * @returns {string[]}
   */
  decode(z, { temperature = 0, topK = 0, topP = 1, start = "", seed = 0, besides } = {}) {
    checkRanges({ temperature, topK, topP });
    for (let i = 0; i < z.length; i++) {
      if (z[i].length !== this.latent) throw new ModelError(`A code of this model has ${this.latent} numbers.`);
    }
    const { ids: prefix, following: first, unknown } = this.tokenizer.begin(start);
    if (unknown.length) {
      const words = unknown.map((word) => `“${word}”`).join(", ");
      throw new ModelError(`The model has never seen ${words}. Start with words of its text.`);
    }
    const maxTokens = Math.max(this.info.max_tokens, prefix.length + 1);
    const generator = new Generator(seed ^ TOKEN_SEED);
    /** @type {number[][]} */
    const ids = [];
    for (let at = 0; at < z.length; at += ROWS_TOGETHER) {
      const part = Array.prototype.slice.call(z, at, at + ROWS_TOGETHER);
      const state = this.decoder.begin(joinRows(part, this.latent), part.length);
      const uniforms = generator.uniforms.bind(generator);
      ids.push(...generate(this.decoder, state, { maxTokens, temperature, topK, topP, prefix, first, uniforms }));
    }
    const texts = this.tokenizer.decode(ids).map((text) => cleaned(text.replaceAll("\ufffd", "")));
    return besides === undefined ? texts : texts.map((text) => (this.lexicon?.madeUp(text, besides).length ? "" : text));
  }

  /**
   * Sentences from the prior, or around the code of `start`.
   * @param {SampleOptions & DecodeOptions} [options] temperature: by default 0, or 1 without a latent space
   * @returns {TextPoint[]}
   */
  sample(options = {}) {
    const { n = 1, fromStart = false, prior = "fitted", spread = 1, seed = 0 } = options;
    const { distinct = false, madeUp = true } = options;
    const { temperature = this.latent ? 0 : 1, topK, topP, start: asked = "" } = options;
    checkRange("n", n, 1, 100_000);
    checkRange("spread", spread, 0, 10);
    if (!PRIOR_KINDS.includes(prior)) {
      throw new ModelError(`prior is “${prior}”: it must be one of ${PRIOR_KINDS.join(", ")}.`);
    }
    const start = wordsOf(asked).join(" ") + (endsBlank(asked) ? " " : "");
    const generator = new Generator(seed);
    let around = null;
    if (start.trim() && fromStart) {
      this.requireLatentSpace();
      around = this.encode([start.trim()]);
    }
    /** @type {TextPoint[]} */
    const drawn = [];
    /** @type {TextPoint[]} */
    const strange = []; // with a word that is made up
    const known = new Set();
    const lexicon = madeUp ? null : this.lexicon;
    const rows = lexicon ? n + Math.ceil(SPARE * n) : n;
    for (let attempt = 0; attempt < (distinct || lexicon ? ATTEMPTS : 1) && drawn.length < n; attempt++) {
      if (attempt >= TRIES && drawn.length + strange.length >= n) break;
      const z = this.drawCodes(rows, around, prior, spread, generator);
      // torch seeds its generator with 32 bits of a seed, so that in Python, too, each attempt draws the same numbers
      this.decode(z, { temperature, topK, topP, start, seed }).forEach((text, i) => {
        if (distinct && known.has(text)) return;
        known.add(text);
        (lexicon?.madeUp(text, start).length ? strange : drawn).push({ text, z: z[i] });
      });
    }
    return [...drawn, ...strange].slice(0, n);
  }

  /**
   * n codes of a posterior, of the fitted prior, or of N(0, I).
   * @param {number} n
   * @param {{mu: Float32Array[], logvar: Float32Array[]} | null} around
   * @param {string} prior
   * @param {number} spread
   * @param {Generator} generator
   * @returns {Float32Array[]}
   */
  drawCodes(n, around, prior, spread, generator) {
    const d = this.latent;
    if (!d) return Array.from({ length: n }, () => new Float32Array(0));
    if (!around && prior === "fitted" && this.fitted) return this.fitted.sample(n, generator, spread);
    const noise = splitRows(generator.normals(n * d), d);
    if (!around) return noise.map((row) => row.map((x) => spread * x));
    const [mu, logvar] = [around.mu[0], around.logvar[0]];
    return noise.map((row) => row.map((x, k) => mu[k] + spread * x * Math.exp(0.5 * logvar[k])));
  }

  /**
   * Whether neither the model nor those it was fine-tuned from learned from the sentence; null where it cannot tell.
   * @param {string} sentence
   */
  isNew(sentence) {
    if (this.info.sentences && !this.seen.length) return null;
    return !holds(this.seen, hash32(new TextEncoder().encode(sentence)));
  }

  /**
   * The different words of a text that hold something the model never learned from.
   * @param {string} text
   */
  unknownWords(text) {
    return this.tokenizer.unknownWords(text);
  }

  /**
   * Ids of each sentence, and the end mark.
   * @param {string[]} sentences
   */
  idsOf(sentences) {
    return this.tokenizer.encode(sentences).map((ids) => [...ids, END_TOKEN]);
  }

  requireLatentSpace() {
    if (this.latent) return;
    const limitation = "A language model has no latent space: it cannot reconstruct a sentence or slide between two.";
    throw new ModelError(`${limitation} Choose a model of another family.`);
  }
}

/** @param {import("./model_file.js").ModelFile} file */
function openTokenizer(file) {
  try {
    const tokenizer = new Tokenizer(file.tokenizerBytes, file.known);
    if (tokenizer.size === file.vocabulary) return tokenizer;
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    throw new ModelError(`The model file cannot be used: ${error.message}.`);
  }
  throw new ModelError("The model file is not valid: its weights do not fit its own description.");
}
