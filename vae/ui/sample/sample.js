/* Samples, and the link that draws the same ones again. */

import { announce, type } from "../components/dom.js";
import { here, visit } from "../components/address.js";
import { openTab } from "../components/tabs.js";
import { deviceAnswer, elseServer } from "../components/device.js";
import { lines } from "../components/lines.js";

/** @import { Context } from "../components/dom.js" */
/** @import { Line } from "../components/lines.js" */
/** @import { Device } from "../device/device_model.js" */
/** @import { Place } from "../components/address.js" */

/** What a link names of the tab's fields that can be seen, and where each stands. @type {[keyof Place, string][]} */
const FIELDS = [
  ["start", "#sample-start :is(textarea, input)"],
  ["n", "#sample-count input[type=number]"],
  ["variety", "#sample-variety input[type=number]"],
];
const SAMPLE_BOX = "sample-here"; // the box that tells of an answer of the device
let addressDone = false; // what the address names has been drawn

/** What the tab's fields say. @typedef {[n: number, variety: number, topP: number, start: string, near: boolean, places: string, seed: number, newSeed: boolean]} Fields */

/** @param {Context<{ items: Line[], place: Place }>} context */
export function samples(context) {
  const tell = () => {
    const { value } = context.props;
    if (!value?.items?.length) return;
    announce(`${value.items.length} sentences. The first is “${value.items[0].text}”.`);
    if (openTab() === "sample") visit(value.place, true);
  };
  context.watch("value", tell);
  tell(); // the device may have answered before the tab was drawn
  lines(context);
}

/**
 * What is drawn when the tab is opened: what its fields say, or once, what the address does.
 *
 * @param {Fields} fields
 * @returns {Fields}
 */
export function wantedAtFirst(fields) {
  const named = here();
  if (addressDone || !named.seed) return fields;
  addressDone = true;
  for (const [name, selector] of FIELDS) if (named[name] !== undefined) type(selector, named[name] ?? "");
  /** @type {(text: string | undefined, other: number) => number} */
  const number = (text, other) => (text && Number.isFinite(Number(text)) ? Number(text) : other);
  const [n, variety, topP, start, near, places, seed] = fields;
  return [
    number(named.n, n), number(named.variety, variety), number(named.top_p, topP), named.start ?? start,
    named.near === "yes" || near, named.places ?? places, number(named.seed, seed), false,
  ];
}

/** @param {Device} device @param {Fields} fields */
export const drawnBy = (device, [n, variety, topP, start, near, places, seed, newSeed]) =>
  device.samples({ n, variety, topP, start, near, places, seed, newSeed });

/**
 * The tab is opened: sentences, unless the model in use has drawn some already.
 *
 * @param {string} token
 * @param {string} by the model that has drawn what stands there
 * @param {...any} fields
 */
export function thrown(token, by, ...fields) {
  const wanted = wantedAtFirst(/** @type {Fields} */ (fields));
  return elseServer([token, by, ...wanted], SAMPLE_BOX, async (device) => (by === device.id ? [] : drawnBy(device, wanted)));
}

/**
 * Sentences are asked for; those that the tab was opened with keep what they were drawn by.
 *
 * @param {string} token
 * @param {...any} fields
 */
export const drawn = (token, ...fields) =>
  elseServer([token, ...fields], SAMPLE_BOX, (device) => drawnBy(device, /** @type {Fields} */ (fields)));

/** What the device has drawn: sentences, seed, message, and the model. */
export const drawnHere = () => deviceAnswer(SAMPLE_BOX);
