/* How the losses fell, a line a model; and the same in numbers. */

import { h } from "../components/dom.js";
import { tableTools } from "./table_tools.js";

/** @typedef {{ title: string, points: [number, number][] }} Curve steps of the training and nats a sentence */

const SHADES = ["--series-1", "--series-2", "--good", "--ink-2"];
const DASHES = ["", "8 4", "2 4", "12 4 2 4"];
const [WIDE, HIGH] = [640, 240]; // of the drawing, in its own units
const FRAME = { left: 56, right: 12, top: 12, bottom: 44 };

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function svg(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}

/** @param {Curve} curve */
const lastStep = ({ points }) => points.at(-1)?.[0] ?? 1;

/** @param {Curve[]} curves */
function drawCurves(curves) {
  const values = curves.flatMap(({ points }) => points.map(([, nats]) => nats)).sort((a, b) => a - b);
  const most = Math.max(values[Math.floor(values.length * 0.98)] ?? 1, 0.1) * 1.05;
  const [width, height] = [WIDE - FRAME.left - FRAME.right, HIGH - FRAME.top - FRAME.bottom];
  /** @type {(share: number) => number} */
  const x = (share) => FRAME.left + width * share;
  /** @type {(nats: number) => number} */
  const y = (nats) => FRAME.top + height * (1 - Math.min(nats, most) / most);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true" });
  for (let i = 0; i <= 4; i++) {
    const level = y((most / 1.05) * (i / 4));
    drawing.append(
      svg("line", { class: i ? "grid" : "grid base", x1: x(0), x2: x(1), y1: level, y2: level }),
      svg("text", { x: x(0) - 8, y: level + 4, "text-anchor": "end" }, ((most / 1.05) * (i / 4)).toFixed(most < 8 ? 1 : 0)),
      svg("text", { x: x(i / 4), y: HIGH - 26, "text-anchor": i ? (i === 4 ? "end" : "middle") : "start" }, `${i * 25}%`));
  }
  drawing.append(
    svg("text", { class: "axis", x: x(0.5), y: HIGH - 6, "text-anchor": "middle" }, "Share of the training done"),
    svg("text", { class: "axis", transform: `translate(14 ${y(most / 2)}) rotate(-90)`, "text-anchor": "middle" },
      "Loss, nats a sentence"));
  curves.forEach((curve, i) => {
    const points = curve.points.map(([step, nats]) => `${x(step / lastStep(curve)).toFixed(1)},${y(nats).toFixed(1)}`);
    drawing.append(svg("polyline", { points: points.join(" "), style: lineStyle(i) }));
  });
  return drawing;
}

/** @param {number} i */
const lineStyle = (i) => `stroke:var(${SHADES[i % 4]});stroke-dasharray:${DASHES[i % 4] || "none"}`;

/** @param {Curve[]} curves */
function curveTable(curves) {
  const rows = curves.flatMap(({ title, points }) => points.map(([step, nats]) => [title, step, nats]));
  return { header: ["Model", "Step", "Loss, nats a sentence"], rows };
}

/** @param {Curve[]} curves */
export function lossCurves(curves) {
  const keys = curves.map(({ title }, i) => {
    const sample = svg("svg", { viewBox: "0 0 32 8", class: "sample", "aria-hidden": "true" });
    sample.append(svg("polyline", { points: "0,4 32,4", style: lineStyle(i) }));
    return h("span", { class: "key" }, sample, title);
  });
  const ends = curves.map(({ title, points }) =>
    `${title}: from ${points[0][1].toFixed(1)} to ${points[points.length - 1][1].toFixed(1)}`);
  const picture = h("div", { class: "curves", role: "img", "aria-label": `The loss of each training. ${ends.join("; ")}.` },
    drawCurves(curves));
  const table = curveTable(curves);
  /** @param {string | number} value */
  const written = (value) => (typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 2 }) : value);
  const body = table.rows.map((row) => h("tr", {}, ...row.map((value) => h("td", {}, written(value)))));
  return h("div", {},
    h("p", { class: "hint" }, "The trend of each training. A language model pays for the whole sentence, an autoencoder only for what its "
      + "point doesn’t tell: compare the shapes of the lines, not their heights."),
    tableTools("Training curves", () => table),
    h("p", { class: "curve-keys" }, ...keys), picture,
    h("details", {}, h("summary", {}, "The numbers"), h("div", { class: "numbers", tabindex: 0, role: "region", "aria-label": "The numbers of the curves" }, h("table", {},
      h("thead", {}, h("tr", {}, ...table.header.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...body)))));
}
