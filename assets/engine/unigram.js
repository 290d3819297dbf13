/** Texts cut into the likeliest pieces. */

import { NORMAL, UNUSED, USER_DEFINED } from "./tokenizer_model.js";
import { Trie, unitsAt } from "./trie.js";

/** @import { Segment, Vocabulary } from "./vocabulary.js" */

const UNKNOWN_PENALTY = 10;
const LARGEST = 3.4028234663852886e38;

/** The Viterbi search of the unigram model: Kudo 2018, arXiv:1804.10959. */
export class UnigramSegmenter {
  /** @param {Vocabulary} vocabulary */
  constructor(vocabulary) {
    this.unknown = vocabulary.unknown;
    this.trie = new Trie(vocabulary.ordinary);
    const normal = vocabulary.pieces.filter((piece) => piece.type === NORMAL).map((piece) => piece.score);
    this.unknownScore = Math.fround(normal.reduce((a, b) => Math.min(a, b), LARGEST) - UNKNOWN_PENALTY);
    /** of each piece; null is never used */
    this.scores = vocabulary.pieces.map(({ text, score, type }) => {
      if (type !== USER_DEFINED) return type === UNUSED ? null : score;
      return Math.fround(0.1 * (new TextEncoder().encode(text).length - 1)); // better than likely pieces, the longer the better
    });
  }

  /**
   * @param {string} text
   * @returns {Segment[]}
   */
  segments(text) {
    const scores = new Float32Array(text.length + 1); // of the best way to each place
    const begins = new Int32Array(text.length + 1).fill(-1); // of the last piece on it
    const ids = new Int32Array(text.length + 1);
    for (let begin = 0; begin < text.length; ) {
      const single = begin + unitsAt(text, begin);
      let known = false;
      /** @type {number|undefined} */
      let node = 0;
      for (let end = begin; end < text.length; ) {
        node = this.trie.next(node, text.charCodeAt(end++));
        if (node === undefined) break;
        const id = this.trie.words[node];
        const own = id < 0 ? null : this.scores[id];
        if (own === null) continue;
        const score = Math.fround(own + scores[begin]);
        if (begins[end] < 0 || score > scores[end]) {
          scores[end] = score;
          begins[end] = begin;
          ids[end] = id;
        }
        known ||= end === single;
      }
      const score = Math.fround(this.unknownScore + scores[begin]);
      if (!known && (begins[single] < 0 || score > scores[single])) {
        scores[single] = score;
        begins[single] = begin;
        ids[single] = this.unknown;
      }
      begin = single;
    }
    const found = [];
    for (let end = text.length; end > 0; end = begins[end]) found.push({ text: text.slice(begins[end], end), id: ids[end] });
    return found.reverse();
  }
}
