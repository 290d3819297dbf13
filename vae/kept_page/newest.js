/* What a tab asks of the model: only what was asked for last counts, and what is wrong is told in its place. */

/** What a message is drawn from. @typedef {{ kind: string, text: string }} Note */

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
    try {
      const told = await act(signal);
      if (!signal.aborted) say(told ?? null);
    } catch (error) {
      if (!signal.aborted) say(errorNote(error));
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
