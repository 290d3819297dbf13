/* Places of the page in which another part draws. */

/** @type {Map<string, Element>} */
const slots = new Map();

/**
 * A component that is such a place, by the `name` of its Python function.
 *
 * @param {{ element: HTMLElement, props: { name?: string } }} context
 */
export function slot({ element, props }) {
  slots.set(props.name ?? "", element.firstElementChild ?? element);
}

/**
 * Draw in a place, if the page has it.
 *
 * @param {string} name
 * @param {...Node} parts
 */
export function fill(name, ...parts) {
  slots.get(name)?.replaceChildren(...parts);
}
