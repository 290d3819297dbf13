/* What is set on the page: texts, numbers with a track, choices. */

import { find } from "../ui/components/dom.js";

/**
 * The field that a selector names.
 *
 * @param {string} selector
 */
export function field(selector) {
  const found = find(selector);
  if (found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement) return found;
  throw new Error(`${selector} is no field`);
}

/**
 * A number within its range: what cannot be one is the least.
 *
 * @param {string} selector of what holds its field
 */
export function numberIn(selector) {
  const { value, min, max } = /** @type {HTMLInputElement} */ (field(`${selector} input[type=number]`));
  return Math.min(Number(max), Math.max(Number(min), Number(value) || 0));
}

/** @param {string} selector of what holds the box */
export const ticked = (selector) => document.querySelector(`${selector} input:checked`) !== null;

/**
 * Which of several is chosen.
 *
 * @param {string} selector of what holds them
 */
export const chosen = (selector) => document.querySelector(`${selector} input:checked`)?.getAttribute("value") ?? "";

/** A number and the track beside it say the same. */
export function joinTracks() {
  for (const range of document.querySelectorAll(".range")) {
    const [number, track] = ["number", "range"].map((type) => range.querySelector(`input[type=${type}]`));
    if (!(number instanceof HTMLInputElement) || !(track instanceof HTMLInputElement)) continue;
    number.addEventListener("input", () => (track.value = number.value));
    track.addEventListener("input", () => (number.value = track.value));
    number.addEventListener("change", () => (number.value = String(numberIn(`#${range.id}`))));
  }
}

/**
 * Do something when Enter is pressed in a field; with Shift, where there are lines, it begins another.
 *
 * @param {string} selector
 * @param {() => void} act
 */
export function onEnter(selector, act) {
  field(selector).addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    act();
  });
}
