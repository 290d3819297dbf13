/** Texts cut into characters that are merged, the best pair first. */

import { UNUSED } from "./tokenizer_model.js";
import { unitsAt } from "./trie.js";

/** @import { Segment, Vocabulary } from "./vocabulary.js" */

/**
 * Two neighbours that may become one piece.
 * @typedef {object} Merge
 * @property {number} left
 * @property {number} right
 * @property {number} score
 * @property {number} size of both together
 *
 * @typedef {object} PartOfText
 * @property {string} text empty: it became part of another
 * @property {number} before
 * @property {number} next
 * @property {boolean} frozen
 */

/** Byte pair encoding: Sennrich et al. 2016, arXiv:1508.07909. */
export class BytePairSegmenter {
  /** @param {Vocabulary} vocabulary */
  constructor(vocabulary) {
    this.vocabulary = vocabulary;
  }

  /**
   * @param {string} text
   * @returns {Segment[]}
   */
  segments(text) {
    const parts = this.characters(text);
    const merges = new MergeQueue();
    /** @type {Map<string, [string, string]>} what pieces that are not to be used were merged from */
    const halves = new Map();
    for (let right = 1; right < parts.length; right++) this.consider(parts, right - 1, right, merges, halves);
    for (let merge = merges.pop(); merge; merge = merges.pop()) {
      const left = parts[merge.left];
      const right = parts[merge.right];
      if (!left.text || !right.text || left.text.length + right.text.length !== merge.size) continue;
      left.text += right.text;
      right.text = "";
      left.next = right.next;
      if (right.next >= 0) parts[right.next].before = merge.left;
      this.consider(parts, left.before, merge.left, merges, halves);
      this.consider(parts, merge.left, left.next, merges, halves);
    }
    return parts.filter((part) => part.text).flatMap((part) => this.usable(part.text, halves));
  }

  /**
   * @param {string} text
   * @returns {PartOfText[]}
   */
  characters(text) {
    const parts = [];
    for (let at = 0; at < text.length; ) {
      const kept = this.vocabulary.userDefined?.longest(text, at) ?? 0;
      const units = kept || unitsAt(text, at);
      parts.push({ text: text.slice(at, at + units), before: parts.length - 1, next: parts.length + 1, frozen: kept > 0 });
      at += units;
    }
    if (parts.length) parts[parts.length - 1].next = -1;
    return parts;
  }

  /**
   * Note the merge of two neighbours, if there is such a piece.
   * @param {PartOfText[]} parts
   * @param {number} left
   * @param {number} right
   * @param {MergeQueue} merges
   * @param {Map<string, [string, string]>} halves
   */
  consider(parts, left, right, merges, halves) {
    if (left < 0 || right < 0 || parts[left].frozen || parts[right].frozen) return;
    const text = parts[left].text + parts[right].text;
    const id = this.vocabulary.ordinary.get(text);
    if (id === undefined) return;
    const { score, type } = this.vocabulary.pieces[id];
    merges.push({ left, right, score, size: text.length });
    if (type === UNUSED) halves.set(text, [parts[left].text, parts[right].text]);
  }

  /**
   * A part itself, or what it was merged from where it is not to be used.
   * @param {string} text
   * @param {Map<string, [string, string]>} halves
   * @returns {Segment[]}
   */
  usable(text, halves) {
    const from = halves.get(text);
    return from ? from.flatMap((half) => this.usable(half, halves)) : [this.vocabulary.segment(text)];
  }
}

/** Merges, the one with the highest score first, of equal ones the leftmost. */
class MergeQueue {
  constructor() {
    /** @type {Merge[]} a binary heap */
    this.heap = [];
  }

  /** @param {Merge} merge */
  push(merge) {
    let place = this.heap.push(merge) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(merge, this.heap[above])) break;
      this.heap[place] = this.heap[above];
      place = above;
    }
    this.heap[place] = merge;
  }

  /** @returns {Merge|undefined} */
  pop() {
    const first = this.heap[0];
    const moved = this.heap.pop();
    if (!moved || !this.heap.length) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.heap.length) break;
      if (below + 1 < this.heap.length && isBefore(this.heap[below + 1], this.heap[below])) below++;
      if (!isBefore(this.heap[below], moved)) break;
      this.heap[place] = this.heap[below];
      place = below;
    }
    this.heap[place] = moved;
    return first;
  }
}

/**
 * @param {Merge} a
 * @param {Merge} b
 */
function isBefore(a, b) {
  return a.score > b.score || (a.score === b.score && a.left < b.left);
}
