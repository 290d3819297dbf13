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
    const room = `#${one.getAttribute("aria-controls")}`;
    one.setAttribute("aria-selected", String(isOpen));
    one.setAttribute("tabindex", isOpen ? "0" : "-1");
    find(room).hidden = !isOpen;
    if (isOpen) opened.get(room)?.();
  }
}

/**
 * What is to be done whenever a tab is opened.
 *
 * @param {string} room by its selector
 * @param {() => void} act
 */
export const whenOpened = (room, act) => void opened.set(room, act);

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
