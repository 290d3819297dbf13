/* A table of figures, a column a model. */

import { h } from "../components/dom.js";

/** @import { Table } from "./table_tools.js" */

/** @typedef {{ title: string, about: string }} Column */

/**
 * The value of one figure: `share`, how far it is on the way from poor to good, whose values are the `ends`; `range`,
 * between which it lies for sure, `between` in numbers; `note` on it; or `why` there is none.
 *
 * @typedef {object} Cell
 * @property {string} text
 * @property {number | null} [value]
 * @property {string} [unit]
 * @property {number | null} [share]
 * @property {boolean} [best]
 * @property {string} [why]
 * @property {string} [note]
 * @property {[string, string] | null} [ends]
 * @property {string} [range]
 * @property {[number, number] | null} [between]
 */

/** @typedef {"" | "lower" | "higher"} Better */

/** @typedef {{ title: string, help: string, better: Better, unit: string, cells: Cell[] }} Row */

/**
 * `without`: for each column why it has none of these figures, or nothing; `missing`: what was not measured, and why.
 *
 * @typedef {{ title: string, rows: Row[], without: string[], missing: string[] }} Group
 */

/** @type {Record<Better, string[]>} */
const BETTER = { "": [], lower: ["↓", "lower is better"], higher: ["↑", "higher is better"] };

/** @param {string} text for those who cannot see the rest */
const unseen = (text) => h("span", { class: "unseen" }, text);

/**
 * @param {Cell} cell
 * @param {boolean} single whether it is the only column
 * @param {Better} better
 * @param {string} above the reason that stands further up, which is not said again
 */
function cellParts({ text, unit, share, best, why, note, ends, range }, single, better, above) {
  if (why) {
    const reason = why === above ? unseen(`: ${why}`) : h("span", { class: "why" }, why);
    return [h("span", { class: "none" }, "none"), reason];
  }
  const filled = share == null ? null : h("i", { style: `width:${(100 * share).toFixed(1)}%` });
  const bar = filled && h("span", { class: better ? "meter" : "meter plain", "aria-hidden": "true" }, filled);
  const [poor, good] = (ends ?? []).map((end, i) => h("span", {}, better ? `${i ? "good" : "poor"} ${end}` : end));
  const scale = single && bar && ends ? h("span", { class: "scale" }, poor, good) : null;
  const value = h("span", { class: best ? "value best" : "value" },
    text, unit ? h("small", {}, ` ${unit}`) : null, best ? h("span", { class: "mark" }, "best") : null,
    range ? h("small", { class: "range" }, unseen("19 times in 20 from "), range) : null);
  return [value, note ? h("span", { class: "why" }, note) : null, bar, scale];
}

/**
 * The value alone.
 *
 * @param {Cell} cell
 * @param {Better} better
 */
function briefly(cell, better) {
  if (cell.why) return [h("span", { class: "none", title: cell.why }, "none")];
  return cellParts({ ...cell, share: null, note: "" }, false, better, "");
}

/**
 * @param {Row} row
 * @param {boolean} brief without a word on it
 */
function rowName({ title, help, better }, brief) {
  const [arrow, words] = BETTER[better];
  return h("th", { scope: "row", role: "rowheader" },
    h("span", { class: "name" }, title,
      arrow && h("span", { class: "arrow", title: words }, ` ${arrow}`), arrow && unseen(` (${words})`)),
    brief ? null : h("span", { class: "hint" }, help));
}

/**
 * @param {Column[]} columns
 * @param {Group} group
 * @param {boolean} brief
 */
function groupRows(columns, group, brief) {
  const single = columns.length === 1;
  const above = columns.map(() => ""); // the reason that stands further up in a column
  return group.rows.map((row, i) => {
    const cells = row.cells.map((item, c) => {
      const named = { role: "cell", "data-column": columns[c].title };
      if (brief) return h("td", named, ...briefly(item, row.better));
      if (!group.without[c]) {
        const parts = cellParts(item, single, row.better, above[c]);
        above[c] = item.why || above[c];
        return h("td", named, ...parts);
      }
      return i ? null : h("td", { ...named, class: "without", rowspan: group.rows.length },
        h("span", { class: "none" }, "none"), h("span", { class: "why" }, group.without[c]));
    });
    return h("tr", { role: "row" }, rowName(row, brief), ...cells);
  });
}

/**
 * @param {Column[]} columns
 * @param {Group} group
 * @param {boolean} [brief] values alone
 */
export function figures(columns, group, brief = false) {
  const names = columns.map(({ title, about }) =>
    h("th", { scope: "col", role: "columnheader" }, brief ? title.replace("autoencoder", "auto\u00adencoder") : title,
      brief ? null : h("small", {}, about)));
  const kind = `figures${columns.length === 1 ? " single" : ""}${brief ? " brief" : ""}`;
  const across = { role: "cell", colspan: columns.length + 1 };
  return h("table", { role: "table", class: kind, style: `--n:${columns.length}` },
    h("caption", { class: "unseen" }, group.title),
    h("thead", { role: "rowgroup" },
      h("tr", { role: "row" }, h("th", { role: "columnheader", scope: "col" }, unseen("Figure"),
        brief ? h("small", {}, "in small: its range, 19 times in 20") : null), ...names)),
    h("tbody", { role: "rowgroup" }, ...groupRows(columns, group, brief), ...group.missing.map((text) =>
      h("tr", { role: "row", class: "missing" },
        h("td", across, h("span", { class: "hint" }, `Not measured: ${text}`))))));
}

/**
 * The same to be copied or saved: of each model a column, and two for the ends of its interval.
 *
 * @param {Column[]} columns
 * @param {Group[]} groups
 * @returns {Table}
 */
export function figureTable(columns, groups) {
  const rows = groups.flatMap((group) => group.rows.map((row) => [
    group.title, row.title, row.unit, BETTER[row.better][1] ?? "",
    ...row.cells.flatMap(({ why, text, value, between }) =>
      [why ? null : value ?? text, between?.[0] ?? null, between?.[1] ?? null])]));
  const names = columns.flatMap(({ title }) => [title, `${title}, from`, `${title}, to`]);
  return { header: ["Group", "Figure", "Unit", "Better", ...names], rows };
}
