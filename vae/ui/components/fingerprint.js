/* The fingerprint: a code as a strip of cells, one a dimension, and a sheet that explains it. */

import { h, closeBeside, find } from "./dom.js";

const REACH = 2; // a value this far from 0 has the full colour: 95 % of a standard normal lies within

/**
 * The colour of a value, as a background or on a canvas.
 *
 * @param {number} value
 * @param {(name: string) => string} [named] gives the page's own colours
 */
export function colourOf(value, named = (name) => `var(${name})`) {
  const share = Math.round(Math.min(1, Math.abs(value) / REACH) ** 0.7 * 100); // so that small values show too
  return `color-mix(in oklab, ${named(value < 0 ? "--fp-low" : "--fp-high")} ${share}%, ${named("--fp-mid")})`;
}

/** @param {number[]} z */
function gradient(z) {
  const width = 100 / z.length;
  const stops = z.map((value, i) => {
    return `${colourOf(value)} ${(i * width).toFixed(3)}% ${((i + 1) * width).toFixed(3)}%`;
  });
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}

/**
 * A code as a strip of cells. A click explains it. Its `paint` shows another code in the same strip, and its `tell` says
 * which text that is of.
 *
 * @param {number[]} z
 * @param {string} [text] the sentence
 */
export function strip(z, text = "") {
  let shown = z;
  const cells = h("span", { class: "cells" });
  const click = () => explain(shown, text);
  const attributes = { type: "button", class: "fingerprint", title: "What is this strip?", click };
  const button = h("button", attributes, cells);
  /** @param {string} of */
  const tell = (of) => {
    text = of;
    button.setAttribute("aria-label", `Fingerprint${of ? ` of “${of}”` : ""}, ${shown.length} numbers. Explain`);
  };
  /** @param {number[]} next */
  const paint = (next) => {
    shown = next;
    cells.style.setProperty("--n", String(next.length));
    cells.style.backgroundImage = gradient(next);
  };
  paint(z);
  tell(text);
  return Object.assign(button, { paint, tell });
}

/**
 * @param {number[]} z
 * @param {string} text
 */
function explain(z, text) {
  const rows = z.map((value, i) =>
    h("tr", {}, h("th", { scope: "row" }, String(i + 1)), h("td", {}, value.toFixed(2))));
  const close = h("button", { type: "button", class: "close", click: () => dialog.close() }, "Close");
  const cells = h("span", { class: "cells" });
  cells.style.backgroundImage = gradient(z);
  const dialog = h(
    "dialog",
    { class: "sheet", "aria-labelledby": "code-title", close: () => dialog.remove() },
    h("h2", { id: "code-title", tabindex: -1, autofocus: true }, "The fingerprint of a sentence"),
    text && h("p", { class: "sentence", dir: "auto" }, text),
    h("div", { class: "fingerprint large", "aria-hidden": "true" }, cells),
    h("p", {},
      `The model keeps of a sentence only ${z.length} numbers, its code z. Each cell is one of them: `,
      h("span", { class: "key low" }, "amber"), " below zero, ", h("span", { class: "key high" }, "blue"),
      " above, grey near zero. The dimensions that carry most come first. ",
      "Sentences whose strips look alike lie close together."),
    h("details", {}, h("summary", {}, "The numbers"),
      h("div", { class: "numbers" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Cell"), h("th", { scope: "col" }, "z"))),
        h("tbody", {}, ...rows)))),
    close,
  );
  closeBeside(dialog);
  find(".gradio-container").append(dialog);
  dialog.showModal();
}
