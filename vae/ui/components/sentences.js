/* The words of sentences, and in which of them two differ. */

import { h } from "./dom.js";

const SCRIPTS = ["Han", "Hiragana", "Katakana", "Thai", "Khmer", "Lao", "Myanmar"]; // that set no spaces
const UNSPACED = SCRIPTS.map((name) => `\\p{Script=${name}}`).join("");
const WORD = new RegExp(`[${UNSPACED}]|[^\\s${UNSPACED}]+`, "gu"); // or a single character of these

/**
 * @param {string} text
 * @returns {string[]}
 */
export function words(text) {
  return text.match(WORD) ?? [];
}

/**
 * What became of a sentence: `text` with the words marked that do not stand in `before` (longest common subsequence)
 * and, where words of that were left out and none came for them, a mark that names them; how many of them were kept.
 *
 * @param {string} before
 * @param {string} text
 */
export function changes(before, text) {
  const [a, b] = [words(before), words(text)];
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  let [i, end, replaced] = [0, 0, false];
  /** @type {string[]} */
  let left = [];
  const gap = () => {
    if (left.length && !replaced) parts.push(h("del", { title: `Left out: ${left.join(" ")}`, "data-words": left.join(" "), "aria-hidden": "true" }));
    left = [];
  };
  for (const [j, match] of [...text.matchAll(WORD)].entries()) {
    while (i < a.length && a[i] !== b[j] && common[i + 1][j] >= common[i][j + 1]) left.push(a[i++]);
    const same = i < a.length && a[i] === b[j];
    parts.push(text.slice(end, match.index));
    if (same) {
      gap();
      i++;
    }
    replaced = !same;
    parts.push(same ? match[0] : h("mark", {}, match[0]));
    end = match.index + match[0].length;
  }
  left.push(...a.slice(i));
  gap();
  return { parts: parts.filter(Boolean), kept: common[0][0], of: a.length };
}
