/* The one line at the top: the panel behind it, the light, the help, the way past it. */

import { closeBeside, find } from "./dom.js";
import { isDark, keepLight, switchLight } from "./light.js";
import { skip } from "./tabs.js";

/**
 * Open the panel behind the model line, or close it.
 *
 * @param {boolean} yes
 */
export function showPanel(yes) {
  document.getElementById("model-panel")?.classList.toggle("open", yes);
  document.querySelector(".model-line")?.setAttribute("aria-expanded", String(yes));
}

/**
 * Let what stands in the line do what it is for.
 *
 * @param {HTMLElement} element that holds it
 */
export function connectTop(element) {
  const model = find(".model-line", element);
  const light = find(".theme", element);
  const help = element.querySelector("dialog");
  const isOpen = () => model.getAttribute("aria-expanded") === "true";

  function label() {
    const words = isDark() ? "Light theme" : "Dark theme";
    light.setAttribute("aria-label", words);
    light.setAttribute("title", words);
  }

  model.addEventListener("click", () => showPanel(!isOpen()));
  light.addEventListener("click", () => {
    switchLight();
    label();
  });
  find(".help", element).addEventListener("click", () => help?.showModal());
  find(".close", element).addEventListener("click", () => help?.close());
  if (help) closeBeside(help);
  find(".skip", element).addEventListener("click", skip);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    showPanel(false);
    model.focus();
  });
  keepLight();
  label();
}
