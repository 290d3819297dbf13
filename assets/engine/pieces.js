/** Texts to ids of pieces and back, as SentencePiece has them. */

import { BytePairSegmenter } from "./byte_pair.js";
import { Normalizer, SPACE_PIECE } from "./normalizer.js";
import { segmentCharacters, segmentWords } from "./segmentation.js";
import { readTokenizerModel, unreadable } from "./tokenizer_model.js";
import { UnigramSegmenter } from "./unigram.js";
import { Vocabulary } from "./vocabulary.js";

/** @import { Segment } from "./vocabulary.js" */

const LONE_SURROGATES = /[\ud800-\udfff]/gu;

/** A SentencePiece model. */
export class PieceProcessor {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.model = readTokenizerModel(bytes);
    this.vocabulary = new Vocabulary(this.model);
    if (this.model.kind === "unigram" && !this.vocabulary.ordinary.size) throw unreadable();
    this.normalizer = new Normalizer(this.model.normalization, this.model.suffix, this.vocabulary.userDefined);
    const { denormalization } = this.model;
    this.denormalizer = denormalization && new Normalizer(denormalization, false, null);
    /** @type {((text: string) => Segment[])|null} */
    this.segment = null; // made when it is first needed
  }

  /** The ids of the special pieces by name; -1 for one that there is not. */
  get marks() {
    const { bos, eos, pad, unk } = this.model.names;
    const control = [pad, bos, eos].map((name) => this.vocabulary.idOf(name));
    const [padId, bosId, eosId] = control.map((id) => (this.vocabulary.isControl(id) ? id : -1));
    const unknown = this.vocabulary.idOf(unk);
    return { pad: padId, unk: unknown === this.vocabulary.unknown ? unknown : -1, bos: bosId, eos: eosId };
  }

  /**
   * A lone surrogate, which is no character, counts as U+FFFD.
   * @param {string} text
   */
  encode(text) {
    const normalized = this.normalizer.normalized(text.replace(LONE_SURROGATES, "\ufffd"));
    this.segment ??= this.segmenter();
    /** @type {number[]} */
    const ids = [];
    let afterUnknown = false;
    for (const segment of this.segment(normalized)) {
      const unknown = segment.id === this.vocabulary.unknown;
      if (unknown && this.model.byteFallback) {
        for (const byte of new TextEncoder().encode(segment.text)) ids.push(this.vocabulary.idOf(pieceOfByte(byte)));
      } else if (!unknown || !afterUnknown) {
        ids.push(segment.id);
      }
      afterUnknown = unknown;
    }
    return ids;
  }

  /** @param {number[]} ids */
  decode(ids) {
    const { dummyPrefix, removeExtra } = this.model.normalization;
    let text = "";
    let bytes = [];
    let first = true; // whether a space at the beginning of a piece is the one that was added
    let stripped = false;
    for (const id of ids) {
      if (this.vocabulary.isByte(id)) {
        bytes.push(parseInt(this.vocabulary.pieces[id].text.slice(3, 5), 16));
        continue;
      }
      text += textOfBytes(bytes);
      bytes = [];
      first &&= !stripped && !text;
      stripped = false;
      if (this.vocabulary.isControl(id)) continue;
      if (id === this.vocabulary.unknown) {
        text += this.model.unknownSurface;
        continue;
      }
      let piece = this.vocabulary.pieces[id].text;
      if (first && (dummyPrefix || removeExtra) && piece.startsWith(SPACE_PIECE)) {
        piece = piece.slice(1);
        stripped = !removeExtra;
      }
      text += piece.replaceAll(SPACE_PIECE, " ");
    }
    text += textOfBytes(bytes);
    return this.denormalizer ? this.denormalizer.normalized(text) : text;
  }

  /** @returns {(text: string) => Segment[]} */
  segmenter() {
    const { kind } = this.model;
    if (kind === "word") return (text) => segmentWords(text, this.vocabulary);
    if (kind === "char") return (text) => segmentCharacters(text, this.vocabulary);
    const segmenter = kind === "bpe" ? new BytePairSegmenter(this.vocabulary) : new UnigramSegmenter(this.vocabulary);
    return (text) => segmenter.segments(text);
  }
}

/** @param {number} byte */
function pieceOfByte(byte) {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/**
 * The characters of UTF-8; each byte that is part of none becomes U+FFFD.
 * @param {number[]} bytes
 */
function textOfBytes(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOfCharacter(bytes[at]);
    const character = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes.slice(at, at + length)));
    const again = new TextEncoder().encode(character);
    const valid = again.length === length && again.every((byte, i) => byte === bytes[at + i]);
    text += valid ? character : "\ufffd";
    at += valid ? length : 1;
  }
  return text;
}

/** @param {number} lead the first byte of a character */
function lengthOfCharacter(lead) {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
