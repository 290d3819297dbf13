/* What the server would say and draw, the same to the letter: its words, its numbers, its fingerprints. */

/** @import { Unread } from "../../../assets/engine/readability.js" */

const MOST_CHARACTERS = 400; // of a sentence, as vae/text/options.py has it
const SHOWN_WORDS = 8; // that a message names
const LONGEST_WORD = 24; // characters of each

/**
 * A message of the server's catalog in words.
 *
 * @param {string} key
 * @param {Record<string, string | number>} values
 */
export function worded(key, values) {
  const entry = window.deviceWords[key];
  const text = typeof entry === "string" ? entry : values.count === 1 ? entry.one : entry.other;
  return text.replace(/\{(\w+)(?::g)?\}/g, (_, name) => String(values[name]));
}

/**
 * Words in quotation marks, some of them if they are many.
 *
 * @param {string[]} all
 */
export function listedWords(all) {
  const short = all.slice(0, SHOWN_WORDS).map((word) => [...word]);
  const shown = short.map((letters) => (letters.length > LONGEST_WORD ? [...letters.slice(0, LONGEST_WORD - 1), "…"] : letters));
  const listed = shown.map((letters) => `“${letters.join("")}”`).join(", ");
  const rest = all.length - shown.length;
  return rest ? worded("model.words_and_more", { words: listed, rest }) : listed;
}

/**
 * What is said of the words of a text that a model could not read, or nothing.
 *
 * @param {Unread} unread
 */
export function unreadTold({ unknown, inPieces }) {
  const keyed = /** @type {[string, string[]][]} */ ([["model.words_unknown", unknown], ["model.words_in_pieces", inPieces]]);
  return keyed.filter(([, words]) => words.length)
    .map(([key, words]) => worded(key, { count: words.length, words: listedWords(words) })).join(" ");
}

/**
 * @param {string} name of its field
 * @param {string} sentence with its white space evened out
 * @param {boolean} [needed]
 * @throws {RangeError} it is missing, or too long
 */
export function checkSentence(name, sentence, needed = true) {
  if (needed && !sentence) throw new RangeError(worded("serving.sentence_empty", { name }));
  const { length } = [...sentence];
  if (length > MOST_CHARACTERS)
    throw new RangeError(worded("serving.sentence_too_long", { name, length, most: MOST_CHARACTERS }));
}

/**
 * A number as Python rounds it: of two that are as near, the even one.
 *
 * @param {number} value
 * @param {number} digits
 */
export function roundedTo(value, digits) {
  const scaled = value * 10 ** digits;
  const below = Math.floor(scaled);
  const tie = scaled - below === 0.5 && scaled / 10 ** digits === value;
  return tie ? (below + (below % 2 ? 1 : 0)) / 10 ** digits : Number(value.toFixed(digits));
}

/**
 * The dimensions by their KL, the busiest first.
 *
 * @param {number[]} kl
 */
export const orderOf = (kl) => kl.map((_, d) => d).sort((a, b) => kl[b] - kl[a]);

/**
 * A code as the page draws it.
 *
 * @param {ArrayLike<number>} z
 * @param {number[]} order
 */
export function inOrderOf(z, order) {
  const values = order.length === z.length ? order.map((d) => z[d]) : Array.from(z);
  return values.map((value) => roundedTo(value, 2));
}
