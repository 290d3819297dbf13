/* What models are and say, side by side. */

import { h, empty, live } from "../components/dom.js";
import { strip } from "../components/fingerprint.js";
import { changes } from "../components/sentences.js";
import { figures } from "./figures.js";

/** @import { Context } from "../components/dom.js" */
/** @import { Column, Group } from "./figures.js" */

/** @typedef {{ text: string, z?: number[] | null }} Sentence */

/** @typedef {{ source: string, cells: (Sentence | null)[] }} Given */

/**
 * Lists have an item a column. `lacks`: why a column has no sentences; `quick`: how the figures were made, and the
 * `command` for better ones.
 *
 * @typedef {object} Comparison
 * @property {Column[]} columns
 * @property {Group[]} groups
 * @property {string[]} notice
 * @property {string} judge
 * @property {number[]} dimensions
 * @property {Sentence[][]} samples
 * @property {Given[]} given
 * @property {string[]} ends
 * @property {Sentence[][]} ways
 * @property {string[]} lacks
 * @property {string} quick
 * @property {string} command
 */

/**
 * @param {string} title
 * @param {...(Node | string | null)} children
 */
const section = (title, ...children) => h("section", { class: "compared" }, h("h3", {}, title), ...children);

/**
 * @param {Sentence} sentence
 * @param {(Node | string)[]} [parts] it with marks
 */
function sentenceParts({ text, z }, parts) {
  const shown = parts?.length ? parts : [text || "(nothing)"];
  return [h("p", { class: "sentence", dir: "auto" }, ...shown), z?.length ? strip(z, text) : null];
}

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

/** @param {Sentence[]} items */
const plainList = (items) => h("ol", {}, ...items.map((item) => h("li", {}, ...sentenceParts(item))));

/**
 * A path: words that are new since the step before are marked.
 *
 * @param {Sentence[]} items
 */
function pathList(items) {
  return h("ol", {}, ...items.map((item, i) =>
    h("li", {}, ...sentenceParts(item, changes((items[i - 1] ?? item).text, item.text).parts))));
}

/**
 * A sentence, and beneath it what each model makes of it: words that it changed are marked.
 *
 * @param {Comparison} comparison
 */
function givenBack({ columns, given, lacks }) {
  const lists = columns.map((_, c) => given.flatMap(({ source, cells }) => {
    const item = cells[c];
    return item ? [{ source, item }] : [];
  }));
  return beside(columns, lists, lacks, (items) => h("ol", {}, ...items.map(({ source, item }) =>
    h("li", {},
      h("p", { class: "over", dir: "auto" }, source),
      ...sentenceParts(item, changes(source, item.text).parts)))));
}

/**
 * KL of each dimension: bars, the busiest first, and the same as a table.
 *
 * @param {number[]} values nats
 */
function dimensions(values) {
  const sorted = values.map((value, i) => ({ name: i + 1, value })).sort((a, b) => b.value - a.value);
  const most = Math.max(...values, 0.01);
  const bars = sorted.map(({ name, value }) => {
    const title = `Dimension ${name}: ${value.toFixed(2)} nats`;
    return h("i", { style: `height:${(100 * Math.max(0, value)) / most}%`, title });
  });
  const rows = sorted.map(({ name, value }) =>
    h("tr", {}, h("th", { scope: "row" }, String(name)), h("td", {}, value.toFixed(2))));
  return section("What each dimension carries",
    h("p", { class: "hint" }, "KL in nats, the busiest dimension first. One that carries next to nothing is not used."),
    h("div", { class: "dimensions", "aria-hidden": "true" },
      h("span", { class: "most" }, `${most.toFixed(2)} nats`), ...bars),
    h("details", {}, h("summary", {}, "The numbers"), h("div", { class: "numbers" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Dimension"), h("th", { scope: "col" }, "KL, nats"))),
      h("tbody", {}, ...rows)))));
}

/** @param {Context<Comparison>} context */
export function comparison(context) {
  live(context, (root, value) => {
    if (!value?.columns) {
      root.replaceChildren(empty(context.props.empty));
      return;
    }
    const { columns, lacks, ends } = value;
    const [first, ...others] = columns;
    const single = !others.length;
    /** @param {string} text */
    const quote = (text) => h("q", { dir: "auto" }, text);
    const notice = value.notice.map((text) => h("li", {}, text));
    root.replaceChildren(
      single ? h("h3", { class: "subject" }, first.title, h("small", {}, first.about)) : "",
      notice.length ? section("What to notice", h("ul", { class: "notice" }, ...notice)) : "",
      section("The figures", value.judge && h("p", { class: "hint" }, value.judge), figures(columns, value.groups)),
      value.dimensions.length ? dimensions(value.dimensions) : "",
      section(single ? "What it says at random" : "What they say at random",
        beside(columns, value.samples, lacks, plainList)),
      value.given.length ? section("Held-out sentences, given back",
        h("p", { class: "hint" },
          "Above, in small, the sentence; beneath it what its code brings back, changed words marked."),
        givenBack(value)) : "",
      ends.length ? section("On the way between two held-out sentences",
        h("p", { class: "hint" }, "From ", quote(ends[0]), " to ", quote(ends[1])),
        beside(columns, value.ways, lacks, pathList)) : "",
      h("div", { class: "quick" },
        h("p", { class: "hint" }, value.quick),
        h("pre", { tabindex: 0 }, h("code", {}, value.command))),
    );
  });
}
