/* What is done with a result: copy it, save it, link to it. */

import { h, announce } from "./dom.js";
import { copyButton } from "./sentences.js";

/**
 * A result as a table, and as what else it can be.
 *
 * @typedef {object} Result
 * @property {string} name of its files
 * @property {string[]} columns
 * @property {(string | number)[][]} rows
 * @property {() => string} text
 * @property {() => HTMLCanvasElement} [picture]
 */

/** @param {string | number} cell */
function quoted(cell) {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * As comma-separated values, with the names of the columns first.
 *
 * @param {Pick<Result, "columns" | "rows">} result
 */
export function csv({ columns, rows }) {
  return [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

/** @param {Pick<Result, "columns" | "rows">} result */
function json({ columns, rows }) {
  const records = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
  return JSON.stringify(records, null, 2) + "\n";
}

/**
 * Let the browser save something as a file.
 *
 * @param {string} name
 * @param {Blob} blob
 */
function keep(name, blob) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  announce(`Saved as ${name}`);
}

/**
 * Buttons that copy a result, copy a link to it, and save it in each format.
 *
 * @param {() => Result} result as it is when a button is pressed
 * @param {() => string} [link] the address that leads back to it
 */
export function keepButtons(result, link) {
  /** @type {Record<string, () => void>} */
  const formats = {
    txt: () => keep(`${result().name}.txt`, new Blob([result().text() + "\n"], { type: "text/plain" })),
    csv: () => keep(`${result().name}.csv`, new Blob([csv(result())], { type: "text/csv" })),
    json: () => keep(`${result().name}.json`, new Blob([json(result())], { type: "application/json" })),
    png: () => result().picture?.().toBlob((blob) => blob && keep(`${result().name}.png`, blob)),
  };
  if (!result().picture) delete formats.png;
  const saves = Object.entries(formats).map(([name, click]) =>
    h("button", { type: "button", class: "copy", "aria-label": `Save as ${name}`, click }, name));
  return h("div", { class: "keep" },
    copyButton(() => result().text(), "Copy all"),
    link && copyButton(link, "Copy the link"),
    h("span", { class: "save", role: "group", "aria-label": "Save" }, h("span", { class: "term" }, "Save as"), ...saves));
}
