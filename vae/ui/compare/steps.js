/* How far trainings and measuring are. */

import { h, live } from "../components/dom.js";
import { focus } from "../components/focus.js";
import { setShare } from "../components/messages.js";

/** @import { Context } from "../components/dom.js" */

/** @type {Element | null} */
let held = null; // what had the focus last

document.addEventListener("focusin", ({ target }) => (held = target instanceof Element ? target : null));
document.addEventListener("pointerdown", ({ target }) => {
  if (target instanceof Node && !held?.contains(target)) held = null;
});

/**
 * A button that is pressed goes, and another comes: let that have the focus.
 *
 * @param {string} gone
 * @param {string} come
 */
function passFocus(gone, come) {
  if (held?.matches(gone)) requestAnimationFrame(() => requestAnimationFrame(() => focus(come)));
}

/**
 * What goes on, a line and a bar each; that it has ended is said to those who do not see it.
 *
 * @param {Context<{ title: string, share: number | null, text: string }[]>} context
 */
export function steps(context) {
  /** @type {Map<string, { item: HTMLElement, bar: HTMLProgressElement, text: HTMLElement }>} */
  const rows = new Map(); // kept, so that bars move instead of being replaced
  const news = h("p", { class: "unseen", role: "status" });
  const list = h("ol", { class: "queue" });
  const [start, stop] = context.element.closest("#evaluate")
    ? ["#evaluate-start", "#evaluate-stop"] : ["#compare-start", "#compare-stop"];
  /** @param {string} title */
  function row(title) {
    const [bar, text] = [h("progress", { max: 1, "aria-label": title }), h("p", { class: "progress-text" })];
    const made = rows.get(title) ?? { item: h("li", {}, h("h4", {}, title), bar, text), bar, text };
    rows.set(title, made);
    return made;
  }
  live(context, (root, items) => {
    if (!news.isConnected) root.replaceChildren(news);
    if (!items?.length) {
      if (list.isConnected) {
        news.textContent = "It has ended.";
        passFocus(stop, start);
      }
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
    news.textContent = "It has begun.";
    root.append(list);
    passFocus(start, stop);
  });
}
