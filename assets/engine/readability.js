/* Which words of a person's text a model cannot read, told by their pieces and by what it makes of them: as
   vae/model/readability.py has it. */

import { lettersOf } from "./lexicon.js";

/** @import { TextModel } from "./text_model.js" */

/**
 * Words that the model has never met, and those that it knows only in pieces and did not say again.
 *
 * @typedef {{ unknown: string[], inPieces: string[] }} Unread
 */

const OWN_SENTENCES = 16; // of the model, whose words are the measure of others

/**
 * The words that take several pieces.
 *
 * @param {TextModel} model
 * @param {string[]} words
 */
function wordsInPieces(model, words) {
  const pieces = model.tokenizer.encode(words);
  return words.filter((_, i) => pieces[i].length > 1);
}

/**
 * What a model could not read of each text; of one that builds its words of pieces, such as one of letters, pieces tell
 * nothing.
 *
 * @param {TextModel} model
 * @param {[string, string][]} pairs of a text and what the model made of it
 * @returns {Unread[]}
 */
export function unreadWords(model, pairs) {
  const found = pairs.map(([text, said]) => {
    const unknown = model.unknownWords(text);
    const again = new Set(lettersOf(said));
    const named = unknown.join(" ");
    const lost = new Set(lettersOf(text).filter((word) => !again.has(word) && !named.includes(word)));
    return { unknown, inPieces: wordsInPieces(model, [...lost]) };
  });
  if (!found.some(({ inPieces }) => inPieces.length)) return found;
  const own = model.sample({ n: OWN_SENTENCES, seed: 1 }).flatMap(({ text }) => lettersOf(text));
  const hasWholeWords = 2 * wordsInPieces(model, own).length < own.length;
  return hasWholeWords ? found : found.map(({ unknown }) => ({ unknown, inPieces: [] }));
}
