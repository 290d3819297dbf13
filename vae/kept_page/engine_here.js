/* The engine of the page: in a worker made of the page's own script, or where none can be made, in the page itself. */

import { find } from "../ui/components/dom.js";
import { bytesIn } from "./held.js";

/** @import { Engine } from "../../assets/engine/engine.js" */

/**
 * Open the model that the page holds.
 *
 * @returns {Promise<Engine>}
 */
export async function engineHere() {
  const { openEngine } = /** @type {any} */ (globalThis).sentenceEngine;
  const script = new Blob([find("#engine-script").textContent ?? ""], { type: "text/javascript" });
  const workerUrl = URL.createObjectURL(script);
  try {
    return await openEngine(bytesIn("#kept-model").buffer, { workerUrl, kernelBytes: bytesIn("#kept-kernel") });
  } finally {
    URL.revokeObjectURL(workerUrl);
  }
}
