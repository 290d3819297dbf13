/* Which words of a person's text a model cannot read, told by their pieces and by what it makes of them: as
   vae/model/readability.py has it. */

/** @import { TextModel } from "./text_model.js" */

/**
 * Words that the model has never met, and those that it knows only in pieces and did not say again.
 *
 * @typedef {{ unknown: string[], inPieces: string[] }} Unread
 */

const READ_WORD = /[\p{L}\p{M}\p{N}_\u200c\u200d]+/gu; // marks: vowel signs, accents; and what joins letters
const OWN_SENTENCES = 16; // of the model, whose words are the measure of others

/** @param {string} text @returns {string[]} */
const readWords = (text) => text.match(READ_WORD) ?? [];

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
    const again = new Set(readWords(said));
    const named = unknown.join(" ");
    const lost = new Set(readWords(text).filter((word) => !again.has(word) && !named.includes(word)));
    return { unknown, inPieces: wordsInPieces(model, [...lost]) };
  });
  if (!found.some(({ inPieces }) => inPieces.length)) return found;
  const own = model.sample({ n: OWN_SENTENCES, seed: 1 }).flatMap(({ text }) => readWords(text));
  const hasWholeWords = 2 * wordsInPieces(model, own).length < own.length;
  return hasWholeWords ? found : found.map(({ unknown }) => ({ unknown, inPieces: [] }));
}
