/* What runs in the Worker: one message asks for one thing, and one answers it. */

import { TextModel } from "./text_model.js";
import { findPath } from "./interpolation.js";
import { unreadWords } from "./readability.js";

/** @import { DecodeOptions, SampleOptions } from "./text_model.js" */

/** @type {TextModel | null} */
let opened = null;

/** @returns {TextModel} */
function theModel() {
  if (!opened) throw new Error("No model has been opened here.");
  return opened;
}

/** What can be asked for, by name. */
const CALLS = {
  /** @param {ArrayBuffer} bytes @param {ArrayBuffer | null} kernel */
  open(bytes, kernel) {
    opened = TextModel.open(bytes, kernel);
    const { info, config, latent, hasLatentSpace, backend } = opened;
    return { info, config, latent, hasLatentSpace, backend };
  },
  /** @param {string[]} sentences */
  encode: (sentences) => theModel().encode(sentences),
  /** @param {string[]} sentences @param {number} [steps] */
  refine: (sentences, steps) => theModel().findCodes(sentences, steps),
  /** @param {Float32Array[]} z @param {DecodeOptions} options */
  decode: (z, options) => theModel().decode(z, options),
  /** @param {SampleOptions} options */
  sample: (options) => theModel().sample(options),
  /** @param {string} a @param {string} b @param {{ kind?: string }} options */
  path: (a, b, options) => findPath(theModel(), a, b, options),
  /** @param {string[]} sentences */
  isNew: (sentences) => sentences.map((sentence) => theModel().isNew(sentence)),
  /** @param {[string, string][]} pairs */
  unread: (pairs) => unreadWords(theModel(), pairs),
};

/** @typedef {{ call: keyof typeof CALLS, values: any[] }} Asked */
/** @typedef {{ value: any } | { name: string, message: string }} Answered */

/** @param {Asked} asked @returns {Answered} */
function answerTo({ call, values }) {
  try {
    return { value: /** @type {(...values: any[]) => any} */ (CALLS[call])(...values) };
  } catch (error) {
    return error instanceof Error ? { name: error.name, message: error.message } : { name: "Error", message: String(error) };
  }
}

addEventListener("message", ({ data }) => postMessage(answerTo(data)));
