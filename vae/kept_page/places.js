/* Places of the page in which the app's own parts draw: what Gradio gives to a part there, this page gives it here. */

import { find } from "../ui/components/dom.js";
import { slot } from "../ui/components/slot.js";

/** @import { Context } from "../ui/components/dom.js" */

/**
 * A place with a part that draws its value; gives the function that sets the value.
 *
 * @template Value
 * @param {string} selector
 * @param {(context: Context<Value>) => void} part
 * @param {string} [empty] what stands there before there is a value
 * @returns {(value: Value | null) => void}
 */
export function partAt(selector, part, empty = "") {
  /** @type {(() => void)[]} */
  const watching = [];
  /** @type {Context<Value>} */
  const context = {
    element: find(selector),
    props: { value: null, empty },
    watch: (_, changed) => void watching.push(changed),
  };
  part(context);
  return (value) => {
    context.props.value = value;
    for (const changed of watching) changed();
  };
}

/** The places in which a part draws beside its own. */
export function placeSlots() {
  for (const element of document.querySelectorAll("[data-slot]"))
    if (element instanceof HTMLElement) slot({ element, props: { name: element.dataset.slot } });
}
