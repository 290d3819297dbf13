/** What characters become before a text is cut: the rules that a SentencePiece model may bring, as a double array. */

import { TokenizerError, unreadable } from "./tokenizer_model.js";

const MOST_MATCHES = 32; // that are looked at, the shortest first

/** Rules of normalization, which replace the longest beginning of a text that they know. */
export class CharacterMap {
  /** @param {Uint8Array} blob the trie's size, the trie, and the texts that characters become, each ended by NUL */
  constructor(blob) {
    const size = blob.length > 4 ? new DataView(blob.slice(0, 4).buffer).getUint32(0, true) : 0;
    if (size < 1024 || size % 1024 || size >= blob.length - 4 || blob[blob.length - 1]) throw unreadable();
    const view = new DataView(blob.slice(4, 4 + size).buffer);
    this.units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 * i, true));
    this.texts = blob.subarray(4 + size);
    /** @type {Map<number, string>} */
    this.known = new Map();
  }

  /**
   * What the longest known beginning of a text becomes, and its length in UTF-16 units; null where nothing is known.
   * @param {string} text
   * @param {number} at
   */
  replaced(text, at) {
    let found = null;
    let matches = 0;
    let node = offsetOf(this.unit(0));
    for (let end = at; end < text.length && matches < MOST_MATCHES; ) {
      const character = String.fromCodePoint(/** @type {number} */ (text.codePointAt(end)));
      end += character.length;
      const bytes = new TextEncoder().encode(character);
      for (let i = 0; i < bytes.length; i++) {
        node ^= bytes[i];
        const unit = this.unit(node);
        if ((unit & 0x800000ff) !== bytes[i]) return found;
        node ^= offsetOf(unit);
        if (!(unit & 0x100)) continue;
        if (i < bytes.length - 1) throw unreadable(); // a rule for a part of a character
        found = { place: this.unit(node) & 0x7fffffff, units: end - at };
        if (++matches === MOST_MATCHES) break;
      }
    }
    return found;
  }

  /**
   * The text that begins at a place; null where there is none.
   * @param {number} place
   */
  textAt(place) {
    if (place >= this.texts.length) return null;
    let text = this.known.get(place);
    if (text === undefined) {
      const bytes = this.texts.subarray(place, this.texts.indexOf(0, place));
      try {
        text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        throw new TokenizerError("the tokenizer in this file turns characters into something that is not text");
      }
      this.known.set(place, text);
    }
    return text;
  }

  /** @param {number} node */
  unit(node) {
    if (node >>> 0 >= this.units.length) throw unreadable();
    return this.units[node];
  }
}

/** @param {number} unit */
function offsetOf(unit) {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
