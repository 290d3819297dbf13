// What a model file says of its model: the parameters of its layers, and where it comes from.
import { ModelError, isCount } from "./safetensors.js";

const MAX_DESCRIPTION = 2000; // characters of a text
const VERDICT_LEVELS = ["healthy", "weak", "collapsed", "unknown"];

/**
 * The parameters that say what a model is; those of how it was trained are left out.
 * @typedef {object} ModelConfig
 * @property {string} family "vae", "aae" or "lm"
 * @property {number} embedding
 * @property {number} encoder_hidden of each direction
 * @property {number} hidden
 * @property {number} latent
 * @property {string} pooling
 * @property {string} z_to
 * @property {boolean} layer_norm
 * @property {number} batch_norm the spread of normalised codes, or 0
 * @property {boolean} bidirectional
 * @property {boolean} tied
 */

/** @type {Record<string, {value: unknown, low?: number, high?: number, whole?: boolean, choices?: string[]}>} */
const PARAMETERS = {
  family: { value: "vae", choices: ["vae", "lm", "aae"] },
  embedding: { value: 192, low: 8, high: 1024, whole: true },
  encoder_hidden: { value: 192, low: 8, high: 2048, whole: true },
  hidden: { value: 384, low: 8, high: 2048, whole: true },
  latent: { value: 32, low: 2, high: 256, whole: true },
  pooling: { value: "max", choices: ["last", "mean", "max", "attention"] },
  z_to: { value: "state+inputs+output", choices: ["state+inputs+output", "state+inputs", "state", "inputs"] },
  layer_norm: { value: false },
  batch_norm: { value: 0, low: 0, high: 3 },
  bidirectional: { value: true },
  tied: { value: true },
};

/**
 * A model's parameters; what an old file does not name has the value that it had then.
 * @param {Record<string, unknown>} values
 * @returns {ModelConfig}
 */
export function readConfig(values) {
  const config = Object.entries(PARAMETERS).map(([name, { value: usual, low, high, whole, choices }]) => {
    const value = Object.hasOwn(values, name) ? values[name] : usual;
    const fits =
      typeof value === typeof usual &&
      (!choices || choices.includes(String(value))) &&
      (low === undefined || high === undefined || (Number(value) >= low && Number(value) <= high)) &&
      (!whole || Number.isInteger(value));
    if (!fits) throw notValid(`${name} is ${JSON.stringify(value)?.slice(0, 80)}`);
    return [name, value];
  });
  return Object.fromEntries(config);
}

/**
 * `nll` and, of each dimension, `kl` are nats, on held-out sentences.
 * @typedef {object} ModelInfo
 * @property {string} name
 * @property {string} trained_on
 * @property {string} attribution
 * @property {number} sentences
 * @property {number} steps
 * @property {number} parameters
 * @property {number} max_tokens
 * @property {string} level
 * @property {string} verdict
 * @property {number} nll
 * @property {number[]} kl
 */

/**
 * @param {Record<string, unknown>} values
 * @param {number} dimensions of z
 * @returns {ModelInfo}
 */
export function readInfo(values, dimensions) {
  const { name, trained_on, attribution, level, verdict, sentences, steps, parameters, max_tokens, nll, kl } = values;
  const texts = { name, trained_on, attribution, level, verdict };
  const counts = { sentences, steps, parameters, max_tokens };
  if (Object.keys(values).length !== 11 || !Object.values(counts).every(isCount)) {
    throw notValid("a field is missing, or of another type");
  }
  for (const [field, text] of Object.entries(texts)) {
    if (typeof text !== "string" || /\p{Surrogate}/u.test(text)) throw notValid(`${field} is no text`);
    if ([...text].length > MAX_DESCRIPTION) throw notValid(`${field} is too long`);
  }
  if (!Array.isArray(kl) || kl.length !== dimensions || ![nll, ...kl].every(Number.isFinite)) {
    throw notValid("its figures do not fit its latent size");
  }
  if (!VERDICT_LEVELS.includes(String(level))) throw notValid("its verdict is not a known one");
  if (Number(max_tokens) < 1 || Number(max_tokens) > 4096) throw notValid("a count is out of range");
  return /** @type {ModelInfo} */ ({ ...texts, ...counts, nll, kl });
}

/** @param {string} reason */
function notValid(reason) {
  return new ModelError(`The model's description is not valid: ${reason}.`);
}
