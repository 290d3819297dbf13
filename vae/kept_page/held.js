/* What the page holds beside its markup: its data, the kernel, and the model file as it was. */

import { find } from "../ui/components/dom.js";

/**
 * `limitation`: what the model's family cannot do, in words; `examples`: pairs of sentences; `file`: the model's name as
 * a file.
 *
 * @typedef {{ limitation: string, examples: [string, string][], file: string }} Held
 */

/** @returns {Held} */
export const held = () => JSON.parse(find("#kept-data").textContent ?? "");

/**
 * The bytes that an element holds as base64.
 *
 * @param {string} selector
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesIn(selector) {
  const text = (find(selector).textContent ?? "").trim();
  const quick = /** @type {{ fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }} */ (Uint8Array).fromBase64;
  if (quick) return quick.call(Uint8Array, text);
  const bytes = atob(text);
  const found = new Uint8Array(bytes.length);
  for (let i = 0; i < found.length; i++) found[i] = bytes.charCodeAt(i);
  return found;
}
