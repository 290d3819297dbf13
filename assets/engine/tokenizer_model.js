/** What a SentencePiece model holds: its protocol buffer, read as strictly as the library's own parser does. */

/** Bytes that are no tokenizer of ours; the message is a sentence for a person. */
export class TokenizerError extends Error {}

export const NORMAL = 1;
export const UNKNOWN = 2;
export const CONTROL = 3;
export const USER_DEFINED = 4;
export const UNUSED = 5;
export const BYTE = 6;
export const KINDS_OF_MODEL = ["", "unigram", "bpe", "word", "char"];
const DEEPEST = 100; // groups in groups, of fields that nobody here knows

/**
 * @typedef {object} Piece
 * @property {string} text
 * @property {number} score
 * @property {number} type
 *
 * @typedef {object} Normalization
 * @property {Uint8Array} charsmap empty: none
 * @property {boolean} dummyPrefix
 * @property {boolean} removeExtra
 * @property {boolean} escape
 *
 * @typedef {object} TokenizerModel
 * @property {Piece[]} pieces
 * @property {string} kind of KINDS_OF_MODEL
 * @property {boolean} byteFallback
 * @property {boolean} suffix whether a space is the end of a word instead of its beginning
 * @property {{unk: string, bos: string, eos: string, pad: string}} names of the special pieces
 * @property {string} unknownSurface what the unknown piece is written as
 * @property {Normalization} normalization
 * @property {Normalization|null} denormalization
 */

/**
 * @typedef {object} Field
 * @property {number} number
 * @property {number} wire the kind of its value: 0 a number, 1 eight bytes, 2 bytes, 5 four bytes
 * @property {number} value the lower 32 bits of a number, and 1 is set in `high` if more are
 * @property {boolean} high
 * @property {Uint8Array} bytes
 */

/** The fields of a message, one after the other. */
class MessageReader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** @returns {Generator<Field>} */
  *fields() {
    while (this.at < this.bytes.length) {
      const { number, wire } = this.tag();
      if (wire === 3) this.skipGroup(number);
      else yield this.field(number, wire);
    }
  }

  tag() {
    const { value, high } = this.varint();
    if (high || value >>> 3 === 0) throw unreadable();
    return { number: value >>> 3, wire: value & 7 };
  }

  /**
   * @param {number} number
   * @param {number} wire
   * @returns {Field}
   */
  field(number, wire) {
    if (wire === 0) return { number, wire, ...this.varint(), bytes: this.take(0) };
    if (wire !== 1 && wire !== 2 && wire !== 5) throw unreadable();
    const length = wire === 2 ? this.length() : wire === 1 ? 8 : 4;
    return { number, wire, value: 0, high: false, bytes: this.take(length) };
  }

  length() {
    const { value, high } = this.varint();
    if (high) throw unreadable();
    return value;
  }

  varint() {
    let low = 0;
    let high = false;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.bytes.length) throw unreadable();
      const byte = this.bytes[this.at++];
      if (shift < 32) low |= (byte & 127) << shift;
      if (shift === 28 ? (byte & 127) >> 4 : shift > 28 && byte & 127) high = true;
      if (byte < 128) return { value: low >>> 0, high };
    }
    throw unreadable();
  }

  /** @param {number} length */
  take(length) {
    if (length > this.bytes.length - this.at) throw unreadable();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** @param {number} number */
  skipGroup(number) {
    const open = [number];
    while (open.length) {
      const inner = this.tag();
      if (inner.wire === 3) open.push(inner.number);
      else if (inner.wire === 4 && inner.number === open[open.length - 1]) open.pop();
      else this.field(inner.number, inner.wire);
      if (open.length > DEEPEST) throw unreadable();
    }
  }
}

/**
 * The model in the bytes of a SentencePiece file. Whether they fit together is the `Vocabulary`'s to say.
 * @param {Uint8Array} bytes
 * @returns {TokenizerModel}
 */
export function readTokenizerModel(bytes) {
  const pieces = [];
  const trainer = [];
  const normalizer = [];
  const denormalizer = [];
  for (const field of new MessageReader(bytes).fields()) {
    if (field.wire !== 2) continue;
    if (field.number === 1) pieces.push(readPiece(field.bytes));
    if (field.number === 2) trainer.push(...new MessageReader(field.bytes).fields());
    if (field.number === 3) normalizer.push(...new MessageReader(field.bytes).fields());
    if (field.number === 5) denormalizer.push(...new MessageReader(field.bytes).fields());
  }
  const denormalization = normalizationOf(denormalizer);
  return {
    pieces,
    kind: KINDS_OF_MODEL[lastNumber(trainer.filter(isKind), 3, 1)],
    byteFallback: Boolean(lastNumber(trainer, 35, 0)),
    suffix: Boolean(lastNumber(trainer, 24, 0)),
    names: {
      unk: nameIn(trainer, 45, "<unk>"),
      bos: nameIn(trainer, 46, "<s>"),
      eos: nameIn(trainer, 47, "</s>"),
      pad: nameIn(trainer, 48, "<pad>"),
    },
    unknownSurface: lastText(trainer, 44, " \u2047 "),
    normalization: normalizationOf(normalizer),
    denormalization: denormalization.charsmap.length ? denormalization : null,
  };
}

export function unreadable() {
  return new TokenizerError("the tokenizer in this file cannot be read");
}

/** @param {Field} field */
function isKind(field) {
  return field.number !== 3 || (!field.high && field.value >= 1 && field.value < KINDS_OF_MODEL.length);
}

/**
 * @param {Uint8Array} bytes
 * @returns {Piece}
 */
function readPiece(bytes) {
  let text = "";
  let score = 0;
  let type = NORMAL;
  for (const field of new MessageReader(bytes).fields()) {
    if (field.number === 1 && field.wire === 2) text = textIn(field.bytes);
    if (field.number === 2 && field.wire === 5) score = new DataView(field.bytes.slice().buffer).getFloat32(0, true);
    if (field.number === 3 && field.wire === 0 && !field.high && field.value >= NORMAL && field.value <= BYTE) type = field.value;
  }
  return { text, score, type };
}

/**
 * @param {Field[]} fields
 * @returns {Normalization}
 */
function normalizationOf(fields) {
  return {
    charsmap: lastOf(fields, 2, 2)?.bytes ?? new Uint8Array(0),
    dummyPrefix: Boolean(lastNumber(fields, 3, 1)),
    removeExtra: Boolean(lastNumber(fields, 4, 1)),
    escape: Boolean(lastNumber(fields, 5, 1)),
  };
}

/**
 * @param {Field[]} fields
 * @param {number} number
 * @param {number} wire
 */
function lastOf(fields, number, wire) {
  return fields.filter((field) => field.number === number && field.wire === wire).pop();
}

/**
 * @param {Field[]} fields
 * @param {number} number
 * @param {number} otherwise
 */
function lastNumber(fields, number, otherwise) {
  const field = lastOf(fields, number, 0);
  return field ? field.value || Number(field.high) : otherwise;
}

/**
 * @param {Field[]} fields
 * @param {number} number
 * @param {string} otherwise
 */
function lastText(fields, number, otherwise) {
  const field = lastOf(fields, number, 2);
  return field ? textIn(field.bytes) : otherwise;
}

/**
 * The name of a special piece; a NUL ends it.
 * @param {Field[]} fields
 * @param {number} number
 * @param {string} otherwise
 */
function nameIn(fields, number, otherwise) {
  return (lastText(fields, number, "") || otherwise).split("\0")[0];
}

/** @param {Uint8Array} bytes */
function textIn(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TokenizerError("the tokenizer in this file has a piece that is not text");
  }
}
