// A model file, checked as strictly as in Python: everything before anything is built of it.
import { ModelError, notOurs, readObject, readSafetensors, unexpected } from "./safetensors.js";
import { readConfig, readInfo } from "./model_description.js";
import { readWeights } from "./stored_weights.js";
import { sha256 } from "./sha256.js";

const MAX_TOKENIZER = 16 * 2 ** 20;
const MAX_COMPONENTS = 64;
/** @type {Record<string, string>} What stands beside the weights, and of which type. */
const BESIDE = { tokenizer: "U8", seen: "I32", known: "U8", words: "I32" };
const PRIOR_PARTS = ["prior.weights", "prior.means", "prior.factors"];

/** @typedef {{weights: Float32Array, means: Float32Array, factors: Float32Array}} StoredPrior of K Gaussians, flat. */

/**
 * @typedef {object} ModelFile
 * @property {import("./model_description.js").ModelConfig} config
 * @property {import("./model_description.js").ModelInfo} info
 * @property {number} dimensions of z, 0 without a latent space
 * @property {number} vocabulary
 * @property {Map<string, import("./stored_weights.js").Weights>} tensors
 * @property {Uint8Array} tokenizerBytes
 * @property {Uint8Array | null} known which pieces it has learned from, 0 or another number each
 * @property {Uint32Array} seen sorted hashes of the sentences it learned from
 * @property {Uint32Array | null} words sorted hashes of their words, where a word that they lack is a strange one
 * @property {StoredPrior | null} prior
 */

/**
 * @param {ArrayBuffer | Uint8Array} bytes
 * @returns {ModelFile} whose weights may share memory with the bytes
 * @throws {ModelError}
 */
export function readModelFile(bytes) {
  const { stored, metadata } = readSafetensors(bytes);
  const format = metadata.get("format");
  if (!format) throw notOurs();
  if (!["1", "2", "3", "4"].includes(format)) {
    throw new ModelError("This model was saved by a newer version of the app. Update the app to load it.");
  }
  for (const [name, { dtype, shape }] of stored) {
    const beside = Object.hasOwn(BESIDE, name);
    const fits = beside ? dtype === BESIDE[name] && shape.length === 1 : dtype === "F16" || dtype === "I8";
    if (!fits) throw unexpected(name);
  }
  const [config, dimensions, info] = describe(metadata);
  checkDigests(stored, metadata);
  const [tokenizer, seen, known, words] = Object.keys(BESIDE).map((name) => stored.get(name));
  if (!tokenizer || !seen || (format >= "3" && !known)) throw notOurs();
  if (tokenizer.bytes.length > MAX_TOKENIZER) throw new ModelError("The tokenizer in this file is too large.");
  for (const name of Object.keys(BESIDE)) stored.delete(name);
  const tensors = readWeights(stored);
  const prior = takePrior(tensors, dimensions);
  const vocabulary = tensors.get("embedding.weight")?.shape[0] ?? 0;
  checkShapes(tensors, shapesOf(config, dimensions, vocabulary));
  if (known && known.bytes.length !== vocabulary) throw doNotFit();
  const moments = tensors.get("norm.moments");
  if (moments && "values" in moments && moments.values.subarray(dimensions).some((variance) => variance < 0)) {
    throw new ModelError("The model file is not valid: norm.moments holds a variance below 0.");
  }
  return {
    config, info, dimensions, vocabulary, tensors, prior, known: known?.bytes ?? null,
    tokenizerBytes: tokenizer.bytes, seen: readHashes(seen.bytes), words: words ? readHashes(words.bytes) : null,
  };
}

/**
 * @param {Map<string, string>} metadata
 * @returns {[import("./model_description.js").ModelConfig, number, import("./model_description.js").ModelInfo]}
 */
function describe(metadata) {
  const config = readConfig(readObject(metadata.get("config") ?? ""));
  const dimensions = config.family === "lm" ? 0 : config.latent;
  return [config, dimensions, readInfo(readObject(metadata.get("info") ?? ""), dimensions)];
}

/**
 * @param {Map<string, import("./safetensors.js").StoredTensor>} stored
 * @param {Map<string, string>} metadata
 */
function checkDigests(stored, metadata) {
  const encoder = new TextEncoder();
  const names = [...stored.keys()].filter((name) => !Object.hasOwn(BESIDE, name)).sort();
  /** @type {Record<string, Uint8Array[]>} */
  const parts = { weights: [] };
  for (const name of names) parts.weights.push(encoder.encode(name), stored.get(name)?.bytes ?? new Uint8Array());
  for (const name of Object.keys(BESIDE)) {
    const part = stored.get(name);
    if (part) parts[name] = [part.bytes];
  }
  for (const name of ["config", "info"]) parts[name] = [encoder.encode(metadata.get(name))];
  const digests = readObject(metadata.get("sha256") ?? "");
  const same = Object.keys(digests).length === Object.keys(parts).length;
  if (!same || !Object.entries(parts).every(([name, part]) => digests[name] === sha256(part))) {
    throw new ModelError("The model file is damaged: a checksum differs. Download or copy it again.");
  }
}

/**
 * The shape of every tensor of a model.
 * @param {import("./model_description.js").ModelConfig} config
 * @param {number} d dimensions of z
 * @param {number} v vocabulary
 */
function shapesOf(config, d, v) {
  const { family, embedding: e, hidden: h, encoder_hidden: r, latent, tied } = config;
  const directions = config.bidirectional ? 2 : 1;
  const [inputs, output] = ["inputs", "output"].map((place) => (config.z_to.split("+").includes(place) ? d : 0));
  const features = tied ? e : h + output;
  /** @type {Record<string, number[]>} */
  const shapes = { "embedding.weight": [v, e] };
  /** @type {(name: string, out: number, size: number) => void} */
  const linear = (name, out, size) =>
    void Object.assign(shapes, { [`${name}.weight`]: [out, size], [`${name}.bias`]: [out] });
  /** @type {(name: string, input: number, size: number) => void} */
  const lstm = (name, input, size) =>
    void Object.assign(shapes, {
      [`${name}.weight_ih_l0`]: [4 * size, input], [`${name}.weight_hh_l0`]: [4 * size, size],
      [`${name}.bias_ih_l0`]: [4 * size], [`${name}.bias_hh_l0`]: [4 * size],
    });
  /** @type {(name: string, size: number) => void} */
  const norm = (name, size) => {
    if (config.layer_norm) Object.assign(shapes, { [`${name}.weight`]: [size], [`${name}.bias`]: [size] });
  };
  if (d && config.z_to.includes("state")) linear("decoder.first", 2 * h, d);
  else shapes["decoder.first.value"] = [2 * h];
  lstm("decoder.lstm", e + inputs, h);
  norm("decoder.norm", h);
  if (tied) {
    linear("decoder.features", e, h + output);
    shapes.bias = [v];
  } else shapes["output.weight"] = [v, features];
  if (family === "lm") return shapes;
  lstm("encoder.forwards", e, r);
  if (config.bidirectional) lstm("encoder.backwards", e, r);
  norm("encoder.norm", directions * r);
  if (config.pooling === "attention") shapes["encoder.queries"] = [directions, r];
  linear("to_posterior", family === "vae" ? 2 * d : d, directions * r);
  linear("bag", features, latent);
  if (!tied) shapes["encoder_embedding.weight"] = [v, e];
  if (family === "vae" && config.batch_norm) Object.assign(shapes, { "norm.centre": [d], "norm.moments": [2, d] });
  if (family === "aae") {
    linear("critic.0", h, d);
    linear("critic.2", h, h);
    linear("critic.4", 1, h);
  }
  return shapes;
}

/**
 * @param {Map<string, import("./stored_weights.js").Weights>} tensors
 * @param {Record<string, number[]>} shapes
 */
function checkShapes(tensors, shapes) {
  const names = Object.keys(shapes);
  const fits = names.every((name) => tensors.get(name)?.shape.join() === shapes[name].join());
  if (!fits || tensors.size !== names.length || !shapes["embedding.weight"][0]) throw doNotFit();
}

/**
 * The fitted prior, which is taken out of the tensors.
 * @param {Map<string, import("./stored_weights.js").Weights>} tensors
 * @param {number} d
 * @returns {StoredPrior | null}
 */
function takePrior(tensors, d) {
  const parts = PRIOR_PARTS.map((name) => tensors.get(name));
  if (parts.every((part) => !part)) return null;
  for (const name of PRIOR_PARTS) tensors.delete(name);
  const k = parts[0]?.shape[0] ?? 0;
  const shapes = [[k], [k, d], [k, d, d]];
  if (k < 1 || k > MAX_COMPONENTS || parts.some((part, i) => part?.shape.join() !== shapes[i].join())) throw doNotFit();
  const [weights, means, factors] = parts.map((part) => (part && "values" in part ? part.values : new Float32Array()));
  if (!means.length && d) throw doNotFit();
  const triangular = factors.every((value, i) => {
    const row = Math.floor(i / d) % d;
    return i % d < row || (i % d === row ? value > 0 : value === 0);
  });
  if (!triangular || !weights.every((weight) => weight > 0)) throw doNotFit();
  const sum = weights.reduce((a, b) => a + b, 0);
  return { weights: weights.map((weight) => weight / sum), means, factors };
}

/** @param {Uint8Array} bytes */
function readHashes(bytes) {
  const hashes = new Uint32Array(bytes.slice().buffer); // whose bytes lie as in the file on every processor of today
  for (let i = 1; i < hashes.length; i++) {
    if (hashes[i] <= hashes[i - 1]) {
      throw new ModelError("The model file is not valid: its list of training sentences or words is out of order.");
    }
  }
  return hashes;
}

function doNotFit() {
  return new ModelError("The model file is not valid: its weights do not fit its own description.");
}
