/* Samples, and the link that draws the same ones again. */

import { announce, type } from "../components/dom.js";
import { here, visit } from "../components/address.js";
import { openTab } from "../components/tabs.js";
import { lines } from "../components/lines.js";

/** @import { Context } from "../components/dom.js" */
/** @import { Line } from "../components/lines.js" */
/** @import { Place } from "../components/address.js" */

/** What a link names of the tab's fields that can be seen, and where each stands. @type {[keyof Place, string][]} */
const FIELDS = [
  ["start", "#sample-start :is(textarea, input)"],
  ["n", "#sample-count input[type=number]"],
  ["variety", "#sample-variety input[type=number]"],
];
let addressDone = false; // what the address names has been drawn

/** @param {Context<{ items: Line[], place: Place }>} context */
export function samples(context) {
  context.watch("value", () => {
    const { value } = context.props;
    if (!value?.items?.length) return;
    announce(`${value.items.length} sentences. The first is “${value.items[0].text}”.`);
    if (openTab() === "sample") visit(value.place, true);
  });
  lines(context);
}

/**
 * What the tab asks for when it is opened: what its fields say, or once, what the address does.
 *
 * @param {string} token
 * @param {string} drawnBy
 * @param {number} n
 * @param {number} variety
 * @param {number} topP
 * @param {string} start
 * @param {boolean} near
 * @param {string} places
 * @param {number} seed
 * @param {boolean} newSeed
 */
export function thrown(token, drawnBy, n, variety, topP, start, near, places, seed, newSeed) {
  const named = here();
  if (addressDone || !named.seed) return [token, drawnBy, n, variety, topP, start, near, places, seed, newSeed];
  addressDone = true;
  for (const [name, selector] of FIELDS) if (named[name] !== undefined) type(selector, named[name] ?? "");
  /** @type {(text: string | undefined, other: number) => number} */
  const number = (text, other) => (text && Number.isFinite(Number(text)) ? Number(text) : other);
  return [
    token, drawnBy, number(named.n, n), number(named.variety, variety), number(named.top_p, topP), named.start ?? start,
    named.near === "yes" || near, named.places ?? places, number(named.seed, seed), false,
  ];
}
