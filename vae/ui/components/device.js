/* The model on the visitor's own device, once it is there. docs/device.md tells how other scripts of the page use it. */

import { find, h, type } from "./dom.js";

/** @import { Device } from "../device/device_model.js" */

/**
 * What the server offers for the model in use: its id, and names under /device/.
 *
 * @typedef {{ id: string, page: string, worker: string, kernel: string, model: string }} Offer
 */

/** @type {Device | null} */
let device = null;
/** @type {Offer | null} */
let offer = null;
let modelName = "";
let visitor = ""; // the token
let calm = false; // the first path is on the page
/** @type {((device: Device | null) => void)[]} */
const watchers = [];
/** @type {Record<string, unknown[]>} */
const answers = {}; // by the box that tells of them
let stamps = 0;

/**
 * From now on the model is here, or (null) is not.
 *
 * @param {Device | null} now
 */
export function setDevice(now) {
  if (now === device) return;
  device?.engine.close();
  device = now;
  find(".on-device").hidden = !now;
  for (const changed of watchers) changed(now);
}

/** Load the model when there is nothing else to do; at any fault there is none, and the server goes on. */
function beginDevice() {
  const wanted = offer;
  const { connection } = /** @type {{ connection?: { saveData?: boolean } }} */ (navigator);
  if (!wanted || !calm || connection?.saveData) return;
  (window.requestIdleCallback ?? setTimeout)(async () => {
    try {
      if (!window.spaceDevice) await new Promise((load, error) => document.head.append(h("script", { src: `device/${wanted.page}`, load, error })));
      if (offer !== wanted) return;
      const opened = await window.spaceDevice.openDevice(wanted, modelName, visitor);
      if (offer !== wanted) return opened.engine.close();
      setDevice(opened);
      await opened.engine.ended;
      if (device === opened) setDevice(null);
    } catch (error) {
      console.debug("No model on this device.", error);
    }
  });
}

/** Another model may be in use. @param {string} token */
export function asking(token) {
  visitor = token;
  offer = null;
  setDevice(null);
  return [token];
}

/**
 * What is offered for the model in use.
 *
 * @param {string} name of the model
 * @param {Offer | null} [offered]
 */
export function deviceOffered(name, offered) {
  modelName = name; // which is only known in full when the server has loaded the model
  if (device) device.name = name;
  if (!offered || offer) return;
  offer = offered;
  beginDevice();
}

/** The page shows its first path. */
export function deviceAwaited() {
  if (calm) return;
  calm = true;
  beginDevice();
}

/**
 * Hear of the model on this device: now, when it comes, and (with null) when it goes.
 *
 * @param {(device: Device | null) => void} changed
 */
export function watchDevice(changed) {
  watchers.push(changed);
  changed(device);
}

/**
 * Let the device do something. Null where the server has to: there is no model here, or it failed.
 *
 * @template T
 * @param {(device: Device) => Promise<T>} work
 * @returns {Promise<T | null>}
 * @throws {DOMException} an AbortError: something newer was asked for
 */
export async function onDevice(work) {
  try {
    return device && (await work(device));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    console.debug("The server does it instead.", error);
    return null;
  }
}

/**
 * What the `js` of an event gives the server, or nothing, because the device has answered: then Gradio does not ask the
 * server, and a hidden box tells of the answer, whose own event hands it to the page (`deviceAnswer`).
 *
 * @param {unknown[]} inputs
 * @param {string} box
 * @param {(device: Device) => Promise<unknown[]>} work the value of each output; undefined leaves it as it is
 */
export async function elseServer(inputs, box, work) {
  const answer = await onDevice(work);
  if (!answer) return inputs;
  if (answer.length) {
    answers[box] = answer;
    type(`#${box} :is(textarea, input)`, String(++stamps));
  }
  throw new Error("The device has answered.");
}

/** @param {string} box */
export const deviceAnswer = (box) => answers[box];
