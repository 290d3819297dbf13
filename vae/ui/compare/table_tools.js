/* A table to take away: copied as text with tabs, or saved. */

import { h } from "../components/dom.js";
import { keepButtons } from "../components/results.js";

/** @import { Cell } from "../components/results.js" */

/** @typedef {{ header: string[], rows: Cell[][] }} Table */

/** @param {Cell} value */
const tabbed = (value) => String(value ?? "").replace(/[\t\r\n]+/g, " ");

/**
 * The buttons of a table.
 *
 * @param {string} name of it, in words
 * @param {() => Table} table
 */
export function tableTools(name, table) {
  const file = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const tools = keepButtons(() => {
    const { header, rows } = table();
    const text = () => [header, ...rows].map((row) => row.map(tabbed).join("\t")).join("\n");
    return { name: file, columns: header, rows, text };
  }, { formats: ["csv", "json"], about: name });
  tools.classList.add("table-tools");
  tools.prepend(h("span", { class: "hint" }, name));
  return tools;
}
