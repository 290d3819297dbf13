/* What stands in the box for pasted sentences outlasts a reload. */

import { type } from "../components/dom.js";

const BOX = "#corpus-text textarea";
const KEPT = "sentence-space-pasted";

document.addEventListener("input", ({ target }) => {
  if (!(target instanceof HTMLTextAreaElement) || !target.matches(BOX)) return;
  try {
    sessionStorage.setItem(KEPT, target.value);
  } catch {
    // too long to be kept
  }
});

/**
 * The tab is opened: put back what stood in its box before the page was loaded again.
 *
 * @param {number} [patience] frames to wait for the box
 */
export function pasted(patience = 30) {
  const text = sessionStorage.getItem(KEPT);
  const box = document.querySelector(BOX);
  if (!text || (box instanceof HTMLTextAreaElement && box.value)) return;
  if (box) type(BOX, text);
  else if (patience) requestAnimationFrame(() => pasted(patience - 1));
}
