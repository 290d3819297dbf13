/* A table to take away: copied as text with tabs, or saved as csv or JSON. */

import { h } from "../components/dom.js";
import { copyButton } from "../components/sentences.js";

/** @typedef {string | number | null} Value */

/** @typedef {{ header: string[], rows: Value[][] }} Table */

const FORMULA = /^[=+\-@\t\r]/; // a spreadsheet would reckon with it

/** @param {Value} value */
const tabbed = (value) => String(value ?? "").replace(/[\t\r\n]+/g, " ");

/** @param {Value} value */
function csvCell(value) {
  if (typeof value !== "string") return String(value ?? "");
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * @param {Table} table
 * @param {(value: Value) => string} cell
 * @param {string} between
 */
const asLines = ({ header, rows }, cell, between) => [header, ...rows].map((row) => row.map(cell).join(between));

/** @param {Table} table */
const asRecords = ({ header, rows }) => rows.map((row) => Object.fromEntries(row.map((value, i) => [header[i], value])));

/**
 * Let the browser save a text as a file.
 *
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
function saveText(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser has read it by then
}

/**
 * The buttons of a table.
 *
 * @param {string} name of it, in words
 * @param {() => Table} table
 */
export function tableTools(name, table) {
  const file = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  /** @type {(label: string, title: string, save: () => void) => HTMLElement} */
  const button = (label, title, save) =>
    h("button", { type: "button", class: "copy", title, "aria-label": title, click: save }, label);
  const copy = copyButton(() => asLines(table(), tabbed, "\t").join("\n"), "Copy");
  copy.title = `Copy “${name}”, to paste into a spreadsheet`;
  return h("div", { class: "table-tools", role: "group", "aria-label": name }, h("span", { class: "hint" }, name), copy,
    button("csv", `Save “${name}” as csv`, () =>
      saveText(`${file}.csv`, "text/csv", `\ufeff${asLines(table(), csvCell, ",").join("\r\n")}\r\n`)),
    button("json", `Save “${name}” as json`, () =>
      saveText(`${file}.json`, "application/json", `${JSON.stringify(asRecords(table()), null, 2)}\n`)));
}
