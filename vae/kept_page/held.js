/* What the page holds beside its markup: its data, scripts that are packed, the kernel, and the model file as it was. */

import { find } from "../ui/components/dom.js";

/**
 * `name`: of the model; `file`: as a file; `limitation`: what its family cannot do, in words; `examples`: pairs of
 * sentences; `words`: entries of the catalog, by key.
 *
 * @typedef {{ name: string, file: string, limitation: string, examples: [string, string][],
 *   words: Window["deviceWords"] }} Held
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

/**
 * The text that an element holds, packed.
 *
 * @param {string} selector
 */
export async function textIn(selector) {
  const packed = new Blob([bytesIn(selector)]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
}

/**
 * The address of a script.
 *
 * @param {string[]} parts of its text
 */
export const addressOf = (...parts) => URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
