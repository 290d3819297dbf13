/* What models say, a column each: words that came are marked, words that went are struck out. */

import { h } from "../components/dom.js";
import { strip } from "../components/fingerprint.js";
import { changes } from "../components/sentences.js";
import { tableTools } from "./table_tools.js";

/** @import { Column } from "./figures.js" */

/** @typedef {{ text: string, z?: number[] | null }} Sentence */

/** @typedef {{ source: string, cells: (Sentence | null)[] }} Given */

/**
 * @param {Sentence} sentence
 * @param {(Node | string)[]} [parts] it with marks
 */
function sentenceParts({ text, z }, parts) {
  const shown = parts?.length ? parts : [text || "(nothing)"];
  return [h("p", { class: "sentence", dir: "auto" }, ...shown), z?.length ? strip(z, text) : null];
}

/**
 * A sentence with the words struck out that do not stand in the one that came of it.
 *
 * @param {string} before
 * @param {string} text
 */
const struckOut = (before, text) =>
  changes(text, before).parts.map((part) => (typeof part === "string" ? part : h("s", {}, part.textContent)));

/**
 * Lists side by side, a column a model; where there are none, why.
 *
 * @template Item
 * @param {Column[]} columns
 * @param {Item[][]} lists
 * @param {string[]} lacks
 * @param {(items: Item[]) => Node} list
 */
function beside(columns, lists, lacks, list) {
  return h("div", { class: "beside", style: `--n:${columns.length}` }, ...lists.map((items, c) =>
    h("section", {}, h("h4", {}, columns[c].title),
      items.length ? list(items) : h("p", { class: "why" }, lacks[c] || "Nothing."))));
}

/**
 * A row for each place in the lists.
 *
 * @param {Column[]} columns
 * @param {Sentence[][]} lists
 */
function listTable(columns, lists) {
  const rows = Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, i) =>
    lists.map((list) => list[i]?.text ?? null));
  return { header: columns.map(({ title }) => title), rows };
}

/**
 * @param {string} name
 * @param {Column[]} columns
 * @param {Sentence[][]} lists
 * @param {string[]} lacks
 */
export function samplesBeside(name, columns, lists, lacks) {
  const list = (/** @type {Sentence[]} */ items) =>
    h("ol", {}, ...items.map((item) => h("li", {}, ...sentenceParts(item))));
  return [tableTools(name, () => listTable(columns, lists)), beside(columns, lists, lacks, list)];
}

/**
 * Paths: what is new since the step before is marked, and where something was left out.
 *
 * @param {string} name
 * @param {Column[]} columns
 * @param {Sentence[][]} lists
 * @param {string[]} lacks
 */
export function pathsBeside(name, columns, lists, lacks) {
  const list = (/** @type {Sentence[]} */ items) => h("ol", {}, ...items.map((item, i) => {
    const { parts } = changes((items[i - 1] ?? item).text, item.text);
    return h("li", {}, ...sentenceParts(item, parts));
  }));
  return [tableTools(name, () => listTable(columns, lists)), beside(columns, lists, lacks, list)];
}

/**
 * A sentence, and beneath it what each model makes of it.
 *
 * @param {string} name
 * @param {Column[]} columns
 * @param {Given[]} given
 * @param {string[]} lacks
 */
export function givenBeside(name, columns, given, lacks) {
  const lists = columns.map((_, c) => given.flatMap(({ source, cells }) => {
    const item = cells[c];
    return item ? [{ source, item }] : [];
  }));
  const table = () => ({
    header: ["Sentence", ...columns.map(({ title }) => title)],
    rows: given.map(({ source, cells }) => [source, ...cells.map((cell) => cell?.text ?? null)]),
  });
  const list = (/** @type {{ source: string, item: Sentence }[]} */ items) =>
    h("ol", {}, ...items.map(({ source, item }) => h("li", {},
      h("p", { class: "over", dir: "auto" }, ...struckOut(source, item.text)),
      ...sentenceParts(item, changes(source, item.text).parts))));
  return [tableTools(name, table), beside(columns, lists, lacks, list)];
}
