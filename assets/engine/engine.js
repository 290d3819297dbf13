/* A model in a Worker, and what a page asks of it: one thing at a time, in order, without what nobody waits for any more. */

/** @import { ModelConfig, ModelInfo } from "./model_description.js" */
/** @import { DecodeOptions, SampleOptions, TextPoint } from "./text_model.js" */
/** @import { Stop, Way } from "./interpolation.js" */
/** @import { Unread } from "./readability.js" */
/** @import { Answered } from "./worker.js" */

/**
 * How something is asked for. `signal` gives it up; of all that name the same `latest` and still wait, the newest is
 * done, and the others are rejected with an AbortError.
 *
 * @typedef {{ signal?: AbortSignal, latest?: string }} Asking
 */

/**
 * What is asked for, and who waits for it.
 *
 * @typedef {object} Wish
 * @property {string} call
 * @property {any[]} values
 * @property {Transferable[]} moved
 * @property {string} [latest]
 * @property {(value: any) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

/** Why a model does not answer, in words for a person; `name` tells what kind of refusal it was. */
export class EngineError extends Error {
  /** @param {string} message @param {string} [name] */
  constructor(message, name = "EngineError") {
    super(message);
    this.name = name;
  }
}

const STOPPED = "The model on this device has stopped.";
const REPLACED = "Something newer was asked for.";

/** @param {string} why */
const givenUp = (why) => new DOMException(why, "AbortError");

/**
 * The Worker's queue. It holds all that waits in the page, so that what is stale can still be dropped; the Worker has
 * one thing at a time.
 */
class WishQueue {
  /** @type {Wish[]} */
  #waiting = [];
  /** @type {Wish | null} */
  #current = null; // what the Worker is doing
  /** @type {EngineError | null} */
  #ended = null; // why nothing can be asked for any more
  #worker;
  /** @type {(why: EngineError) => void} */
  #tellEnd = () => {};
  /** @type {Promise<EngineError>} */
  ended = new Promise((resolve) => (this.#tellEnd = resolve));

  /** @param {string | URL} url of the Worker's script @param {WorkerType} [type] */
  constructor(url, type) {
    this.#worker = new Worker(url, { type });
    this.#worker.onmessage = ({ data }) => this.#answered(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(event.message ? `${STOPPED} ${event.message}` : STOPPED);
    };
    this.#worker.onmessageerror = () => this.end(STOPPED);
  }

  /**
   * @param {string} call
   * @param {any[]} values
   * @param {Asking} [asking]
   * @param {Transferable[]} [moved] what the Worker gets for good
   * @returns {Promise<any>}
   */
  ask(call, values, { signal, latest } = {}, moved = []) {
    if (this.#ended) return Promise.reject(this.#ended);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      /** @type {Wish} */
      const wish = { call, values, moved, latest, resolve, reject };
      if (latest) this.#drop((other) => other.latest === latest, givenUp(REPLACED));
      signal?.addEventListener("abort", () => {
        this.#drop((other) => other === wish, signal.reason);
        reject(signal.reason); // also if the Worker is at it: what it answers is not listened to
      }, { once: true });
      this.#waiting.push(wish);
      this.#next();
    });
  }

  /**
   * Nothing is answered from now on.
   *
   * @param {string} why
   */
  end(why) {
    if (this.#ended) return;
    this.#ended = new EngineError(why);
    this.#worker.terminate();
    this.#current?.reject(this.#ended);
    this.#current = null;
    this.#drop(() => true, this.#ended);
    this.#tellEnd(this.#ended);
  }

  /** @param {(wish: Wish) => boolean} stale @param {unknown} reason */
  #drop(stale, reason) {
    for (const wish of this.#waiting.filter(stale)) wish.reject(reason);
    this.#waiting = this.#waiting.filter((wish) => !stale(wish));
  }

  #next() {
    if (this.#current) return;
    this.#current = this.#waiting.shift() ?? null;
    if (!this.#current) return;
    const { call, values, moved } = this.#current;
    try {
      this.#worker.postMessage({ call, values }, moved);
    } catch (error) { // a value that cannot be sent
      this.#current.reject(error);
      this.#current = null;
      this.#next();
    }
  }

  /** @param {Answered} answer */
  #answered(answer) {
    const wish = this.#current;
    this.#current = null;
    if ("value" in answer) wish?.resolve(answer.value);
    else wish?.reject(new EngineError(answer.message, answer.name));
    this.#next();
  }
}

/** A model that has been opened; `openEngine` makes it. Codes are arrays of `latent` numbers, one a sentence. */
export class Engine {
  #queue;

  /**
   * @param {WishQueue} queue
   * @param {{ info: ModelInfo, config: ModelConfig, latent: number, hasLatentSpace: boolean, backend: string }} opened
   */
  constructor(queue, { info, config, latent, hasLatentSpace, backend }) {
    this.#queue = queue;
    this.info = info;
    this.config = config;
    this.latent = latent;
    this.hasLatentSpace = hasLatentSpace;
    this.backend = backend;
    this.ended = queue.ended; // resolves with why, when the model is gone
  }

  /**
   * Where the encoder sees sentences: the middle of q(z|x) and the logarithm of its variance.
   *
   * @param {string[]} sentences
   * @param {Asking} [asking]
   * @returns {Promise<{ mu: Float32Array[], logvar: Float32Array[] }>}
   */
  encode(sentences, asking) {
    return this.#queue.ask("encode", [sentences], asking);
  }

  /**
   * The codes at which the model says sentences, or comes nearest to them, found by search from where it sees them.
   *
   * @param {string[]} sentences
   * @param {Asking & { steps?: number }} [asking]
   * @returns {Promise<{ mu: Float32Array[], z: Float32Array[], exact: boolean[] }>}
   */
  refine(sentences, { steps, ...asking } = {}) {
    return this.#queue.ask("refine", [sentences, steps], asking);
  }

  /**
   * What the model says at codes.
   *
   * @param {Float32Array[]} z
   * @param {Asking & DecodeOptions} [options]
   * @returns {Promise<string[]>}
   */
  decode(z, { signal, latest, ...options } = {}) {
    return this.#queue.ask("decode", [z, options], { signal, latest });
  }

  /**
   * New sentences, and the codes that they were drawn at.
   *
   * @param {Asking & DecodeOptions & SampleOptions} [options]
   * @returns {Promise<TextPoint[]>}
   */
  sample({ signal, latest, ...options } = {}) {
    return this.#queue.ask("sample", [options], { signal, latest });
  }

  /**
   * The way from one sentence to another, and every different sentence that is said on it.
   *
   * @param {string} a
   * @param {string} b
   * @param {Asking & { kind?: string }} [options]
   * @returns {Promise<{ way: Way, stops: Stop[] }>}
   */
  path(a, b, { signal, latest, ...options } = {}) {
    return this.#queue.ask("path", [a, b, options], { signal, latest });
  }

  /**
   * Whether the model did not learn from each of these; null where it learned from too many to tell.
   *
   * @param {string[]} sentences
   * @param {Asking} [asking]
   * @returns {Promise<(boolean | null)[]>}
   */
  isNew(sentences, asking) {
    return this.#queue.ask("isNew", [sentences], asking);
  }

  /**
   * What the model could not read of texts, told by what it made of each.
   *
   * @param {[string, string][]} pairs of a text and that
   * @param {Asking} [asking]
   * @returns {Promise<Unread[]>}
   */
  unread(pairs, asking) {
    return this.#queue.ask("unread", [pairs], asking);
  }

  /** Let the model go. What is still waited for is rejected. */
  close() {
    this.#queue.end("The model on this device was closed.");
  }
}

/**
 * Open a model in a Worker of its own.
 *
 * @param {ArrayBuffer} modelBytes a model file; handed over, and empty afterwards
 * @param {{ workerUrl: string | URL, workerType?: WorkerType, kernelBytes?: ArrayBuffer | null }} how where the Worker's
 *   script lies: worker.js as a "module", or with all that it imports as one "classic" script; and what it computes with
 *   where it can: without it, plain JavaScript does
 * @returns {Promise<Engine>}
 * @throws {EngineError} it is no sound model of ours, or no Worker can be had; the message says so
 */
export async function openEngine(modelBytes, { workerUrl, workerType, kernelBytes = null }) {
  const queue = new WishQueue(workerUrl, workerType);
  try {
    return new Engine(queue, await queue.ask("open", [modelBytes, kernelBytes], {}, [modelBytes]));
  } catch (error) {
    queue.end(STOPPED);
    throw error;
  }
}
