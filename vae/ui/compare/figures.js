/* The table of figures, a column a model. */

import { h } from "../components/dom.js";

/** @typedef {{ title: string, about: string }} Column */

/**
 * The value of one figure: `share`, how far it is on the way from poor to good, whose values are the `ends`; or `why`
 * there is none.
 *
 * @typedef {object} Cell
 * @property {string} text
 * @property {string} [unit]
 * @property {number | null} [share]
 * @property {boolean} [best]
 * @property {string} [why]
 * @property {[string, string] | null} [ends]
 */

/** @typedef {"" | "lower" | "higher"} Better */

/** @typedef {{ title: string, help: string, better: Better, cells: Cell[] }} Row */

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
function cellParts({ text, unit, share, best, why, ends }, single, better, above) {
  if (why) {
    const reason = why === above ? unseen(`: ${why}`) : h("span", { class: "why" }, why);
    return [h("span", { class: "none" }, "none"), reason];
  }
  const filled = share == null ? null : h("i", { style: `width:${(100 * share).toFixed(1)}%` });
  const bar = filled && h("span", { class: better ? "meter" : "meter plain", "aria-hidden": "true" }, filled);
  const [poor, good] = (ends ?? []).map((end, i) => h("span", {}, better ? `${i ? "good" : "poor"} ${end}` : end));
  const scale = single && bar && ends ? h("span", { class: "scale" }, poor, good) : null;
  const value = h("span", { class: best ? "value best" : "value" },
    text, unit ? h("small", {}, ` ${unit}`) : null, best ? unseen(" (best)") : null);
  return [value, bar, scale];
}

/** @param {Row} row */
function rowName({ title, help, better }) {
  const [arrow, words] = BETTER[better];
  return h("th", { scope: "row", role: "rowheader" },
    h("span", { class: "name" }, title,
      arrow && h("span", { class: "arrow", title: words }, ` ${arrow}`), arrow && unseen(` (${words})`)),
    h("span", { class: "hint" }, help));
}

/**
 * @param {Group} group
 * @param {Column[]} columns
 */
function groupBody(group, columns) {
  const single = columns.length === 1;
  const above = columns.map(() => ""); // the reason that stands further up in a column
  const rows = group.rows.map((row, i) => {
    const cells = row.cells.map((item, c) => {
      const named = { role: "cell", "data-column": columns[c].title };
      if (!group.without[c]) {
        const parts = cellParts(item, single, row.better, above[c]);
        above[c] = item.why || above[c];
        return h("td", named, ...parts);
      }
      return i ? null : h("td", { ...named, class: "without", rowspan: group.rows.length },
        h("span", { class: "none" }, "none"), h("span", { class: "why" }, group.without[c]));
    });
    return h("tr", { role: "row" }, rowName(row), ...cells);
  });
  const across = { colspan: columns.length + 1 };
  return h("tbody", { role: "rowgroup" },
    h("tr", { role: "row", class: "group" }, h("th", { scope: "rowgroup", role: "rowheader", ...across }, group.title)),
    ...rows,
    ...group.missing.map((text) => h("tr", { role: "row", class: "missing" },
      h("td", { role: "cell", ...across }, h("span", { class: "hint" }, `Not measured: ${text}`)))));
}

/**
 * @param {Column[]} columns
 * @param {Group[]} groups
 */
export function figures(columns, groups) {
  const names = columns.map(({ title, about }) =>
    h("th", { scope: "col", role: "columnheader" }, title, h("small", {}, about)));
  const kind = columns.length === 1 ? "figures single" : "figures";
  return h("table", { role: "table", class: kind, style: `--n:${columns.length}` },
    h("caption", { class: "unseen" }, "The figures of each model"),
    h("thead", { role: "rowgroup" },
      h("tr", { role: "row" }, h("th", { role: "columnheader", scope: "col" }, unseen("Figure")), ...names)),
    ...groups.filter(({ rows, missing }) => rows.length || missing.length).map((group) => groupBody(group, columns)));
}
