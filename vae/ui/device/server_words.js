/* What the server would say and draw, the same to the letter: its words, its numbers, its fingerprints. */

export const MOST_CHARACTERS = 400; // of a sentence, as vae/text/options.py has it
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
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
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
