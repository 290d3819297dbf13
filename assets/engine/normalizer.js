/** A text as a tokenizer cuts it: its spaces are written as U+2581, and a model's own rules are applied. */

import { CharacterMap } from "./character_map.js";
import { Trie, unitsAt } from "./trie.js";

/** @import { Normalization } from "./tokenizer_model.js" */

export const SPACE_PIECE = "\u2581";

/** SentencePiece's normalizer. */
export class Normalizer {
  /**
   * @param {Normalization} rules
   * @param {boolean} suffix whether the space that is added comes behind the text
   * @param {Trie|null} kept words that are left as they are
   */
  constructor(rules, suffix, kept) {
    this.rules = rules;
    this.suffix = suffix;
    this.kept = kept;
    this.map = rules.charsmap.length ? new CharacterMap(rules.charsmap) : null;
    this.space = rules.escape ? SPACE_PIECE : " ";
  }

  /** @param {string} text without lone surrogates */
  normalized(text) {
    const rest = this.rules.removeExtra ? this.withoutFirstSpaces(text) : text;
    if (!rest) return "";
    const added = this.rules.dummyPrefix ? this.space : "";
    let body = this.map || this.rules.removeExtra ? this.replaced(rest) : rest;
    body = (this.suffix ? "" : added) + body.replaceAll(" ", this.space);
    if (this.rules.removeExtra) while (body.endsWith(this.space)) body = body.slice(0, -1);
    return body + (this.suffix ? added : "");
  }

  /** @param {string} text */
  withoutFirstSpaces(text) {
    let at = 0;
    while (at < text.length) {
      const part = this.part(text, at);
      if (part.text !== " ") break;
      at += part.units;
    }
    return text.slice(at);
  }

  /** @param {string} text */
  replaced(text) {
    const parts = [];
    let afterSpace = this.rules.removeExtra;
    for (let at = 0; at < text.length; ) {
      const part = this.part(text, at);
      const kept = afterSpace ? part.text.replace(/^ +/, "") : part.text;
      if (kept) {
        parts.push(kept);
        afterSpace = this.rules.removeExtra && kept.endsWith(" ");
      }
      at += part.units;
    }
    return parts.join("");
  }

  /**
   * What the beginning of a text becomes, and how many UTF-16 units of it that is.
   * @param {string} text
   * @param {number} at
   */
  part(text, at) {
    const kept = this.kept?.longest(text, at);
    if (kept) return { text: text.slice(at, at + kept), units: kept };
    const rule = this.map?.replaced(text, at);
    const replacement = rule ? this.map?.textAt(rule.place) : undefined;
    if (rule && replacement !== undefined && replacement !== null) return { text: replacement, units: rule.units };
    const units = unitsAt(text, at);
    return { text: text.slice(at, at + units), units };
  }
}
