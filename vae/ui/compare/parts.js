/* The parts of a comparison, each opened at will, and the list that leads to them. */

import { h, reducedMotion } from "../components/dom.js";

/** @typedef {{ id: string, short: string, title: string, about: string, draw: () => (Node | string | null)[] }} Part */

/**
 * Parts that stay open, or closed, when they are drawn again.
 */
export class Parts {
  /** @type {Set<string>} */
  #open = new Set();

  /** @param {string} prefix of their ids on the page */
  constructor(prefix) {
    this.prefix = prefix;
  }

  /** @param {Part} part */
  #details({ id, title, about, draw }) {
    const name = h("h3", {}, title);
    const body = h("div", { class: "part-body" });
    const details = h("details", { class: "part", id: `${this.prefix}-${id}`, open: this.#open.has(id) },
      h("summary", {}, name, h("span", { class: "about" }, about)), body);
    const fill = () => {
      if (details.open && !body.hasChildNodes()) body.append(...draw().filter((child) => child != null));
    };
    details.addEventListener("toggle", () => {
      if (details.open) this.#open.add(id);
      else this.#open.delete(id);
      fill();
    });
    fill();
    return details;
  }

  /**
   * @param {Part[]} parts
   */
  draw(parts) {
    const all = parts.map((part) => this.#details(part));
    const toggle = h("button", { type: "button", class: "copy", click: openAll });
    const closed = () => all.some((details) => !details.open);
    const name = () => (toggle.textContent = closed() ? "Open all" : "Close all");
    function openAll() {
      const open = closed();
      for (const details of all) details.open = open;
      name();
    }
    for (const details of all) details.addEventListener("toggle", name);
    name();
    const links = parts.map(({ short, title }, i) =>
      h("li", {}, h("a", { href: `#${all[i].id}`, title, click: (event) => leadTo(event, all[i]) }, short)));
    return h("div", { class: "parts" },
      h("div", { class: "parts-head" }, h("nav", { "aria-label": "Parts of the result" }, h("ul", {}, ...links)),
        toggle), ...all);
  }
}

/**
 * Open a part and go to it. The page's address stays as it is.
 *
 * @param {Event} event
 * @param {HTMLDetailsElement} details
 */
function leadTo(event, details) {
  event.preventDefault();
  details.open = true;
  details.scrollIntoView({ behavior: reducedMotion() ? "auto" : "smooth", block: "start" });
  details.querySelector("summary")?.focus({ preventScroll: true });
}
