/* What a training is suggested to start from: it comes a moment after its text, and who has chosen by then keeps that. */

let chosen = false;

/**
 * A suggestion is asked for.
 *
 * @param {unknown[]} asked
 */
export function baseAsked(...asked) {
  chosen = false;
  return asked;
}

/** The visitor has chosen. */
export function baseChosen() {
  chosen = true;
}

/**
 * What to start from when a suggestion has come.
 *
 * @param {string} suggested a model, or nothing, behind a stamp
 * @param {string} current
 */
export const baseSuggested = (suggested, current) => (chosen ? current : suggested.slice(suggested.indexOf(" ") + 1));
