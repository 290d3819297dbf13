// The words of the text that a model learned from, as vae/text/lexicon.py and vae/text/words.py have them.
import { hash32 } from "./blake2b.js";
import { holds } from "./sorted_hashes.js";

const WORD = /[\p{L}\p{M}\p{N}_\u200c\u200d]+/gu; // marks: vowel signs, accents; and what joins letters

/**
 * Runs of letters, with the vowel signs and accents that belong to them, and of digits.
 * @param {string} text
 * @returns {string[]}
 */
export const lettersOf = (text) => text.match(WORD) ?? [];

/** Words as sorted 32-bit hashes. Capitals do not count: a sentence may begin with any word. */
export class Lexicon {
  /** @param {Uint32Array} hashes */
  constructor(hashes) {
    this.hashes = hashes;
  }

  /**
   * The words of a text that it does not hold, nor another text, in lower case.
   * @param {string} text
   * @param {string} [besides]
   */
  madeUp(text, besides = "") {
    const allowed = new Set(lettersOf(besides).map((word) => word.toLowerCase()));
    const words = lettersOf(text).map((word) => word.toLowerCase());
    return words.filter((word) => !allowed.has(word) && !holds(this.hashes, hash32(new TextEncoder().encode(word))));
  }
}
