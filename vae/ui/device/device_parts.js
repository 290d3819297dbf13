/* What the page gets when it has time for it: the model of the server, opened in a Worker here. */

import { openEngine } from "../../../assets/engine/engine.js";
import { Device } from "./device_model.js";

/** @import { Offer } from "../components/device.js" */

const PATIENCE = 15_000; // ms: a device that takes longer is none to wait for

/** @param {string} name @param {Record<string, string>} [headers] */
async function bytesOf(name, headers) {
  const answer = await fetch(`device/${name}`, { headers, priority: "low" });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.arrayBuffer();
}

/**
 * @param {Offer} offer
 * @param {string} name of the model
 * @param {string} visitor the token
 */
export async function openDevice(offer, name, visitor) {
  const [model, kernelBytes] = await Promise.all([bytesOf(offer.model, { "x-visitor": visitor }), bytesOf(offer.kernel)]);
  const engine = await openEngine(model, { workerUrl: `device/${offer.worker}`, kernelBytes });
  return new Device(engine, offer.id, name, PATIENCE);
}
