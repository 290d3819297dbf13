/* Elements, and components that draw their value. Text enters the page through text nodes only. */

/**
 * What Gradio gives to the script of a component; the options beside the value are those of its Python function.
 *
 * @template Value
 * @typedef {object} Context
 * @property {HTMLElement} element
 * @property {{ value: Value | null, empty?: string, caption?: string, stop?: string }} props
 * @property {(name: "value", changed: () => void) => void} watch
 */

/** @typedef {string | number | boolean | null | undefined | ((event: Event) => void)} Attribute */

/**
 * An element: attributes (functions become listeners), children (strings become text).
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "style") element.style.cssText = String(value ?? ""); // which no policy forbids
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/**
 * Draw now and at every change of the value.
 *
 * @template Value
 * @param {Context<Value>} context
 * @param {(root: Element, value: Value | null) => void} draw
 */
export function live({ element, props, watch }, draw) {
  const root = element.firstElementChild ?? element;
  const redraw = () => draw(root, props.value);
  watch("value", redraw);
  redraw();
}

/**
 * What stands where there is nothing yet.
 *
 * @param {string} [text]
 */
export function empty(text) {
  return h("p", { class: "empty" }, text);
}

/**
 * The first element that a selector names; it has to be there.
 *
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement}
 */
export function find(selector, root = document) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`Nothing on the page is ${selector}`);
  return found;
}

/** Whether the reader asked for less motion. */
export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Say something to those who do not see the page: what has just come, or was done.
 *
 * @param {string} text
 */
export function announce(text) {
  const region = document.querySelector(".announcer");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text)); // the same words twice are said twice
}

/**
 * Let a sheet close at a click beside it.
 *
 * @param {HTMLDialogElement} dialog
 */
export function closeBeside(dialog) {
  dialog.addEventListener("click", ({ target, clientX: x, clientY: y }) => {
    const box = dialog.getBoundingClientRect();
    const beside = x < box.left || x > box.right || y < box.top || y > box.bottom;
    if (target === dialog && beside) dialog.close();
  });
}

/**
 * Type into a field as a person would, so that Gradio knows.
 *
 * @param {string} selector of the field
 * @param {string} text
 */
export function type(selector, text) {
  const field = find(selector);
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) || field.value === text) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
