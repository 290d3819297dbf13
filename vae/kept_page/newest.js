/* What a tab asks of the model: only what was asked for last counts, and what is wrong is told in its place. */

import { find } from "../ui/components/dom.js";

/** What a message is drawn from. @typedef {{ kind: string, text: string }} Note */

let wishes = 0; // that the model is still at

/** @param {number} more */
const working = (more) => find("#tabs").setAttribute("aria-busy", String((wishes += more) > 0));

/**
 * A function that does something in place of what was asked for before, and tells what comes of it, or why nothing does.
 *
 * @param {(note: Note | null) => void} say
 */
export function newestOf(say) {
  let wish = new AbortController();
  return async (/** @type {(signal: AbortSignal) => Promise<Note | void>} */ act) => {
    wish.abort();
    wish = new AbortController();
    const { signal } = wish;
    working(1);
    try {
      const told = await act(signal);
      if (!signal.aborted) say(told ?? null);
    } catch (error) {
      if (!signal.aborted) say(errorNote(error));
    } finally {
      working(-1);
    }
  };
}

/**
 * What went wrong, for a person.
 *
 * @param {unknown} error
 * @returns {Note}
 */
export const errorNote = (error) => ({ kind: "error", text: error instanceof Error ? error.message : String(error) });
