/* How far trainings and measuring are. */

import { announce, h, live } from "../components/dom.js";
import { setShare } from "../components/messages.js";

/** @import { Context } from "../components/dom.js" */

/**
 * What goes on, a line and a bar each; that it has ended is said to those who do not see it.
 *
 * @param {Context<{ title: string, share: number | null, text: string }[]>} context
 */
export function steps(context) {
  /** @type {Map<string, { item: HTMLElement, bar: HTMLProgressElement, text: HTMLElement }>} */
  const rows = new Map(); // kept, so that bars move instead of being replaced
  const list = h("ol", { class: "queue" });
  /** @param {string} title */
  function row(title) {
    const [bar, text] = [h("progress", { max: 1, "aria-label": title }), h("p", { class: "progress-text" })];
    const made = rows.get(title) ?? { item: h("li", {}, h("h4", {}, title), bar, text), bar, text };
    rows.set(title, made);
    return made;
  }
  live(context, (root, items) => {
    if (!items?.length) {
      if (list.isConnected) announce("It has ended.");
      rows.clear();
      list.remove();
      return;
    }
    list.replaceChildren(...items.map(({ title, share, text: words }) => {
      const { item, bar, text } = row(title);
      setShare(bar, share);
      text.textContent = words;
      return item;
    }));
    if (list.isConnected) return;
    announce("It has begun.");
    root.replaceChildren(list);
  });
}
