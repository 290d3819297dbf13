/* The one line at the top: the model line, the light, the help. */

import { h, find, live, reducedMotion } from "../components/dom.js";
import { deviceOffered } from "../components/device.js";
import { keepTabs } from "../components/tabs.js";
import { returned } from "../components/connection.js";
import { connectTop, showPanel } from "../components/top.js";

/** @import { Offer } from "../components/device.js" */
/** @import { Context } from "../components/dom.js" */

let known = false; // to the server
/** @type {HTMLElement | null} */
let page = null;

/**
 * The header, whose markup stands in the component's template.
 *
 * @param {Context<{ name: string, origin: string, device?: Offer | null }>} context
 */
export function header({ element, props, watch }) {
  function name() {
    find(".model-name", element).textContent = props.value?.name ?? "…";
    find(".model-origin", element).textContent = props.value?.origin ? `(${props.value.origin})` : "";
    deviceOffered(props.value?.name ?? "", props.value?.device);
  }

  connectTop(element);
  page = element.closest(".gradio-container");
  if (page) page.inert = !known;
  watch("value", name);
  name();
  document.documentElement.lang = "en";
}

/** The server knows this visit. Before, nothing could be pressed: it would have been refused. */
export function arrived() {
  if (!known) keepTabs();
  known = true;
  if (page) page.inert = false;
  returned();
}

/**
 * Close the model panel and bring a part of the page into view, as soon as it is there.
 *
 * @param {string} id
 * @param {number} [patience] frames to wait for it
 */
export function reveal(id, patience = 60) {
  const part = document.getElementById(id);
  if (!part && patience) {
    requestAnimationFrame(() => reveal(id, patience - 1));
    return;
  }
  showPanel(false);
  part?.scrollIntoView({ behavior: reducedMotion() ? "auto" : "smooth" });
}

/**
 * What is known of the model in use, as a list of terms.
 *
 * @param {Context<[string, string][]>} context
 */
export function facts(context) {
  live(context, (root, rows) => {
    const items = (rows || []).flatMap(([term, text]) => [h("dt", {}, term), h("dd", {}, text)]);
    root.replaceChildren(h("dl", { class: "facts" }, ...items));
  });
}
