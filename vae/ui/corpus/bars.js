/* Bars and their counts, as a table. */

import { h, empty, live } from "../components/dom.js";

/** @import { Context } from "../components/dom.js" */

/** @param {Context<{ label: string, count: number }[]>} context */
export function bars(context) {
  live(context, (root, items) => {
    if (!items?.length) {
      root.replaceChildren(empty(context.props.empty));
      return;
    }
    const most = Math.max(...items.map((item) => item.count), 1);
    const rows = items.map((item) => h("tr", {}, h("th", { scope: "row", dir: "auto" }, item.label),
      h("td", { class: "bar", "aria-hidden": "true" }, h("span", { style: `width:${(100 * item.count) / most}%` })),
      h("td", { class: "count" }, item.count.toLocaleString("en"))));
    const { caption } = context.props;
    root.replaceChildren(
      h("table", { class: "bar-table" }, caption && h("caption", {}, caption), h("tbody", {}, ...rows)));
  });
}
