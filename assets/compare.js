/* The Compare tab: how far trainings and measuring are, the table of figures, and what each model says. */
(() => {
  "use strict";
  const space = (window.space ??= {});

  /** What goes on, a line and a bar each. */
  space.steps = (context) => {
    const rows = new Map(); // kept, so that bars move instead of being replaced
    space.live(context, (root, items) => {
      const { h } = space;
      if (!items?.length) {
        rows.clear();
        return root.replaceChildren();
      }
      for (const { title, share, text } of items) {
        if (!rows.has(title)) {
          const parts = { bar: h("progress", { max: 1, "aria-label": title }), text: h("p", { class: "progress-text" }) };
          rows.set(title, { ...parts, item: h("li", {}, h("h4", {}, title), parts.bar, parts.text) });
        }
        const row = rows.get(title);
        if (share == null) row.bar.removeAttribute("value");
        else row.bar.value = share;
        row.text.textContent = text;
      }
      const list = root.querySelector("ol") ?? h("ol", { class: "queue" });
      list.replaceChildren(...items.map(({ title }) => rows.get(title).item));
      if (!list.isConnected) root.replaceChildren(list);
    });
  };

  const hidden = (text) => space.h("span", { class: "unseen" }, text);
  const BETTER = { lower: ["↓", "lower is better"], higher: ["↑", "higher is better"] };

  /** The value of a figure, and how far it is on the way from poor to good. */
  function cell({ text, unit, share, best, why, ends }, single, better, above) {
    const { h } = space;
    if (why) return [h("span", { class: "none" }, "none"), why === above ? hidden(`: ${why}`) : h("span", { class: "why" }, why)];
    const bar = share == null ? null
      : h("span", { class: better ? "meter" : "meter plain", "aria-hidden": "true" }, h("i", { style: `width:${(100 * share).toFixed(1)}%` }));
    const scale = single && bar && ends ? h("span", { class: "scale" }, h("span", {}, better ? `poor ${ends[0]}` : ends[0]), h("span", {}, better ? `good ${ends[1]}` : ends[1])) : null;
    return [h("span", { class: best ? "value best" : "value" }, text, unit ? h("small", {}, ` ${unit}`) : null, best ? hidden(" (best)") : null), bar, scale];
  }

  function body(group, columns, single) {
    const { h } = space;
    const above = columns.map(() => ""); // the reason that stands further up in a column is not said again
    const rows = group.rows.map((row, i) => {
      const [arrow, words] = BETTER[row.better] ?? [];
      const name = h("th", { scope: "row", role: "rowheader" }, h("span", { class: "name" }, row.title, arrow && h("span", { class: "arrow", title: words }, ` ${arrow}`), arrow && hidden(` (${words})`)), h("span", { class: "hint" }, row.help));
      const cells = row.cells.map((item, c) => {
        if (!group.without[c]) return h("td", { role: "cell", "data-column": columns[c].title }, ...cell(item, single, row.better, above.splice(c, 1, item.why || above[c])[0]));
        return i ? null : h("td", { role: "cell", class: "without", rowspan: group.rows.length, "data-column": columns[c].title }, h("span", { class: "none" }, "none"), h("span", { class: "why" }, group.without[c]));
      });
      return h("tr", { role: "row" }, name, ...cells);
    });
    const across = { colspan: columns.length + 1 };
    return h("tbody", { role: "rowgroup" },
      h("tr", { role: "row", class: "group" }, h("th", { scope: "rowgroup", role: "rowheader", ...across }, group.title)),
      ...rows,
      ...group.missing.map((text) => h("tr", { role: "row", class: "missing" }, h("td", { role: "cell", ...across }, h("span", { class: "hint" }, `Not measured: ${text}`)))));
  }

  function table({ columns, groups }) {
    const { h } = space;
    const single = columns.length === 1;
    const names = columns.map(({ title, about }) => h("th", { scope: "col", role: "columnheader" }, title, h("small", {}, about)));
    return h("table", { role: "table", class: single ? "figures single" : "figures", style: `--n:${columns.length}` },
      h("caption", { class: "unseen" }, "The figures of each model"),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, h("th", { role: "columnheader", scope: "col" }, hidden("Figure")), ...names)),
      ...groups.filter(({ rows, missing }) => rows.length || missing.length).map((group) => body(group, columns, single)));
  }

  const said = ({ text, z }, parts) =>
    [space.h("p", { class: "sentence", dir: "auto" }, ...(parts?.length ? parts : [text || "(nothing)"])), z?.length ? space.strip(z, text) : null];

  /** Lists of sentences side by side, a column a model; where there are none, why. */
  function beside(columns, lists, lacks, list) {
    const { h } = space;
    return h("div", { class: "beside", style: `--n:${columns.length}` }, ...lists.map((items, c) =>
      h("section", {}, h("h4", {}, columns[c].title),
        items.length ? list(items) : h("p", { class: "why" }, lacks[c] || "Nothing."))));
  }

  const plain = (items) => space.h("ol", {}, ...items.map((item) => space.h("li", {}, ...said(item))));

  /** A way: words that are new since the step before are marked. */
  const way = (items) => space.h("ol", {}, ...items.map((item, i) => space.h("li", {}, ...said(item, space.changes((items[i - 1] ?? item).text, item.text).parts))));

  /** A sentence, and beneath it what each model makes of it: words that it changed are marked. */
  function given(columns, rows, lacks) {
    const { h } = space;
    const lists = columns.map((_, c) => rows.map(({ source, cells }) => ({ source, item: cells[c] })).filter(({ item }) => item));
    return beside(columns, lists, lacks, (items) => h("ol", {}, ...items.map(({ source, item }) =>
      h("li", {}, h("p", { class: "over", dir: "auto" }, source), ...said(item, space.changes(source, item.text).parts)))));
  }

  /** KL of each dimension: bars, the busiest first, and the same as a table. */
  function dimensions(values) {
    const { h } = space;
    const sorted = values.map((value, i) => [i + 1, value]).sort((a, b) => b[1] - a[1]);
    const most = Math.max(...values, 0.01);
    return part("What each dimension carries", h("p", { class: "hint" }, "KL in nats, the busiest dimension first. One that carries next to nothing is not used."),
      h("div", { class: "dimensions", "aria-hidden": "true" },
        h("span", { class: "most" }, `${most.toFixed(2)} nats`),
        ...sorted.map(([i, value]) => h("i", { style: `height:${(100 * Math.max(0, value)) / most}%`, title: `Dimension ${i}: ${value.toFixed(2)} nats` }))),
      h("details", {}, h("summary", {}, "The numbers"), h("div", { class: "numbers" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Dimension"), h("th", { scope: "col" }, "KL, nats"))),
        h("tbody", {}, ...sorted.map(([i, value]) => h("tr", {}, h("th", { scope: "row" }, String(i)), h("td", {}, value.toFixed(2)))))))));
  }

  const part = (title, ...children) => space.h("section", { class: "compared" }, space.h("h3", {}, title), ...children);

  space.comparison = (context) =>
    space.live(context, (root, value) => {
      const { h } = space;
      if (!value?.columns) return root.replaceChildren(space.empty(context.props.empty));
      const { columns, lacks } = value;
      const single = columns.length === 1;
      root.replaceChildren(
        single ? h("h3", { class: "subject" }, columns[0].title, h("small", {}, columns[0].about)) : "",
        value.notice.length ? part("What to notice", h("ul", { class: "notice" }, ...value.notice.map((text) => h("li", {}, text)))) : "",
        part("The figures", value.judge && h("p", { class: "hint" }, value.judge), table(value)),
        value.dimensions.length ? dimensions(value.dimensions) : "",
        part("What they say at random".replace("they say", single ? "it says" : "they say"), beside(columns, value.samples, lacks, plain)),
        value.given.length ? part("Held-out sentences, given back", h("p", { class: "hint" }, "Above, in small, the sentence; beneath it what its code brings back, changed words marked."), given(columns, value.given, lacks)) : "",
        value.ends.length ? part("On the way between two held-out sentences",
          h("p", { class: "hint" }, "From ", h("q", { dir: "auto" }, value.ends[0]), " to ", h("q", { dir: "auto" }, value.ends[1])), beside(columns, value.ways, lacks, way)) : "",
        h("div", { class: "quick" }, h("p", { class: "hint" }, value.quick), h("pre", { tabindex: 0 }, h("code", {}, value.command))),
      );
    });
})();
