/* How far trainings and measuring are. */

import { h, live } from "../components/dom.js";
import { setShare } from "../components/messages.js";

/** @import { Context } from "../components/dom.js" */

/**
 * What goes on, a line and a bar each.
 *
 * @param {Context<{ title: string, share: number | null, text: string }[]>} context
 */
export function steps(context) {
  /** @type {Map<string, { item: HTMLElement, bar: HTMLProgressElement, text: HTMLElement }>} */
  const rows = new Map(); // kept, so that bars move instead of being replaced
  /** @param {string} title */
  function row(title) {
    const [bar, text] = [h("progress", { max: 1, "aria-label": title }), h("p", { class: "progress-text" })];
    const made = rows.get(title) ?? { item: h("li", {}, h("h4", {}, title), bar, text), bar, text };
    rows.set(title, made);
    return made;
  }
  live(context, (root, items) => {
    if (!items?.length) {
      rows.clear();
      root.replaceChildren();
      return;
    }
    const shown = items.map(({ title, share, text: words }) => {
      const { item, bar, text } = row(title);
      setShare(bar, share);
      text.textContent = words;
      return item;
    });
    const list = root.querySelector("ol") ?? h("ol", { class: "queue" });
    list.replaceChildren(...shown);
    if (!list.isConnected) root.replaceChildren(list);
  });
}
