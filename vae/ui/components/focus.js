/* Where the keyboard is. */

/**
 * @param {Element | null} element
 * @returns {element is HTMLElement}
 */
const focusable = (element) =>
  element instanceof HTMLElement && element.offsetParent !== null && !element.matches(":disabled");

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
