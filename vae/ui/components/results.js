/* What is done with a result: copy it, save it, link to it. */

import { h, announce } from "./dom.js";
import { copyButton } from "./copy.js";

/** @typedef {string | number | null} Cell */

/**
 * A result as a table, and as what else it can be; `name`: of its files.
 *
 * @typedef {{ name: string, columns: string[], rows: Cell[][], text: () => string, picture?: () => HTMLCanvasElement }} Result
 */

const FORMULA = /^[=+\-@\t\r]/; // a spreadsheet would reckon with it

/** @param {Cell} cell */
function quoted(cell) {
  if (typeof cell !== "string") return String(cell ?? "");
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * As comma-separated values, with the names of the columns first and the mark by which spreadsheets know UTF-8.
 *
 * @param {Result} result
 */
function csv({ columns, rows }) {
  return "\ufeff" + [columns, ...rows].map((row) => row.map(quoted).join(",") + "\r\n").join("");
}

/** @param {Result} result */
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
export function saveBlob(name, blob) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser has read it by then
  announce(`Saved as ${name}`);
}

/** @type {Record<string, (result: Result) => void>} */
const FORMATS = {
  txt: (result) => saveBlob(`${result.name}.txt`, new Blob([result.text() + "\n"], { type: "text/plain" })),
  csv: (result) => saveBlob(`${result.name}.csv`, new Blob([csv(result)], { type: "text/csv" })),
  json: (result) => saveBlob(`${result.name}.json`, new Blob([json(result)], { type: "application/json" })),
  png: ({ name, picture }) => picture?.().toBlob((blob) => blob && saveBlob(`${name}.png`, blob)),
};

/**
 * Buttons that copy a result, copy a link to it, and save it.
 *
 * @param {() => Result} result as it is when a button is pressed
 * @param {{ link?: (() => string) | null, formats?: string[], about?: string }} [options] the address that leads back
 *   to it; what it can be saved as; its name in words, where there are several on the page
 */
export function keepButtons(result, { link, formats = ["txt", "csv", "json"], about = "" } = {}) {
  const which = about && ` “${about}”`;
  const copies = copyButton(() => result().text(), "Copy all");
  if (about) copies.title = `Copy${which}`;
  const saves = formats.map((name) => h("button", {
    type: "button", class: "copy", title: `Save${which} as ${name}`, "aria-label": `Save${which} as ${name}`,
    click: () => FORMATS[name](result()),
  }, name));
  return h("div", { class: "keep" }, copies, link && copyButton(link, "Copy the link"),
    h("span", { class: "save", role: "group", "aria-label": `Save${which}` },
      h("span", { class: "term" }, "Save as"), ...saves));
}
