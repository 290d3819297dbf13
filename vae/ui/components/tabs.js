/* The tabs: arrow keys go through them, the address names the one that is open, and Back leads to the one before. */

import { find } from "./dom.js";
import { here, visit } from "./address.js";

/** @type {Record<string, (at: number, count: number) => number>} */
const MOVES = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};
let first = ""; // the tab that the page began with: an address that names none means it

const all = () => [...document.querySelectorAll("#tabs [role=tab]")].filter((tab) => tab instanceof HTMLElement);
/** @param {HTMLElement} tab */
const nameOf = (tab) => tab.textContent?.trim().toLowerCase() ?? "";
const selected = () => all().find((tab) => tab.getAttribute("aria-selected") === "true");

/** The name of the open tab. */
export function openTab() {
  const tab = selected();
  return tab ? nameOf(tab) : "";
}

/** Bring the keyboard past the header. */
export function skip() {
  selected()?.focus();
}

/** @param {string | undefined} name */
function select(name) {
  all().find((tab) => nameOf(tab) === (name ?? first) && tab !== selected())?.click();
}

/** The page is there: open the tab that the address names, and keep both in step. */
export function keepTabs() {
  first = openTab();
  const list = find("#tabs [role=tablist]");
  list.addEventListener("keydown", (event) => {
    const [tabs, move] = [all(), MOVES[event.key]];
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    if (!move || at < 0) return;
    event.preventDefault();
    const next = tabs[move(at, tabs.length)];
    next.click();
    next.focus();
  });
  new MutationObserver(() => {
    const name = openTab();
    if (name && name !== (here().tab ?? first)) visit({ tab: name });
  }).observe(list, { attributes: true, attributeFilter: ["aria-selected"], subtree: true });
  window.addEventListener("popstate", () => select(here().tab));
  if (here().tab) select(here().tab);
}
