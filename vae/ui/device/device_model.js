/* The model on this device, and what is done with it in the server's place. */

import { pathBetween } from "./paths_here.js";
import { samplesOf } from "./samples_here.js";
import { walkAlong } from "./walk.js";

/** @import { Engine } from "../../../assets/engine/engine.js" */
/** @import { Path } from "../slide/slide.js" */
/** @import { Wanted } from "./samples_here.js" */
/** @import { Teller } from "./walk.js" */

export class Device {
  #patience;

  /**
   * @param {Engine} engine
   * @param {string} id of the model, as the server has it
   * @param {string} name
   * @param {number} [patience] ms: a device that takes longer is let go, where there is a server to do it instead
   */
  constructor(engine, id, name, patience) {
    this.engine = engine;
    this.id = id;
    this.name = name;
    this.#patience = patience;
  }

  /**
   * Something of the engine, which is let go when it takes too long.
   *
   * @template T
   * @param {(signal?: AbortSignal) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #soon(work) {
    const signal = this.#patience ? AbortSignal.timeout(this.#patience) : undefined;
    try {
      return await work(signal);
    } finally {
      if (signal?.aborted) this.engine.close();
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
    return this.#soon(async (signal) => {
      const found = await samplesOf(this.engine, this.name, wanted, signal);
      return /** @type {[...typeof found, string]} */ ([...found, this.id]);
    });
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
