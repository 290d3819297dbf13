/* The loss chart: reconstruction, KL and beta against the step, on a canvas that points are only added to. */

import { h, empty, live } from "../components/dom.js";
import { keepButtons } from "../components/results.js";

/** @import { Context } from "../components/dom.js" */
/** @import { Result } from "../components/results.js" */

/**
 * One moment of a run. Those of the training have beta and the trends, those of held-out sentences have not.
 *
 * @typedef {object} Point
 * @property {number} step
 * @property {boolean} valid
 * @property {number} nll
 * @property {number} kl
 * @property {number} [beta]
 * @property {number} [nll_trend]
 * @property {number} [kl_trend]
 */

/**
 * `reset`: the points are all there are, not new ones. `series`: the names of those that are drawn.
 *
 * @typedef {{ reset: boolean, points: Point[], steps: number, series: Names }} Chart
 */

/** @typedef {Partial<Record<"nll" | "kl" | "beta", string>>} Names */

/** @typedef {{ key: "nll" | "kl" | "beta", trend?: "nll_trend" | "kl_trend", colour: string, width: number }} Series */

/** @type {Series[]} */
const SERIES = [ // of which a chart draws those that its value names; the one without a trend has its own scale
  { key: "nll", trend: "nll_trend", colour: "--series-1", width: 2 },
  { key: "kl", trend: "kl_trend", colour: "--series-2", width: 2 },
  { key: "beta", colour: "--ink-2", width: 1 },
];
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 32, 28, 24]; // px about the lines

/** The points so far. The server thins them; of a point that comes again only the first is kept. */
class Points {
  /** @type {Point[]} */
  train = [];
  /** @type {Point[]} */
  valid = [];

  clear() {
    this.train = [];
    this.valid = [];
  }

  get all() {
    return [...this.train, ...this.valid];
  }

  /** The step of the training's newest point. */
  get newest() {
    return this.train.at(-1)?.step ?? -1;
  }

  /** @param {Point} point */
  add(point) {
    const points = point.valid ? this.valid : this.train;
    if (![point.step, point.nll, point.kl].every(Number.isFinite) || point.step <= (points.at(-1)?.step ?? -1)) return;
    points.push(point);
  }
}

/**
 * A round number near `span / 4`, for the lines across.
 *
 * @param {number} span
 */
function tick(span) {
  const rough = span / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough) ?? rough;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Points} points
 * @param {number} steps of the whole run
 * @param {Names} names
 */
function drawChart(canvas, points, steps, names) {
  const box = canvas.getBoundingClientRect();
  const pen = canvas.getContext("2d");
  if (!box.width || !pen) return;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(box.width * scale);
  canvas.height = Math.round(box.height * scale);
  pen.scale(scale, scale);
  const style = getComputedStyle(canvas);
  /** @type {(name: string) => string} */
  const colour = (name) => style.getPropertyValue(name).trim();
  const [width, height] = [box.width - LEFT - RIGHT, box.height - TOP - BOTTOM];
  const { all } = points;
  const far = Math.max(steps || 0, ...all.map((p) => p.step), 1);
  const sorted = all.map((p) => p.nll).sort((a, b) => a - b);
  const high = Math.max(1, sorted[Math.floor(sorted.length * 0.98)] ?? 1, ...all.map((p) => p.kl)) * 1.05;
  const most = Math.max(1, ...all.map((p) => p.beta || 0));
  /** @type {(step: number) => number} */
  const x = (step) => LEFT + (width * step) / far;
  /** @type {(value: number) => number} */
  const y = (value) => TOP + height * (1 - Math.min(value, high) / high);

  pen.font = `${style.fontSize} ${style.fontFamily}`;
  pen.textBaseline = "middle";
  pen.lineWidth = 1;
  for (let value = 0, by = tick(high); value <= high; value += by) {
    pen.strokeStyle = colour("--line");
    pen.beginPath();
    pen.moveTo(LEFT, Math.round(y(value)) + 0.5);
    pen.lineTo(LEFT + width, Math.round(y(value)) + 0.5);
    pen.stroke();
    pen.fillStyle = colour("--ink-2");
    pen.textAlign = "right";
    pen.fillText(String(Number(value.toPrecision(3))), LEFT - 8, y(value));
  }
  pen.textAlign = "left";
  pen.fillText("Nats a sentence", 0, 8);
  pen.fillText("0", LEFT, TOP + height + 16);
  pen.textAlign = "right";
  pen.fillText(`${far.toLocaleString("en")} steps`, LEFT + width, TOP + height + 16);

  for (const { key, trend, colour: name, width: thick } of SERIES) {
    if (!names[key]) continue;
    pen.strokeStyle = pen.fillStyle = colour(name);
    pen.lineJoin = "round";
    /** @type {(of: keyof Point, width: number, at: (value: number) => number) => void} */
    const line = (of, width, at) => {
      pen.lineWidth = width;
      pen.beginPath();
      for (const point of points.train) {
        const value = point[of];
        if (typeof value === "number") pen.lineTo(x(point.step), at(value));
      }
      pen.stroke();
    };
    if (!trend) {
      /** @type {(value: number) => number} */
      const own = (value) => TOP + height * (1 - value / most);
      pen.setLineDash([4, 4]);
      line(key, thick, own);
      pen.setLineDash([]);
      pen.textAlign = "right";
      pen.fillText(names[key] ?? "", LEFT + width + RIGHT, 8);
      pen.textAlign = "left";
      for (const value of [0, most]) pen.fillText(String(value), LEFT + width + 8, own(value));
      continue;
    }
    pen.globalAlpha = 0.3;
    line(key, 1, y);
    pen.globalAlpha = 1;
    line(trend, thick, y);
    for (const point of points.valid) {
      pen.beginPath();
      pen.arc(x(point.step), y(point[key] ?? 0), 4, 0, 7);
      pen.fill();
      pen.strokeStyle = colour("--paper");
      pen.stroke();
    }
  }
}

/**
 * The same in numbers: all held-out points, some twenty of the training.
 *
 * @param {Points} points
 * @param {Names} names
 */
function chartTable(points, names) {
  const rows = points.all.sort((a, b) => a.step - b.step);
  const by = Math.ceil(rows.length / 20);
  const thin = rows.filter((point, i) => point.valid || i % by === 0 || i === rows.length - 1);
  const keys = SERIES.map(({ key }) => key).filter((key) => names[key]);
  const titles = ["Step", "Sentences", ...keys.map((key) => names[key])];
  /** @type {(value?: number) => Node} */
  const cell = (value) => h("td", {}, value != null && Number.isFinite(value) ? value.toFixed(2) : "–");
  return h("table", {},
    h("thead", {}, h("tr", {}, ...titles.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, ...thin.map((point) => h("tr", {},
      h("th", { scope: "row" }, point.step.toLocaleString("en")),
      h("td", {}, point.valid ? "held out" : "training"),
      ...keys.map((key) => cell(point[key]))))));
}

/** What Help says of a term, or nothing. @param {string} term */
function meaning(term) {
  const terms = [...document.querySelectorAll("header dt")];
  return terms.find((one) => one.textContent === term)?.nextElementSibling?.textContent ?? null;
}

/**
 * All points as what can be kept of them.
 *
 * @param {Points} points
 * @param {HTMLCanvasElement} canvas
 * @returns {Result}
 */
function chartResult(points, canvas) {
  const rows = points.all.sort((a, b) => a.step - b.step)
    .map(({ step, valid, nll, kl, beta }) => [step, valid ? "held out" : "training", nll, kl, beta ?? null]);
  const columns = ["step", "sentences", "reconstruction", "kl", "beta"];
  const text = () => [columns, ...rows].map((row) => row.map((cell) => cell ?? "").join("\t")).join("\n");
  return { name: "training", columns, rows, text, picture: () => canvas };
}

/** @param {Context<Chart>} context */
export function lossChart(context) {
  const points = new Points();
  let steps = 0;
  /** @type {Names} */
  let names = {};
  const canvas = h("canvas", { role: "img" });
  const legend = h("p", { class: "legend", "aria-hidden": "true" });
  const numbers = h("div", { class: "numbers" });
  const hint = h("p", { class: "hint" },
    "The bold line is the trend. The faint one shows single moments, easy or hard by their sentences’ length.");
  const details = h("details", { class: "chart-table", toggle: tell }, h("summary", {}, "The numbers"), numbers,
    keepButtons(() => chartResult(points, canvas), { formats: ["csv", "json", "png"] }));
  const figure = h("figure", { class: "chart" }, legend, canvas, hint, details);

  /** @param {Names} series */
  function name(series) {
    if (JSON.stringify(series) === JSON.stringify(names)) return;
    names = series;
    const all = Object.values(names).join(", ");
    const about = "in nats a sentence where it is a loss, against the step. The same stands in the table below.";
    canvas.setAttribute("aria-label", `${all}, ${about}`);
    const keys = Object.entries(names).map(([key, name]) =>
      h("span", { class: `key ${key}`, title: meaning(name) }, name));
    const valid = h("span", { class: "key valid", title: meaning("Held out") }, "held-out sentences");
    legend.replaceChildren(...keys, valid);
  }
  function tell() {
    if (details.open) numbers.replaceChildren(chartTable(points, names));
  }
  let due = 0;
  function paint() {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(() => {
      drawChart(canvas, points, steps, names);
      canvas.dataset.drawn = String(points.newest);
    });
  }
  new ResizeObserver(paint).observe(canvas);
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });

  live(context, (root, value) => {
    if (value?.reset || !value) points.clear();
    steps = value?.steps || steps;
    if (value?.series) name(value.series);
    for (const point of value?.points ?? []) points.add(point);
    const { length } = points.all;
    if (!length) {
      root.replaceChildren(empty(context.props.empty));
      return;
    }
    if (!figure.isConnected) root.replaceChildren(figure);
    canvas.dataset.points = String(points.train.length);
    canvas.dataset.told = String(length);
    canvas.dataset.step = String(Math.max(points.newest, 0));
    paint();
    tell();
  });
}
