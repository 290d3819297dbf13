/** The pieces of a tokenizer by their text. */

import { BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, USER_DEFINED, unreadable } from "./tokenizer_model.js";
import { Trie } from "./trie.js";

/** @import { Piece, TokenizerModel } from "./tokenizer_model.js" */

const LONGEST = 7999; // bytes of a piece

/**
 * A part of a text and the piece that it is.
 * @typedef {object} Segment
 * @property {string} text
 * @property {number} id
 */

/** Pieces that fit together, as SentencePiece demands it. */
export class Vocabulary {
  /** @param {TokenizerModel} model */
  constructor(model) {
    this.pieces = model.pieces;
    /** @type {Map<string, number>} */
    this.ordinary = new Map();
    /** @type {Map<string, number>} */
    this.reserved = new Map();
    model.pieces.forEach((piece, id) => this.add(piece, id));
    if (model.kind === "bpe" && [...this.reserved.keys()].some((name) => this.ordinary.has(name))) throw unreadable();
    const unknown = model.pieces.flatMap((piece, id) => (piece.type === UNKNOWN ? [id] : []));
    const bytes = model.pieces.filter((piece) => piece.type === BYTE);
    if (unknown.length !== 1 || bytes.length !== (model.byteFallback ? 256 : 0)) throw unreadable();
    this.unknown = unknown[0];
    const kept = model.pieces.flatMap((piece, id) => (piece.type === USER_DEFINED ? [entry(piece.text, id)] : []));
    this.userDefined = kept.length ? new Trie(kept) : null;
  }

  /**
   * The special piece with a name; if there is none, what a text of that name would be.
   * @param {string} name
   */
  idOf(name) {
    return this.reserved.get(name) ?? this.ordinary.get(name) ?? this.unknown;
  }

  /**
   * The piece that a part of a text is cut out as; the unknown one if there is none that may be used.
   * @param {string} text
   */
  segment(text) {
    const id = this.ordinary.get(text);
    return { text, id: id === undefined || this.pieces[id].type === UNUSED ? this.unknown : id };
  }

  /** @param {number} id */
  isControl(id) {
    return this.pieces[id].type === CONTROL;
  }

  /** @param {number} id */
  isByte(id) {
    return this.pieces[id].type === BYTE;
  }

  /**
   * @param {Piece} piece
   * @param {number} id
   */
  add({ text, score, type }, id) {
    const names = type === NORMAL || type === USER_DEFINED || type === UNUSED ? this.ordinary : this.reserved;
    if (!text || text.includes("\0") || names.has(text) || Number.isNaN(score)) throw unreadable();
    if (new TextEncoder().encode(text).length > LONGEST) throw unreadable();
    if (type === BYTE && !/^<0x[0-9A-F]{2}>$/.test(text)) throw unreadable();
    names.set(text, id);
  }
}

/**
 * @param {string} text
 * @param {number} id
 * @returns {[string, number]}
 */
function entry(text, id) {
  return [text, id];
}
