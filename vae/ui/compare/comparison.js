/* What was found of models: a summary, and the parts behind it. */

import { h, empty, live } from "../components/dom.js";
import { figures, figureTable } from "./figures.js";
import { lossCurves } from "./curves.js";
import { Parts } from "./parts.js";
import { givenBeside, pathsBeside, samplesBeside } from "./side_by_side.js";
import { tableTools } from "./table_tools.js";

/** @import { Context } from "../components/dom.js" */
/** @import { Curve } from "./curves.js" */
/** @import { Column, Group } from "./figures.js" */
/** @import { Part } from "./parts.js" */
/** @import { Given, Sentence } from "./side_by_side.js" */

/**
 * Lists have an item a column. `lacks`: why a column has no sentences; `quick`: how the figures were made, and the
 * `command` for better ones.
 *
 * @typedef {object} Comparison
 * @property {Column[]} columns
 * @property {string} text
 * @property {string[]} summary
 * @property {string[]} cautions
 * @property {Group} glance
 * @property {Record<"density" | "latent" | "reconstruction" | "samples" | "interpolation", Group>} groups
 * @property {Group} took
 * @property {Curve[]} curves
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

/** @param {string} text */
const hint = (text) => h("p", { class: "hint" }, text);

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
  const table = () => ({ header: ["Dimension", "KL, nats"], rows: sorted.map(({ name, value }) => [name, value]) });
  return [
    h("h4", {}, "What each dimension carries"),
    hint("A dimension that carries next to nothing is not used."),
    h("figure", { class: "dimensions-chart", "aria-hidden": "true" },
      h("span", { class: "axis up" }, "KL, nats"),
      h("div", { class: "dimensions" }, h("span", { class: "most" }, most.toFixed(2)), ...bars),
      h("figcaption", { class: "axis" }, "Dimensions, the busiest first")),
    h("details", {}, h("summary", {}, "The numbers"),
      h("div", { class: "numbers", tabindex: 0, role: "region", "aria-label": "KL of each dimension" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Dimension"), h("th", { scope: "col" }, "KL, nats"))),
        h("tbody", {}, ...rows)))),
    tableTools("KL of each dimension", table),
  ];
}

/**
 * @param {Comparison} value
 * @returns {Part[]}
 */
function partsOf(value) {
  const { columns, groups, lacks, ends } = value;
  const many = columns.length > 1;
  /** @param {Group} group */
  const count = (group) => (group.rows.length === 1 ? "1 figure" : `${group.rows.length} figures`);
  /** @param {Group} group */
  const table = (group) => [
    tableTools(group.title, () => figureTable(columns, [group])), figures(columns, group)];
  /** @param {string} text */
  const quote = (text) => h("q", { dir: "auto" }, text);
  /** @param {string} words */
  const also = (words) => (many ? `${words} side by side` : words);
  const { density, latent, reconstruction, samples, interpolation } = groups;
  const notice = h("ul", { class: "notice" }, ...value.notice.map((text) => h("li", {}, text)));
  return [
    { id: "density", short: "Likelihood", title: density.title, about: count(density), draw: () => table(density) },
    { id: "reconstruction", short: "Given back", title: reconstruction.title, about: `${also("sentences")}, ${count(reconstruction)}`,
      draw: () => [
        ...(value.given.length ? [
          hint("In small, a held-out sentence, with the words struck out that are lost; beneath it what its code brings back, "
            + "new words marked."),
          ...givenBeside("Held-out sentences, given back", columns, value.given, lacks)] : []),
        ...table(reconstruction)] },
    { id: "samples", short: "Samples", title: samples.title, about: `${also("samples")}, ${count(samples)}`,
      draw: () => [...samplesBeside("Samples", columns, value.samples, lacks), hint(value.judge), ...table(samples)] },
    { id: "interpolation", short: "Paths", title: interpolation.title, about: `${also("paths")}, ${count(interpolation)}`,
      draw: () => [
        ...(ends.length ? [
          h("p", { class: "hint" }, "From ", quote(ends[0]), " to ", quote(ends[1]), ", both held out. New words are marked."),
          ...pathsBeside("Paths", columns, value.ways, lacks)] : []),
        ...table(interpolation)] },
    { id: "latent", short: "Latent space", title: latent.title, about: count(latent),
      draw: () => [...(value.dimensions.length ? dimensions(value.dimensions) : []), ...table(latent)] },
    { id: "training", short: "Training", title: many ? "How they were trained" : "How it was trained",
      about: value.curves.length ? "curves, time, size" : "time, size",
      draw: () => [value.curves.length ? lossCurves(value.curves) : null, ...table(value.took)] },
    ...(value.notice.length ? [
      { id: "notice", short: "Remarks", title: "What else to notice", about: `${value.notice.length} remarks`, draw: () => [notice] }] : []),
    { id: "method", short: "Method", title: "How this was measured", about: "and how to measure more thoroughly",
      draw: () => [hint(value.quick), h("pre", { tabindex: 0 }, h("code", {}, value.command))] },
  ];
}

/** @param {Comparison} value */
function summaryOf({ columns, summary, cautions, glance, text, groups, took }) {
  const [first, ...others] = columns;
  const all = () => figureTable(columns, [...Object.values(groups), took]);
  const title = others.length ? "In short" : first.title;
  return h("section", { class: "summary" },
    h("div", { class: "summary-head" },
      h("h3", {}, title, h("small", {}, others.length ? `on sentences held out from ${text}` : first.about)),
      tableTools("All figures", all)),
    ...cautions.map((caution) => h("p", { class: "caution" }, caution)),
    ...summary.map((sentence) => h("p", { class: "in-short" }, sentence)),
    glance.rows.length ? figures(columns, glance, true) : null);
}

let results = 0; // on the page

/** @param {Context<Comparison>} context */
export function comparison(context) {
  const parts = new Parts(`result-${++results}`);
  live(context, (root, value) => {
    if (!value?.columns) {
      root.replaceChildren(empty(context.props.empty));
      return;
    }
    root.replaceChildren(summaryOf(value), parts.draw(partsOf(value)));
  });
}
