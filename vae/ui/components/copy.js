/* Buttons that copy. */

import { h, announce } from "./dom.js";

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // no permission, or not a secure page
    const area = h("textarea", {}, text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/**
 * A button that copies what `text` gives when it is pressed.
 *
 * @param {() => string} text
 * @param {string} name
 */
export function copyButton(text, name) {
  const button = h("button", { type: "button", class: "copy", click: press }, name);
  async function press() {
    await copy(text());
    button.textContent = "Copied";
    announce("Copied");
    setTimeout(() => (button.textContent = name), 1500);
  }
  return button;
}
