/* What the page gets when it has time for it: the model in a Worker, and what is done with it in the server's place. */

import { openEngine } from "../../../assets/engine/engine.js";
import { pathBetween } from "./paths_here.js";
import { samplesOf } from "./samples_here.js";
import { walkAlong } from "./walk.js";

/** @import { Engine } from "../../../assets/engine/engine.js" */
/** @import { Offer } from "../components/device.js" */
/** @import { Path } from "../slide/slide.js" */
/** @import { Wanted } from "./samples_here.js" */
/** @import { Teller } from "./walk.js" */

const PATIENCE = 15_000; // ms: a device that takes longer is none to wait for

/** The model on this device. */
export class Device {
  /**
   * @param {Engine} engine
   * @param {string} id of the model, as the server has it
   * @param {string} name
   */
  constructor(engine, id, name) {
    this.engine = engine;
    this.id = id;
    this.name = name;
  }

  /**
   * Something of the engine, which is let go when it takes too long.
   *
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #soon(work) {
    const signal = AbortSignal.timeout(PATIENCE);
    try {
      return await work(signal);
    } finally {
      if (signal.aborted) this.engine.close();
    }
  }

  /**
   * The path between two sentences, as the server answers it.
   *
   * @param {string} first
   * @param {string} second
   * @param {string} path its kind
   */
  path(first, second, path) {
    return this.#soon((signal) => pathBetween(this.engine, first, second, path, signal));
  }

  /**
   * New sentences, as the server answers them: sentences, seed, message, and by which model they were drawn.
   *
   * @param {Wanted} wanted
   */
  samples(wanted) {
    return this.#soon(async (signal) => [...(await samplesOf(this.engine, this.name, wanted, signal)), this.id]);
  }

  /**
   * Decode along a path wherever its slider is.
   *
   * @param {Path} path
   * @param {HTMLInputElement} slider
   * @param {Teller} teller
   */
  walk(path, slider, teller) {
    return walkAlong(this.engine, path, slider, teller);
  }
}

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
  return new Device(await openEngine(model, { workerUrl: `device/${offer.worker}`, kernelBytes }), offer.id, name);
}
