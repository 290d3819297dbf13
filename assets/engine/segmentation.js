/** Texts cut into words or characters. */

import { SPACE_PIECE } from "./normalizer.js";
import { unitsAt } from "./trie.js";

/** @import { Segment, Vocabulary } from "./vocabulary.js" */

/**
 * One segment a word; each begins with its space.
 * @param {string} text
 * @param {Vocabulary} vocabulary
 * @returns {Segment[]}
 */
export function segmentWords(text, vocabulary) {
  const words = text.split(new RegExp(`(?!^)(?=${SPACE_PIECE})`, "u"));
  return words.filter((word) => word).map((word) => vocabulary.segment(word));
}

/**
 * One segment a character, or a piece that the model's maker defined.
 * @param {string} text
 * @param {Vocabulary} vocabulary
 * @returns {Segment[]}
 */
export function segmentCharacters(text, vocabulary) {
  const segments = [];
  for (let at = 0; at < text.length; ) {
    const units = vocabulary.userDefined?.longest(text, at) || unitsAt(text, at);
    segments.push(vocabulary.segment(text.slice(at, at + units)));
    at += units;
  }
  return segments;
}
