/* Sentences, what stands beside them, and their buttons. */

import { h, empty, live } from "./dom.js";
import { address } from "./address.js";
import { copyButton } from "./copy.js";
import { strip } from "./fingerprint.js";
import { keepButtons } from "./results.js";

/** @import { Context } from "./dom.js" */
/** @import { Place } from "./address.js" */
/** @import { Result } from "./results.js" */

/**
 * One sentence of `lines`, as vae/ui/components/drawn.py describes it.
 *
 * @typedef {object} Line
 * @property {string} text
 * @property {number[] | null} [z]
 * @property {string} [badge]
 * @property {string} [over]
 * @property {boolean} [marked]
 * @property {boolean} [copy]
 */

/**
 * Sentences as what can be kept of them.
 *
 * @param {Line[]} items
 * @returns {Result}
 */
const linesResult = (items) => ({
  name: "sentences",
  columns: ["sentence", "seen"],
  rows: items.map(({ text, badge }) => [text, badge ?? ""]),
  text: () => items.map(({ text }) => text).join("\n"),
});

/**
 * Sentences, large, each with its fingerprint, and the place that an address names to lead back to them; or why there
 * are none.
 *
 * @param {Context<Line[] | string | { items: Line[], place: Place }>} context
 */
export function lines(context) {
  live(context, (root, value) => {
    const placed = value && typeof value === "object" && "place" in value ? value : null;
    const items = placed ? placed.items : /** @type {Line[] | string | null} */ (value);
    if (!items?.length || typeof items === "string") {
      root.replaceChildren(empty((typeof items === "string" && items) || context.props.empty));
      return;
    }
    const list = h("ol", { class: "sentences" }, ...items.map((item) => {
      const text = h("p", { class: "sentence", dir: "auto" }, item.text || "(nothing)");
      const aside = h("div", { class: "aside" },
        item.z?.length ? strip(item.z, item.text) : null,
        item.badge && h("span", { class: `badge ${item.badge}` }, item.badge),
        item.copy ? copyButton(() => item.text, "Copy") : null);
      return h("li", { class: item.marked ? "marked" : null },
        item.over && h("p", { class: "over", dir: "auto" }, item.over), text, aside.childNodes.length ? aside : null);
    }));
    const all = items.filter((item) => item.copy);
    root.replaceChildren(list, all.length > 1 ? keepButtons(() => linesResult(all), { link: placed && (() => address(placed.place)) }) : "");
  });
}
