/** Sentences to token ids and back, as vae/text/tokenizer.py has them. */

import { endsBlank, wordsOf } from "./cleaning.js";
import { PieceProcessor } from "./pieces.js";
import { SPACE_PIECE } from "./normalizer.js";
import { TokenizerError } from "./tokenizer_model.js";

const UNKNOWN_ID = 1;
const END_ID = 3;
// What SentencePiece keeps for itself is written with three private-use characters.
const ESCAPE = "\ue0fe";
const TO_PIECES = new Map([
  ["\u2581", `${ESCAPE}\ue0fc`],
  ["\u2585", `${ESCAPE}\ue0fd`],
  [ESCAPE, ESCAPE + ESCAPE],
]);
const FROM_PIECES = new Map([...TO_PIECES].map(([character, written]) => [written[1], character]));
const LONGEST_PIECE = 64; // characters of one that is written with others

/** A trained tokenizer. Pad, unknown, begin and end have ids 0 to 3. */
export class Tokenizer {
  /**
   * @param {Uint8Array} bytes a SentencePiece model
   * @param {Uint8Array|null} known 1 of each piece that a model has learned from; null: all but marks and single bytes
   */
  constructor(bytes, known = null) {
    this.processor = new PieceProcessor(bytes);
    const { vocabulary, marks } = this.processor;
    if (marks.pad !== 0 || marks.unk !== UNKNOWN_ID || marks.bos !== 2 || marks.eos !== END_ID) {
      throw new TokenizerError("the tokenizer in this file numbers its special pieces in another way");
    }
    this.size = vocabulary.pieces.length;
    if (known && known.length !== this.size) {
      throw new TokenizerError("the list of pieces it learned does not fit its tokenizer");
    }
    this.known = Uint8Array.from(vocabulary.pieces, (_, id) => Number(known ? known[id] !== 0 : !vocabulary.isByte(id)));
    this.known.fill(0, 0, END_ID)[END_ID] = 1;
    const texts = [...vocabulary.pieces.keys()].filter((id) => id > END_ID && !vocabulary.isByte(id));
    /** The known pieces by what they write; no marks and no single bytes. */
    this.pieces = new Map(texts.filter((id) => this.known[id]).map((id) => [vocabulary.pieces[id].text, id]));
    /** @type {Map<number, number[]|null>} of unknown pieces the known ones that write them, once they were wanted */
    this.standIns = new Map(texts.filter((id) => !this.known[id]).map((id) => [id, null]));
  }

  /**
   * Ids of each sentence, without begin and end.
   * @param {string[]} sentences
   */
  encode(sentences) {
    return sentences.map((sentence) => this.processor.encode(escaped(sentence)).flatMap((id) => this.partsOf(id)));
  }

  /**
   * The sentences of ids. What a model makes up may hold broken bytes: they become U+FFFD.
   * @param {number[][]} rows
   */
  decode(rows) {
    return rows.map((ids) => unescaped(this.processor.decode(ids)));
  }

  /**
   * The different words of a text, between its spaces, that known pieces cannot write; in their order.
   * @param {string} text
   */
  unknownWords(text) {
    const words = [...new Set(wordsOf(text))];
    return this.encode(words).flatMap((ids, i) => (ids.every((id) => this.known[id]) ? [] : [words[i]]));
  }

  /**
   * How a sentence with this start begins: the ids of its first pieces; which may come next, null for any; and what
   * words of it are unknown. Behind a blank at its end comes a new word. Without one its last word may go on; and where
   * known pieces cannot write that word as it is, what is left over is the beginning of a piece to come.
   * @param {string} start
   * @returns {{ids: number[], following: Uint8Array|null, unknown: string[]}}
   */
  begin(start) {
    const words = wordsOf(start);
    const unknown = this.unknownWords(start);
    if (endsBlank(start)) {
      return { ids: this.encode([trimmed(start)])[0], following: this.continuing(SPACE_PIECE), unknown };
    }
    const last = words.pop() ?? "";
    if (!this.unknownWords(last).length) return { ids: this.encode([start])[0], following: null, unknown };
    const characters = [...(SPACE_PIECE + escaped(last))];
    for (let end = 0; end < Math.min(characters.length, LONGEST_PIECE); end++) {
      const parts = fewestParts(characters.slice(0, end), this.pieces);
      if (end && !parts.length) continue;
      const following = this.continuing(characters.slice(end).join(""));
      if (!following.includes(1)) continue;
      const before = this.encode([words.join(" ")])[0];
      return { ids: [...before, ...parts], following, unknown: this.unknownWords(words.join(" ")) };
    }
    return { ids: [], following: null, unknown };
  }

  /**
   * 1 for each known piece that begins with a text.
   * @param {string} text
   */
  continuing(text) {
    const following = new Uint8Array(this.size);
    for (const [piece, id] of this.pieces) if (piece.startsWith(text)) following[id] = 1;
    return following;
  }

  /**
   * The piece itself, or what stands in for an unknown one: the fewest known pieces that write the same.
   * @param {number} id
   */
  partsOf(id) {
    let parts = this.standIns.get(id);
    if (parts === undefined) return [id];
    if (!parts) {
      parts = fewestParts([...this.processor.vocabulary.pieces[id].text], this.pieces);
      if (!parts.length) parts = [id];
      this.standIns.set(id, parts);
    }
    return parts;
  }
}

/**
 * The ids of the fewest known pieces that make up a text; none when it is too long or they cannot.
 * @param {string[]} characters
 * @param {Map<string, number>} known
 * @returns {number[]}
 */
function fewestParts(characters, known) {
  if (characters.length > LONGEST_PIECE) return [];
  /** @type {(number[]|null)[]} of each length of its beginning */
  const best = [[]];
  for (let end = 1; end <= characters.length; end++) {
    /** @type {number[]|null} */
    let shortest = null;
    for (let begin = 0; begin < end; begin++) {
      const before = best[begin];
      if (!before || (shortest && shortest.length <= before.length + 1)) continue;
      const id = known.get(characters.slice(begin, end).join(""));
      if (id !== undefined) shortest = [...before, id];
    }
    best.push(shortest);
  }
  return best[characters.length] ?? [];
}

/** @param {string} text */
function trimmed(text) {
  const words = wordsOf(text);
  return words.length ? text.slice(text.indexOf(words[0]), text.lastIndexOf(words[words.length - 1]) + words[words.length - 1].length) : "";
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[\u2581\u2585\ue0fe]/g, (character) => TO_PIECES.get(character) ?? character);
}

/** @param {string} text */
function unescaped(text) {
  return text.replace(/\ue0fe(.)/gsu, (_, character) => FROM_PIECES.get(character) ?? character);
}
