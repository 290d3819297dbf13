/** Words by their beginnings. */

/** A tree of UTF-16 units; each word has a number, and the root is node 0. */
export class Trie {
  /** @param {Iterable<[string, number]>} words */
  constructor(words) {
    /** @type {Map<number, number>} node * 65,536 + unit -> the next node */
    this.edges = new Map();
    /** @type {number[]} of each node, the word that ends there, or -1 */
    this.words = [-1];
    for (const [word, number] of words) this.words[this.grown(word)] = number;
  }

  /**
   * The node that a unit leads to, or undefined.
   * @param {number} node
   * @param {number} unit
   */
  next(node, unit) {
    return this.edges.get(node * 65536 + unit);
  }

  /**
   * The length of the longest word that stands at a place of a text; 0 for none.
   * @param {string} text
   * @param {number} at
   */
  longest(text, at) {
    let length = 0;
    /** @type {number|undefined} */
    let node = 0;
    for (let end = at; end < text.length; ) {
      node = this.next(node, text.charCodeAt(end++));
      if (node === undefined) break;
      if (this.words[node] >= 0) length = end - at;
    }
    return length;
  }

  /** @param {string} word */
  grown(word) {
    let node = 0;
    for (let i = 0; i < word.length; i++) {
      const key = node * 65536 + word.charCodeAt(i);
      node = this.edges.get(key) ?? this.words.push(-1) - 1;
      this.edges.set(key, node);
    }
    return node;
  }
}

/**
 * How many UTF-16 units the character at a place of a text takes.
 * @param {string} text
 * @param {number} at
 */
export function unitsAt(text, at) {
  return /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
}
