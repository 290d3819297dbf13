/* The engine of the page: in a worker made of what the page holds, or where none can be had, in the page itself. */

import { EngineError, openEngine } from "../../assets/engine/engine.js";
import { h } from "../ui/components/dom.js";
import { addressOf, bytesIn, textIn } from "./held.js";

/** @import { Engine } from "../../assets/engine/engine.js" */
/** @typedef {(event: { data: any }) => void} Listener */
/** @typedef {(listen: (kind: string, heard: Listener) => void, answer: (data: any) => void) => void} Run */

const RUN = "runEngine"; // the name that the engine has in the page, where it runs there

/**
 * Open the model that the page holds.
 *
 * @returns {Promise<Engine>}
 * @throws {EngineError} it is no sound model
 */
export async function engineHere() {
  const text = await textIn("#kept-engine");
  const open = async () => {
    const workerUrl = addressOf(text);
    try {
      return await openEngine(bytesIn("#kept-model").buffer, { workerUrl, kernelBytes: bytesIn("#kept-kernel").buffer });
    } finally {
      URL.revokeObjectURL(workerUrl);
    }
  };
  try {
    return await open();
  } catch (error) {
    if (error instanceof EngineError && error.name !== "EngineError") throw error; // it is the model
    await withoutWorkers(text);
    return open();
  }
}

/**
 * From now on, what a worker would do is done in the page.
 *
 * @param {string} text of the engine, which listens and answers by the names of a worker's own functions
 */
async function withoutWorkers(text) {
  const src = addressOf(`globalThis.${RUN} = (addEventListener, postMessage) => {\n`, text, "};\n");
  await new Promise((load, error) => document.head.append(h("script", { src, load, error })));
  URL.revokeObjectURL(src);
  const run = /** @type {Run} */ (/** @type {any} */ (globalThis)[RUN]);

  /** What is asked of it is done as soon as the page has drawn what it has to draw. */
  class InPage {
    /** @type {Listener} */
    onmessage = () => {};
    /** @type {Listener} */
    #heard = () => {};

    constructor() {
      run((_, heard) => (this.#heard = heard), (data) => this.onmessage({ data }));
    }

    /** @param {any} data */
    postMessage(data) {
      setTimeout(() => this.#heard({ data }));
    }

    terminate() {
      this.onmessage = () => {};
    }
  }
  Object.assign(globalThis, { Worker: InPage });
}
