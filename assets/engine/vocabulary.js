/** The pieces of a tokenizer by their text. */

import { BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, USER_DEFINED, TokenizerError, unreadable } from "./tokenizer_model.js";
import { Trie } from "./trie.js";

/** @import { Piece, TokenizerModel } from "./tokenizer_model.js" */

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
    const unknown = model.pieces.flatMap((piece, id) => (piece.type === UNKNOWN ? [id] : []));
    const bytes = model.pieces.filter((piece) => piece.type === BYTE);
    if (unknown.length !== 1 || bytes.length !== (model.byteFallback ? 256 : 0)) throw unreadable();
    this.unknown = unknown[0];
    const kept = model.pieces.flatMap((piece, id) => (piece.type === USER_DEFINED ? [entry(piece.text, id)] : []));
    this.userDefined = kept.length ? new Trie(kept) : null;
  }

  /**
   * The piece with a text; the unknown one if there is none.
   * @param {string} text
   */
  idOf(text) {
    return this.reserved.get(text) ?? this.ordinary.get(text) ?? this.unknown;
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
