/* The rooms of the page, one for each tab, of which one is open. */

import { find } from "../ui/components/dom.js";
import { keepTabs } from "../ui/components/tabs.js";

/** @type {Map<string, () => void>} */
const opened = new Map(); // what a room does when it is opened

const tabs = () => [...document.querySelectorAll("#tabs [role=tab]")];

/** @param {Element} tab */
function open(tab) {
  for (const one of tabs()) {
    const isOpen = one === tab;
    one.setAttribute("aria-selected", String(isOpen));
    one.setAttribute("tabindex", isOpen ? "0" : "-1");
    find(`#${one.getAttribute("aria-controls")}`).hidden = !isOpen;
  }
  opened.get(tab.id)?.();
}

/**
 * What is to be done whenever a tab is opened.
 *
 * @param {string} id of the tab
 * @param {() => void} act
 */
export const whenOpened = (id, act) => void opened.set(id, act);

/**
 * Let tabs be opened, and open one: that of the address, or else this one.
 *
 * @param {string} id of the tab
 */
export function openRooms(id) {
  for (const tab of tabs()) tab.addEventListener("click", () => open(tab));
  open(find(`#${id}`));
  keepTabs();
}
