/* Where the keyboard is, which is never nowhere, and where the eye is. */

import { reducedMotion } from "./dom.js";

/**
 * @param {Element | null} element
 * @returns {element is HTMLElement}
 */
const focusable = (element) =>
  element instanceof HTMLElement && element.offsetParent !== null && !element.matches(":disabled");
const WITHIN = "button, textarea, input, [tabindex='0']";
/** @type {Element | null} */
let last = null; // where the keyboard is or was, until one went elsewhere
/** @type {Element | null} */
let row = null; // of which that is a part

/**
 * Bring the focus to a part of the page that has just come, when it was lost with one that went.
 *
 * @param {string} selector
 * @param {number} [patience] frames to wait for it
 */
export function focus(selector, patience = 30) {
  const active = document.activeElement;
  if (active !== document.body && focusable(active)) return;
  const part = document.querySelector(selector);
  if (focusable(part)) part.focus();
  else if (patience) requestAnimationFrame(() => focus(selector, patience - 1));
}

/**
 * Bring a part of the page into view, if it has come where nobody looks.
 *
 * @param {string} selector
 */
export function bring(selector) {
  const part = document.querySelector(selector);
  if (part && part.getBoundingClientRect().top > innerHeight / 2)
    part.scrollIntoView({ behavior: reducedMotion() ? "auto" : "smooth" });
}

let rescuing = false;

/**
 * What had the focus is gone, or cannot be used any more: the next thing of its row takes it, as soon as there is one,
 * else its tab.
 *
 * @param {number} [patience] frames to wait for the row
 */
function rescue(patience = 60) {
  rescuing = false;
  const active = document.activeElement;
  if (!last || focusable(last) || (active !== document.body && focusable(active))) return;
  const next = [...(row?.querySelectorAll(WITHIN) ?? [])].find(focusable);
  if (next instanceof HTMLElement) return next.focus();
  const tab = document.querySelector("#tabs [role=tab][aria-selected=true]");
  if (!patience) return focusable(tab) ? tab.focus() : undefined;
  rescuing = true;
  requestAnimationFrame(() => rescue(patience - 1));
}

let groups = 0;

/** Gradio gives each radio button a name of its own; one for all of a group makes them one stop, with arrows inside. */
function groupRadios() {
  for (const first of document.querySelectorAll("input[type=radio]:not([data-group])")) {
    const group = `radios-${groups++}`;
    for (const radio of first.closest("fieldset, .block")?.querySelectorAll("input[type=radio]") ?? [first]) {
      radio.setAttribute("name", group);
      radio.setAttribute("data-group", group);
    }
  }
}

document.addEventListener("focusin", ({ target }) => {
  last = target instanceof Element ? target : null;
  row = last?.closest(".row.actions, .keep") ?? null;
});
document.addEventListener("focusout", ({ target, relatedTarget }) => setTimeout(() => {
  // to nowhere, by one's own choice: what had it is still there
  if (!relatedTarget && target === last && target instanceof Element && focusable(target)) last = null;
}));
new MutationObserver(() => requestAnimationFrame(() => {
  if (!rescuing) rescue();
  groupRadios();
})).observe(document.documentElement, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "class", "style"],
});
