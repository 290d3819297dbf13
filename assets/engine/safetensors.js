// The container of a model file: a header of names, shapes and places, and the numbers behind it. Files come from
// strangers: nothing is taken from one before its place and size are known to be right.

const MAX_FILE = 256 * 2 ** 20;
const MAX_HEADER = 256 * 2 ** 10;
/** @type {Record<string, number>} Bytes of a number. */
const ITEM_SIZES = { F16: 2, I8: 1, I32: 4, U8: 1 };

/** What is wrong with a model, or with what is asked of it; the message is for a person. */
export class ModelError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "ModelError";
  }
}

/** @typedef {{dtype: string, shape: number[], bytes: Uint8Array}} StoredTensor */

/**
 * The tensors of a file, whose bytes are parts of the given ones, and the texts that describe them.
 * @param {ArrayBuffer | Uint8Array} data
 * @returns {{stored: Map<string, StoredTensor>, metadata: Map<string, string>}}
 */
export function readSafetensors(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  if (bytes.length > MAX_FILE) {
    throw new ModelError(`This file is ${bytes.length >> 20} MB; a model has at most ${MAX_FILE >> 20} MB.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 10 ? 0 : view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length < 2 || length > Math.min(MAX_HEADER, bytes.length - 8)) {
    throw new ModelError("This file is not a model: a model is a .safetensors file that was saved by this app.");
  }
  const { __metadata__: described, ...entries } = readObject(decodeUtf8(bytes.subarray(8, 8 + length)));
  const texts = isObject(described) ? Object.entries(described) : [];
  if (!texts.length || texts.some(([, text]) => typeof text !== "string")) throw notOurs();
  const stored = new Map();
  const numbers = bytes.subarray(8 + length);
  const places = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (!isObject(entry)) throw notOurs();
    const { dtype, shape, data_offsets: offsets } = entry;
    if (!Array.isArray(shape) || !shape.every(isCount) || !Object.hasOwn(ITEM_SIZES, String(dtype))) {
      throw unexpected(name);
    }
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) throw damaged();
    const size = shape.reduce((a, b) => a * b, ITEM_SIZES[String(dtype)]);
    if (offsets[1] - offsets[0] !== size || offsets[1] > numbers.length) throw damaged();
    places.push(offsets);
    stored.set(name, { dtype, shape, bytes: numbers.subarray(offsets[0], offsets[1]) });
  }
  places.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let end = 0; // each tensor begins where the one before it ends: there is nothing hidden between them
  for (const [first, last] of places) {
    if (first !== end) throw damaged();
    end = last;
  }
  if (end !== numbers.length) throw damaged();
  return { stored, metadata: new Map(/** @type {[string, string][]} */ (texts)) };
}

/**
 * @param {string} text
 * @returns {Record<string, unknown>}
 */
export function readObject(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw notOurs();
  }
  if (!isObject(value)) throw notOurs();
  return value;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
export function isCount(value) {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** @param {string} name */
export function unexpected(name) {
  return new ModelError(`The model file is not valid: “${name.slice(0, 80)}” has an unexpected form.`);
}

export function damaged() {
  return new ModelError("The model file is damaged. Download or copy it again.");
}

export function notOurs() {
  return new ModelError("This file is not a model of this app, or it is damaged.");
}

/** @param {Uint8Array} bytes */
function decodeUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notOurs();
  }
}
