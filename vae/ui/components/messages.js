/* Messages in place, the verdict on a latent space, and the bar of what goes on. */

import { h, announce, live } from "./dom.js";

/** @import { Context } from "./dom.js" */

/** @param {Context<{ kind: string, text: string }>} context */
export function note(context) {
  live(context, (root, value) => {
    const role = value?.kind === "error" ? "alert" : "status";
    root.replaceChildren(value?.text ? h("p", { class: `note ${value.kind}`, role }, value.text) : "");
    if (value?.kind === "done") announce(value.text);
  });
}

/** @param {Context<{ level: string, text: string }>} context */
export function verdict(context) {
  live(context, (root, value) =>
    root.replaceChildren(value?.text ? h("p", { class: `verdict ${value.level}`, role: "status" }, value.text) : ""));
}

/**
 * Show how far something is; without a share the bar shows that it goes on.
 *
 * @param {HTMLProgressElement} bar
 * @param {number | null} share
 */
export function setShare(bar, share) {
  if (share == null) bar.removeAttribute("value");
  else bar.value = share;
}

/** @param {Context<{ share: number | null, text: string }>} context */
export function progress(context) {
  const bar = h("progress", { max: 1, "aria-label": "Progress" });
  const text = h("p", { class: "progress-text" });
  live(context, (root, value) => {
    if (!value) {
      root.replaceChildren();
      return;
    }
    setShare(bar, value.share);
    text.textContent = value.text ?? "";
    if (!bar.isConnected) root.replaceChildren(bar, text);
  });
}
