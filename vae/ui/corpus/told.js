/* What a text holds, said to those who do not see its report. */

import { announce } from "../components/dom.js";

/** The text has changed: say its name and its figures, if the tab is open. */
export function told() {
  requestAnimationFrame(() => {
    const figures = document.querySelector("#corpus-figures");
    if (!(figures instanceof HTMLElement) || !figures.offsetParent) return;
    announce(["h2", "p"].map((part) => figures.querySelector(part)?.textContent).join(": "));
  });
}
