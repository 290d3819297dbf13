/* The loss chart: reconstruction, KL and beta against the step, on a canvas that points are only added to. */
(() => {
  "use strict";
  const space = (window.space ??= {});
  const MOST = 500; // points of a kind; past that every second one goes
  const SERIES = [ // of which a chart draws those that its value names
    { key: "nll", colour: "--series-1", width: 2 },
    { key: "kl", colour: "--series-2", width: 2 },
    { key: "beta", colour: "--ink-2", width: 1, own: true },
  ];

  class Series {
    clear() {
      this.train = [];
      this.valid = [];
      this.every = { train: 1, valid: 1 };
      this.skipped = { train: 0, valid: 0 };
      this.last = { train: -1, valid: -1 }; // the step of the newest point
      this.told = 0; // points, whether or not they are still here
    }
    constructor() {
      this.clear();
    }
    add(point) {
      const kind = point.valid ? "valid" : "train";
      const points = this[kind];
      if (![point.step, point.nll, point.kl].every(Number.isFinite) || point.step <= this.last[kind]) return;
      this.last[kind] = point.step;
      this.told++;
      if (++this.skipped[kind] < this.every[kind]) return;
      this.skipped[kind] = 0;
      points.push(point);
      if (points.length < MOST) return;
      this[kind] = points.filter((_, i) => i % 2 === 0);
      this.every[kind] *= 2;
    }
  }

  /** A round number near `span / 4`, for the lines across. */
  function tick(span) {
    const rough = span / 4 || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough);
  }

  function draw(canvas, series, steps, names) {
    const box = canvas.getBoundingClientRect();
    if (!box.width) return;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(box.width * scale);
    canvas.height = Math.round(box.height * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    const [left, right, top, bottom] = [40, 32, 8, 24];
    const [w, hgt] = [box.width - left - right, box.height - top - bottom];
    const all = [...series.train, ...series.valid];
    const far = Math.max(steps || 0, ...all.map((p) => p.step), 1);
    const sorted = all.map((p) => p.nll).sort((a, b) => a - b);
    const high = Math.max(1, sorted[Math.floor(sorted.length * 0.98)] ?? 1, ...all.map((p) => p.kl)) * 1.05;
    const most = Math.max(1, ...all.map((p) => p.beta || 0));
    const x = (step) => left + (w * step) / far;
    const y = (value) => top + hgt * (1 - Math.min(value, high) / high);

    pen.font = `12px ${style.fontFamily}`;
    pen.textBaseline = "middle";
    pen.lineWidth = 1;
    for (let value = 0, by = tick(high); value <= high; value += by) {
      pen.strokeStyle = colour("--line");
      pen.beginPath();
      pen.moveTo(left, Math.round(y(value)) + 0.5);
      pen.lineTo(left + w, Math.round(y(value)) + 0.5);
      pen.stroke();
      pen.fillStyle = colour("--ink-2");
      pen.textAlign = "right";
      pen.fillText(String(Number(value.toPrecision(3))), left - 8, y(value));
    }
    pen.textAlign = "left";
    pen.fillText("0", left, top + hgt + 16);
    pen.textAlign = "right";
    pen.fillText(`${far.toLocaleString("en")} steps`, left + w, top + hgt + 16);

    for (const { key, colour: name, width, own } of SERIES.filter(({ key }) => names[key])) {
      pen.strokeStyle = pen.fillStyle = colour(name);
      pen.lineWidth = width;
      pen.lineJoin = "round";
      pen.setLineDash(own ? [4, 4] : []);
      const at = own ? (value) => top + hgt * (1 - value / most) : y;
      const line = (key) => {
        pen.beginPath();
        for (const point of series.train) if (Number.isFinite(point[key])) pen.lineTo(x(point.step), at(point[key]));
        pen.stroke();
      };
      if (own) line(key);
      else {
        pen.globalAlpha = 0.3;
        pen.lineWidth = 1;
        line(key);
        pen.globalAlpha = 1;
        pen.lineWidth = width;
        line(`${key}_trend`);
      }
      pen.setLineDash([]);
      if (own) {
        pen.textAlign = "left";
        for (const value of [0, most]) pen.fillText(String(value), left + w + 8, at(value));
        continue;
      }
      for (const point of series.valid) {
        pen.beginPath();
        pen.arc(x(point.step), at(point[key]), 4, 0, 7);
        pen.fill();
        pen.strokeStyle = colour("--paper");
        pen.stroke();
      }
    }
  }

  function table(series, names) {
    const rows = [...series.train.map((p) => [p, "training"]), ...series.valid.map((p) => [p, "held out"])].sort((a, b) => a[0].step - b[0].step);
    const thin = rows.filter((row, i) => row[1] === "held out" || i % Math.ceil(rows.length / 20) === 0 || i === rows.length - 1);
    const { h } = space;
    const cell = (value) => h("td", {}, Number.isFinite(value) ? value.toFixed(2) : "–");
    const keys = Object.keys(names);
    return h("table", {},
      h("thead", {}, h("tr", {}, ...["Step", "Sentences", ...Object.values(names)].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...thin.map(([p, kind]) => h("tr", {}, h("th", { scope: "row" }, p.step.toLocaleString("en")), h("td", {}, kind), ...keys.map((key) => cell(p[key]))))));
  }

  space.lossChart = (context) => {
    const { h } = space;
    const series = new Series();
    let steps = 0;
    let names = {};
    const canvas = h("canvas", { role: "img" });
    const legend = h("p", { class: "legend", "aria-hidden": "true" });
    function name(series) {
      if (JSON.stringify(series) === JSON.stringify(names)) return;
      names = series;
      canvas.setAttribute("aria-label", `${Object.values(names).join(", ")}, in nats a sentence where it is a loss, against the step. The same stands in the table below.`);
      legend.replaceChildren(...Object.entries(names).map(([key, name]) => h("span", { class: `key ${key}` }, name)), h("span", { class: "key valid" }, "held-out sentences"));
    }
    const words = h("div", { class: "numbers" });
    const hint = h("p", { class: "hint" }, "Bold: the trend. Faint: single moments, easy or hard by their sentences’ length.");
    const details = h("details", { class: "chart-table", toggle: () => tell() }, h("summary", {}, "The numbers"), words);
    const figure = h("figure", { class: "chart" }, legend, canvas, hint, details);
    const tell = () => details.open && words.replaceChildren(table(series, names));
    let due = 0;
    const paint = () => {
      cancelAnimationFrame(due);
      due = requestAnimationFrame(() => {
        draw(canvas, series, steps, names);
        canvas.dataset.drawn = series.last.train;
      });
    };
    new ResizeObserver(paint).observe(canvas);
    new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    space.live(context, (root, value) => {
      if (value?.reset || !value) series.clear();
      steps = value?.steps || steps;
      if (value?.series) name(value.series);
      for (const point of value?.points ?? []) series.add(point);
      const some = series.train.length + series.valid.length > 0;
      if (!some) return root.replaceChildren(space.empty(context.props.empty));
      if (!figure.isConnected) root.replaceChildren(figure);
      canvas.dataset.points = series.train.length;
      canvas.dataset.told = series.told;
      canvas.dataset.step = series.train.at(-1)?.step ?? 0;
      paint();
      tell();
    });
  };
})();
