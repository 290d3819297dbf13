/* New sentences, as vae/ui/sample/handlers.py answers them. */

import { endsBlank, wordsOf } from "../../../assets/engine/cleaning.js";
import { checkSentence, inOrderOf, listedWords, orderOf, worded } from "./server_words.js";

/** @import { Engine } from "../../../assets/engine/engine.js" */
/** @import { Line } from "../components/lines.js" */

/**
 * What the Sample tab's fields say.
 *
 * @typedef {object} Wanted
 * @property {number} n
 * @property {number} variety
 * @property {number} topP
 * @property {string} start
 * @property {boolean} near
 * @property {string} places
 * @property {number} seed
 * @property {boolean} newSeed
 */

/** By the page's name of places, the engine's. @type {Record<string, string>} */
const PRIORS = { text: "fitted", bell: "normal" };
/** The numbers: what their fields are called, the least, the largest. */
const NUMBERS = /** @type {const} */ ({
  n: ["How many", 1, 50], variety: ["Variety", 0, 1], topP: ["Likely words only", 0.05, 1], seed: ["Seed", 0, 2 ** 31 - 1],
});
const WHOLE = ["n", "seed"];
const SEEDS = 10_000; // of which a new one is chosen
const [NARROW, HOT] = [0.5, 1.4]; // spread of z at no Variety; temperature at all of it, where there is no z

/** @param {Wanted} wanted @throws {RangeError} something in it cannot be, as the server says it */
function checkWanted(wanted) {
  for (const [field, [name, low, high]] of Object.entries(NUMBERS)) {
    const value = wanted[/** @type {keyof typeof NUMBERS} */ (field)];
    if (!Number.isFinite(value)) throw new RangeError(worded("serving.not_number", { name, low, high }));
    if (value < low || value > high) throw new RangeError(worded("serving.out_of_range", { name, value, low, high }));
    if (WHOLE.includes(field) && !Number.isInteger(value))
      throw new RangeError(worded("serving.not_whole", { name, value, low, high }));
  }
  if (!Object.hasOwn(PRIORS, wanted.places))
    throw new RangeError(worded("serving.not_a_choice", { name: "Places", choices: Object.keys(PRIORS).join(", ") }));
  checkSentence("The start", wordsOf(wanted.start).join(" "), false);
}

/**
 * The spread of z and the temperature of the words: chance has z first, and words past the middle only.
 *
 * @param {number} variety
 * @param {boolean} hasSpace
 */
const chances = (variety, hasSpace) => hasSpace
  ? { spread: Math.min(1, NARROW + 2 * (1 - NARROW) * variety), temperature: Math.max(0, 2 * variety - 1) }
  : { spread: 1, temperature: HOT * variety };

/**
 * How many are new, and what that means.
 *
 * @param {string} name of the model
 * @param {Line[]} items
 */
function summed(name, items) {
  const count = items.length;
  if (!items[0].badge) return worded("ui.sample.too_many_to_tell", { name });
  const seen = items.filter(({ badge }) => badge === "seen").length;
  return seen ? worded("ui.sample.some_seen", { new: count - seen, total: count, name }) : worded("ui.sample.all_new", { count, name });
}

/**
 * The sentences with their address, the seed they came from, and a message.
 *
 * @param {Engine} engine
 * @param {string} name of the model
 * @param {Wanted} wanted
 * @param {AbortSignal} [signal]
 * @returns {Promise<[{ items: Line[], place: Record<string, string> }, number, { kind: string, text: string }]>}
 * @throws {RangeError} there are none, and why
 */
export async function samplesOf(engine, name, wanted, signal) {
  const { n, variety, topP, start, near, places, newSeed } = wanted;
  const seed = newSeed ? Math.floor(Math.random() * SEEDS) : wanted.seed;
  checkWanted({ ...wanted, seed });
  const begin = wordsOf(start).join(" ");
  const points = await engine.sample({
    n, topP, seed, start: begin && endsBlank(start) ? `${begin} ` : begin, fromStart: near === true, prior: PRIORS[places],
    distinct: true, madeUp: places === "bell", ...chances(variety, engine.hasLatentSpace), latest: "samples", signal,
  });
  const [isNew, [{ unknown, inPieces }]] = await Promise.all([
    engine.isNew(points.map(({ text }) => text), { signal }), engine.unread([[start, ""]], { signal }),
  ]);
  const order = orderOf(engine.info.kl);
  const items = points.map(({ text, z }, i) => ({
    text, z: inOrderOf(z, order), badge: isNew[i] === null ? "" : isNew[i] ? "new" : "seen", over: "", marked: false, copy: true,
  }));
  const strange = [...unknown, ...inPieces];
  const said = [
    strange.length && worded("ui.sample.strange_start", { words: listedWords(strange) }),
    items.length < n && worded("ui.sample.fewer", { count: items.length }), summed(name, items),
  ];
  /** @type {Record<string, string>} */
  const place = {
    tab: "sample", start, n: String(n), variety: String(variety), top_p: String(topP), places, seed: String(seed),
    ...(near ? { near: "yes" } : {}),
  };
  return [{ items, place }, seed, { kind: "note", text: said.filter(Boolean).join(" ") }];
}
